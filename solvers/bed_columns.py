"""Which request may get which pool of beds, and at what price: the columns of the model.

Impossible pairs never become variables. A rule is asked once for each ward or look of a bed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from solvers.bed_place import Hospital, Place
from solvers.bed_pools import Company, RoomGroup, companies, look_of, may_join, room_groups
from solvers.bed_problem import Request
from solvers.bed_rules import (
    BED_RULES,
    ROOM_RULES,
    SOFT_RULES,
    WARD_PRICED,
    WARD_RULES,
    HardRule,
    SoftRule,
    suits_fixed_sex,
)

_COMPANY_PRICED = "MIXED_BAY"  # priced with the company, not with the pair


class Column(NamedTuple):
    """Request `request` in a bed of pool `pool` of group `group` while its room is `company`."""

    request: int
    group: int
    pool: int
    company: int  # -1 in a room for one
    penalty: int
    counts: bool  # uses staffed capacity of the ward


class Table(NamedTuple):
    """The columns, and what their numbers mean."""

    hospital: Hospital
    groups: list[RoomGroup]
    companies: list[list[Company]]  # per group; empty for rooms for one
    columns: list[Column]
    ward_numbers: dict[str, int]  # a ward's place in the problem


class _Pair(NamedTuple):
    request: int
    pool: int
    penalty: int
    counts: bool


def table(hospital: Hospital) -> Table:
    groups = room_groups(hospital)
    pairs: dict[int, list[_Pair]] = defaultdict(list)
    for number, pair in _pairs(hospital, groups):
        pairs[number].append(pair)
    options: list[list[Company]] = []
    columns: list[Column] = []
    for number, group in enumerate(groups):
        allowed = _companies(hospital, group, pairs[number]) if group.shared else []
        options.append(allowed)
        columns += _columns(hospital, number, pairs[number], allowed, group.shared)
    columns.sort()
    wards = {ward.key: index for index, ward in enumerate(hospital.problem.wards)}
    return Table(hospital, groups, options, columns, wards)


def _pairs(hospital: Hospital, groups: list[RoomGroup]) -> Iterator[tuple[int, _Pair]]:
    """(group, pair) of all that no rule of ward, room or bed forbids."""
    if not groups:
        return
    screen = _Screen(hospital)
    looks = screen.looks(groups)
    wards = {group.ward: group.pools[0].bed for group in groups}
    for index, request in enumerate(hospital.problem.requests):
        place = hospital.place(request, groups[0].pools[0].bed)
        here = {key: screen.in_ward(hospital.moved(place, bed)) for key, bed in wards.items()}
        known: dict[int, int | None] = {}
        for number, group in enumerate(groups):
            ward = here[group.ward]
            if not screen.may_be_waived(ward.broken):
                continue
            for pool, look in enumerate(looks[number]):
                if look not in known:
                    bed = group.pools[pool].bed
                    known[look] = screen.in_bed(hospital.moved(place, bed), ward)
                points = known[look]
                if points is not None:
                    counts = ward.counts and not screen.above_staffed(request, group, pool)
                    yield number, _Pair(index, pool, ward.penalty + points, counts)


class _InWard(NamedTuple):
    """What the rules of the ward alone say of one request."""

    broken: list[str]
    penalty: int
    counts: bool  # it would be one more in the ward


class _Screen:
    """Asks the rules: those of the ward once per ward, the others once per look of a bed."""

    def __init__(self, hospital: Hospital) -> None:
        self._hospital = hospital
        weights = hospital.rules.weight
        priced = [
            (code, weights[code], rule)
            for code, rule in SOFT_RULES.items()
            if code != _COMPANY_PRICED and weights.get(code, 0)
        ]
        self._by_ward = [(weight, rule) for code, weight, rule in priced if code in WARD_PRICED]
        self._by_bed = [(weight, rule) for code, weight, rule in priced if code not in WARD_PRICED]

    def looks(self, groups: list[RoomGroup]) -> list[list[int]]:
        """By group and pool: beds of one look are the same, in any ward, to all rules but the
        ward's. Where anything is waived each pool has a look of its own."""
        hospital = self._hospital
        asking = frozenset(p.isolation_class for p in hospital.persons.values()) - {""}
        numbers: dict[tuple[object, ...], int] = {}

        def look(group: RoomGroup, number: int) -> int:
            kind: tuple[object, ...] = (group.room, number)
            if not hospital.problem.waivers:
                kind = look_of(hospital, group, group.pools[number].bed, asking)
            return numbers.setdefault(kind, len(numbers))

        return [[look(group, number) for number in range(len(group.pools))] for group in groups]

    def in_ward(self, place: Place) -> _InWard:
        points = _points(place, self._by_ward)
        return _InWard(_broken(place, WARD_RULES), points, place.ward_load > 0)

    def in_bed(self, place: Place, ward: _InWard) -> int | None:
        """The points of the rules that look at room and bed; None where one forbids them."""
        hospital = self._hospital
        broken = [*ward.broken, *_broken(place, ROOM_RULES), *_broken(place, BED_RULES)]
        if not suits_fixed_sex(place):
            broken.append("ROOM_SEX")
        if broken and not all(hospital.waived(code, place.request, place.bed) for code in broken):
            return None
        return _points(place, self._by_bed)

    def above_staffed(self, request: Request, group: RoomGroup, pool: int) -> bool:
        return self._hospital.waived("STAFFED_CAPACITY", request, group.pools[pool].bed)

    def may_be_waived(self, codes: list[str]) -> bool:
        """Somewhere each of them is; for which bed is asked when the bed is known."""
        return not codes or all(self._hospital.waives(code) for code in codes)


def _broken(place: Place, rules: Mapping[str, HardRule]) -> list[str]:
    return [code for code, rule in rules.items() if rule(place) is False]


def _points(place: Place, rules: list[tuple[int, SoftRule]]) -> int:
    total = 0
    for weight, rule in rules:
        total += weight * rule(place)
    return total


def _companies(hospital: Hospital, group: RoomGroup, pairs: list[_Pair]) -> list[Company]:
    requests = hospital.problem.requests
    asking = sorted({pair.request for pair in pairs})
    people = [hospital.persons[requests[index].key] for index in asking]
    kinds = list({(p.sex_class, p.isolation_class, p.waived): p for p in people}.values())
    options = companies(hospital, group, kinds)
    return [each for each in options if any(may_join(person, each) for person in kinds)]


def _columns(
    hospital: Hospital, number: int, pairs: list[_Pair], options: list[Company], shared: bool
) -> Iterator[Column]:
    if not shared:
        for pair in pairs:
            yield Column(pair.request, number, pair.pool, -1, pair.penalty, pair.counts)
        return
    requests = hospital.problem.requests
    mixing = hospital.rules.weight.get(_COMPANY_PRICED, 0)
    joins: dict[int, list[tuple[int, int]]] = {}
    for request in {pair.request for pair in pairs}:
        person = hospital.persons[requests[request].key]
        joins[request] = [
            (index, mixing * company.mixed)
            for index, company in enumerate(options)
            if may_join(person, company)
        ]
    for pair in pairs:
        for index, more in joins[pair.request]:
            penalty = pair.penalty + more
            yield Column(pair.request, number, pair.pool, index, penalty, pair.counts)
