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
    soft = _weighted(hospital.rules.weight)
    for index, request in enumerate(hospital.problem.requests):
        wards: dict[str, list[str]] = {}
        for number, group in enumerate(groups):
            broken = wards.get(group.ward, [])
            if not _may_be_waived(hospital, broken):
                continue
            place = hospital.place(request, group.pools[0].bed)
            if group.ward not in wards:
                broken = wards[group.ward] = _broken(place, WARD_RULES)
            broken = [*broken, *_broken(place, ROOM_RULES), *_wrong_fixed_sex(place)]
            if not _may_be_waived(hospital, broken):
                continue
            for pool_number, pool in enumerate(group.pools):
                place.bed = pool.bed
                all_broken = [*broken, *_broken(place, BED_RULES)]
                if all(hospital.waived(code, request, pool.bed) for code in all_broken):
                    penalty = sum(weight * rule(place) for weight, rule in soft)
                    counts = place.ward_load > 0 and not hospital.waived(
                        "STAFFED_CAPACITY", request, pool.bed
                    )
                    yield number, _Pair(index, pool_number, penalty, counts)


def _broken(place: Place, rules: Mapping[str, HardRule]) -> list[str]:
    return [code for code, rule in rules.items() if rule(place) is False]


def _wrong_fixed_sex(place: Place) -> list[str]:
    return [] if suits_fixed_sex(place) else ["ROOM_SEX"]


def _may_be_waived(hospital: Hospital, codes: list[str]) -> bool:
    """Somewhere each of them is; for which bed is asked when the bed is known."""
    return all(hospital.waives(code) for code in codes)


def _weighted(weights: Mapping[str, int]) -> list[tuple[int, SoftRule]]:
    return [
        (weights[code], rule)
        for code, rule in SOFT_RULES.items()
        if code != _COMPANY_PRICED and weights.get(code, 0)
    ]


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
