"""Which request may get which pool of beds, and at what price: the columns of the model.

Impossible pairs never become variables. A rule is asked once for each ward, room or bed kind.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from solvers.bed_place import Hospital, Place
from solvers.bed_pools import Company, RoomGroup, companies, may_join, room_groups
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
    screen = _Screen(hospital)
    for index, request in enumerate(hospital.problem.requests):
        wards: dict[str, _InWard] = {}
        for number, group in enumerate(groups):
            known = wards.get(group.ward)
            if known is not None and not screen.may_be_waived(known.broken):
                continue
            place = hospital.place(request, group.pools[0].bed)
            if known is None:
                known = wards[group.ward] = screen.in_ward(place)
            for pair in screen.in_room(index, place, group, known):
                yield number, pair


class _InWard(NamedTuple):
    """What the rules of the ward alone say of one request."""

    broken: list[str]
    penalty: int


class _Screen:
    """Asks the rules, those of the ward once per ward and those of the room once per room."""

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

    def in_ward(self, place: Place) -> _InWard:
        return _InWard(_broken(place, WARD_RULES), _points(place, self._by_ward))

    def in_room(self, index: int, place: Place, group: RoomGroup, ward: _InWard) -> Iterator[_Pair]:
        """The request's pairs with the pools of the group."""
        hospital, request = self._hospital, place.request
        broken = [*ward.broken, *_broken(place, ROOM_RULES)]
        if not suits_fixed_sex(place):
            broken.append("ROOM_SEX")
        if not self.may_be_waived(broken):
            return
        for number, pool in enumerate(group.pools):
            place.bed = bed = pool.bed
            in_bed = [*broken, *_broken(place, BED_RULES)]
            if all(hospital.waived(code, request, bed) for code in in_bed):
                over = hospital.waived("STAFFED_CAPACITY", request, bed)
                penalty = ward.penalty + _points(place, self._by_bed)
                yield _Pair(index, number, penalty, place.ward_load > 0 and not over)

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
    options = companies(hospital, group, people)
    return [each for each in options if any(may_join(person, each) for person in people)]


def _columns(
    hospital: Hospital, number: int, pairs: list[_Pair], options: list[Company], shared: bool
) -> Iterator[Column]:
    requests = hospital.problem.requests
    mixing = hospital.rules.weight.get(_COMPANY_PRICED, 0)
    for pair in pairs:
        if not shared:
            yield Column(pair.request, number, pair.pool, -1, pair.penalty, pair.counts)
            continue
        person = hospital.persons[requests[pair.request].key]
        for index, company in enumerate(options):
            if may_join(person, company):
                penalty = pair.penalty + mixing * company.mixed
                yield Column(pair.request, number, pair.pool, index, penalty, pair.counts)
