"""Beds that are the same to every rule, put together, so that the model decides between kinds
of beds and not between names.

Rooms of one kind with the same company form a group; their beds of one kind a pool. What may be
together in a shared room is a `Company`: the model chooses how many rooms of a group take which.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from solvers.bed_place import NEVER_WAIVED, OTHERS_JUDGE, Hospital, Person
from solvers.bed_problem import Bed, RoomSex, Scope

NOBODY = "-"  # the people present already clash: only who is waived may join


@dataclass(frozen=True, slots=True)
class Pool:
    """Like beds in like rooms; `rooms[i]` lists the bed keys in the group's i-th room."""

    bed: Bed  # stands for all of them
    rooms: tuple[tuple[str, ...], ...]

    @property
    def per_room(self) -> int:
        return len(self.rooms[0])


@dataclass(frozen=True, slots=True)
class RoomGroup:
    pools: tuple[Pool, ...]
    shared: bool

    @property
    def count(self) -> int:
        return len(self.pools[0].rooms)

    @property
    def room(self) -> str:
        """The room that stands for all."""
        return self.pools[0].bed.room

    @property
    def ward(self) -> str:
        return self.pools[0].bed.ward


@dataclass(frozen=True, slots=True, order=True)
class Company:
    """Who may be together in a room; None stands for anybody. `mixed` costs MIXED_BAY each."""

    mixed: bool
    sex_class: str | None
    isolation_class: str | None


def room_groups(hospital: Hospital) -> list[RoomGroup]:
    """All beds that any request could get, grouped, in key order."""
    candidates = [bed for bed in hospital.problem.beds if _candidate(hospital, bed)]
    by_room: dict[str, list[Bed]] = defaultdict(list)
    for bed in candidates:
        by_room[bed.room].append(bed)
    alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
    profiles: dict[str, dict[tuple[object, ...], list[str]]] = {}
    for room in sorted(by_room):
        profiles[room] = _bed_kinds(hospital, by_room[room])
        alike[_room_kind(hospital, room, profiles[room])].append(room)
    return [_group(hospital, rooms, profiles) for rooms in alike.values()]


def look_of(
    hospital: Hospital, group: RoomGroup, bed: Bed, asking: frozenset[str]
) -> tuple[object, ...]:
    """What rules that are not the ward's see of a bed and its room, were nothing waived.

    `asking`: the isolation classes of those who may join a cohort. A room in which somebody waits
    for another bed is like no other, as is a bed that is held.
    """
    row = hospital.rooms[group.room]
    present = hospital.present.get(group.room, [])
    own = group.room if any(each.key in hospital.requests for each in present) else ""
    return (
        row.kind,
        row.sex_policy,
        group.shared,
        own,
        asking.intersection(each.isolation_class for each in present),
        frozenset((*row.equipment, *bed.equipment)),
        bed.visible,
        frozenset(bed.blocked_by) - OTHERS_JUDGE,
        bed.key if bed.key in hospital.held_beds else "",
    )


def companies(hospital: Hospital, group: RoomGroup, asking: Iterable[Person]) -> list[Company]:
    """What a shared room of the group may become, given who could be put there."""
    people = list(asking)
    present = hospital.present.get(group.room, [])
    open_rules = hospital.waived_at(Scope.ROOM, group.room) | hospital.waived_at(
        Scope.WARD, group.ward
    )
    free = hospital.rooms[group.room].sex_policy is RoomSex.MIXED or "ROOM_SEX" in open_rules
    isolations = _isolations(people, present, "CO_BLOCKING" in open_rules)
    sexes = _sexes(people, present, free)
    return sorted(
        (Company(mixed, sex, isolation) for mixed, sex in sexes for isolation in isolations),
        key=lambda each: (each.mixed, each.sex_class or "", each.isolation_class or ""),
    )


def may_join(person: Person, company: Company) -> bool:
    """A waiver lets a person join others, but what is then mixed is never called unmixed."""
    sex_waived = company.mixed and "ROOM_SEX" in person.waived
    sex = sex_waived or company.sex_class in (None, person.sex_class)
    isolation_waived = "CO_BLOCKING" in person.waived
    return sex and (isolation_waived or company.isolation_class in (None, person.isolation_class))


def _sexes(
    people: list[Person], present: list[Person], free: bool
) -> list[tuple[bool, str | None]]:
    asking = sorted({each.sex_class for each in people})
    here = {each.sex_class for each in present}
    pure: list[tuple[bool, str | None]] = [(False, sex) for sex in asking if here <= {sex}]
    if free:
        return [*pure, (True, None)] if len(here | set(asking)) > 1 else pure
    if all("ROOM_SEX" not in each.waived for each in (*people, *present)):
        return pure
    bound = {each.sex_class for each in present if "ROOM_SEX" not in each.waived}
    bases = asking if not bound else sorted(bound) if len(bound) == 1 else [NOBODY]
    return [*pure, *((True, base) for base in bases)]


def _isolations(people: list[Person], present: list[Person], free: bool) -> list[str | None]:
    if free:
        return [None]
    bound = {each.isolation_class for each in present if "CO_BLOCKING" not in each.waived}
    if len(bound) > 1:
        return [NOBODY]
    return list(sorted(bound or {each.isolation_class for each in people}))


def _candidate(hospital: Hospital, bed: Bed) -> bool:
    blocked = set(bed.blocked_by) - OTHERS_JUDGE
    if not blocked or bed.key in hospital.held_beds:
        return True
    return not blocked & NEVER_WAIVED and hospital.waives("BED_READY")


def _bed_kinds(hospital: Hospital, beds: list[Bed]) -> dict[tuple[object, ...], list[str]]:
    kinds: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for bed in beds:
        mine = bed.key if bed.key in hospital.held_beds else ""
        waived = tuple(sorted(hospital.waived_at(Scope.BED, bed.key)))
        blocked = tuple(sorted(set(bed.blocked_by) - OTHERS_JUDGE))
        kinds[(mine, bed.equipment, bed.visible, blocked, waived)].append(bed.key)
    return dict(sorted(kinds.items(), key=lambda item: str(item[0])))


def _room_kind(
    hospital: Hospital, room: str, kinds: dict[tuple[object, ...], list[str]]
) -> tuple[object, ...]:
    row = hospital.rooms[room]
    present = hospital.present.get(room, [])
    own = room if any(each.key in hospital.requests for each in present) else ""
    return (
        row.ward,
        row.kind,
        row.sex_policy,
        row.equipment,
        hospital.shared(room),
        own,
        tuple(sorted((p.sex_class, p.isolation_class, tuple(sorted(p.waived))) for p in present)),
        tuple(sorted(hospital.waived_at(Scope.ROOM, room))),
        tuple((kind, len(beds)) for kind, beds in kinds.items()),
    )


def _group(
    hospital: Hospital,
    rooms: list[str],
    profiles: dict[str, dict[tuple[object, ...], list[str]]],
) -> RoomGroup:
    kinds = list(profiles[rooms[0]])
    pools = tuple(
        Pool(
            hospital.beds[profiles[rooms[0]][kind][0]],
            tuple(tuple(profiles[room][kind]) for room in rooms),
        )
        for kind in kinds
    )
    return RoomGroup(pools, hospital.shared(rooms[0]))
