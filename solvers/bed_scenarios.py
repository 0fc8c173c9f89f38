"""What if: a bed problem as it would be with a ward closed, nurses missing, more arrivals …

Pure: a frozen problem and changes in, another frozen problem out; the same seed draws the same
arrivals. Every change raises ValueError that names the field at fault where it cannot be.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from solvers.bed_problem import (
    MAX_REQUESTS,
    Bed,
    BedPlanProblem,
    Occupant,
    Request,
    Room,
    RoomSex,
    Sex,
    Ward,
)

MOVED = "moved:"  # key of the request of someone whose bed the scenario takes away
ARRIVAL = "arrival:"  # key of a request that the scenario makes up
ADDED = "added:"  # key of a room or bed that the scenario adds
MAX_ADDED = 500  # beds


class ChangeKind(StrEnum):
    """What a scenario may change."""

    WARD_CLOSED = "WARD_CLOSED"  # its patients need beds elsewhere
    STAFF_MISSING = "STAFF_MISSING"  # fewer nurses, so fewer staffed beds
    ARRIVALS_PLUS = "ARRIVALS_PLUS"  # more who wait, of the same mix as now
    BAY_FLIPPED = "BAY_FLIPPED"  # the room is for the other sex
    BEDS_ADDED = "BEDS_ADDED"  # an open bay with staff


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change; which fields it needs depends on its kind."""

    kind: ChangeKind
    ward: str | None = None
    room: str | None = None
    sex: Sex | None = None
    nurses: int = 0
    patients_per_nurse: int = 0
    percent: int = 0
    beds: int = 0


def changed(problem: BedPlanProblem, changes: Sequence[Change], seed: int = 0) -> BedPlanProblem:
    """The problem after the changes, one after the other."""
    draw = Random(seed)  # noqa: S311 - repeatable, not secret
    for change in changes:
        problem = _APPLY[change.kind](problem, change, draw)
    return problem


def _ward_closed(problem: BedPlanProblem, change: Change, _draw: Random) -> BedPlanProblem:
    ward = _ward(problem, change)
    rooms = {room.key for room in problem.rooms if room.ward == ward.key}
    leaving = [person for person in problem.occupants if person.room in rooms]
    beds = tuple(
        replace(bed, blocked_by=("CLOSED",)) if bed.ward == ward.key else bed
        for bed in problem.beds
    )
    here = {bed.key for bed in problem.beds if bed.ward == ward.key}
    shut = replace(ward, staffed_beds=0, census=0, holds=0)
    requests = tuple(
        replace(
            request,
            target_ward=None if request.target_ward == ward.key else request.target_ward,
            held_bed=None if request.held_bed in here else request.held_bed,
            current_bed=None if request.current_bed in here else request.current_bed,
        )
        for request in problem.requests
    )
    return _without(
        replace(problem, beds=beds, wards=_with(problem.wards, shut), requests=requests),
        leaving,
        ward,
    )


def _staff_missing(problem: BedPlanProblem, change: Change, _draw: Random) -> BedPlanProblem:
    ward = _ward(problem, change)
    if change.nurses < 1 or change.patients_per_nurse < 1:
        raise ValueError("nurses: at least 1 who is missing, with at least 1 patient each")
    left = max(0, ward.staffed_beds - change.nurses * change.patients_per_nurse)
    return replace(problem, wards=_with(problem.wards, replace(ward, staffed_beds=left)))


def _arrivals_plus(problem: BedPlanProblem, change: Change, draw: Random) -> BedPlanProblem:
    if change.percent < 1:
        raise ValueError("percent: at least 1 percent more")
    waiting = [r for r in problem.requests if not r.key.startswith(MOVED)]
    if not waiting:
        raise ValueError("percent: nobody waits, so there is no mix to draw arrivals from")
    more = -(-len(waiting) * change.percent // 100)
    if len(problem.requests) + more > MAX_REQUESTS:
        raise ValueError(f"percent: {more} more arrivals are beyond {MAX_REQUESTS} requests")
    first = sum(r.key.startswith(ARRIVAL) for r in problem.requests)
    arrivals = [
        replace(
            draw.choice(waiting),
            key=f"{ARRIVAL}{number:05d}",
            encounter=f"{ARRIVAL}{number:05d}",
            current_bed=None,
            held_bed=None,
            waiting_min=0,
            moves_so_far=0,
        )
        for number in range(first, first + more)
    ]
    return replace(problem, requests=(*problem.requests, *arrivals))


def _bay_flipped(problem: BedPlanProblem, change: Change, _draw: Random) -> BedPlanProblem:
    room = next((each for each in problem.rooms if each.key == change.room), None)
    if room is None:
        raise ValueError(f"room: {change.room} is not part of the problem")
    if change.sex is None or change.sex not in _POLICY:
        raise ValueError("sex: say F or M")
    policy = _POLICY[change.sex]
    rooms = tuple(replace(r, sex_policy=policy) if r.key == room.key else r for r in problem.rooms)
    leaving = [p for p in problem.occupants if p.room == room.key and p.sex is not change.sex]
    ward = next(each for each in problem.wards if each.key == room.ward)
    emptied, codes = _emptied(problem.beds, room.key, len(leaving))
    less = replace(
        ward,
        census=max(0, ward.census - codes.count("OCCUPIED")),
        holds=max(0, ward.holds - codes.count("HELD")),
    )
    wards = _with(problem.wards, less)
    return _without(replace(problem, rooms=rooms, beds=emptied, wards=wards), leaving, ward)


def _beds_added(problem: BedPlanProblem, change: Change, _draw: Random) -> BedPlanProblem:
    ward = _ward(problem, change)
    if not 1 <= change.beds <= MAX_ADDED:
        raise ValueError(f"beds: 1 to {MAX_ADDED}")
    number = sum(room.key.startswith(ADDED) for room in problem.rooms)
    key = f"{ADDED}{number:03d}"
    like = next((room.equipment for room in problem.rooms if room.ward == ward.key), ())
    room = Room(key=key, ward=ward.key, equipment=like)
    beds = [Bed(key=f"{key}:{i:03d}", ward=ward.key, room=key) for i in range(change.beds)]
    more = replace(ward, staffed_beds=ward.staffed_beds + change.beds)
    return replace(
        problem,
        rooms=(*problem.rooms, room),
        beds=(*problem.beds, *beds),
        wards=_with(problem.wards, more),
    )


def _without(problem: BedPlanProblem, leaving: Sequence[Occupant], ward: Ward) -> BedPlanProblem:
    """Who leaves asks for a bed like the one that was lost, unless already waiting for one."""
    gone = {person.key for person in leaving}
    staying = tuple(person for person in problem.occupants if person.key not in gone)
    asked = [_asks(person, ward) for person in leaving if person.request is None]
    return replace(problem, occupants=staying, requests=(*problem.requests, *asked))


def _asks(person: Occupant, ward: Ward) -> Request:
    own = next((name for name, rank in ward.specialties if rank == 1), None)
    return Request(
        key=f"{MOVED}{person.key}",
        encounter=f"{MOVED}{person.key}",
        sex=person.sex,
        isolation=person.isolation,
        organism=person.organism,
        care_level=ward.care_level,
        specialty=own,
    )


def _emptied(beds: tuple[Bed, ...], room: str, people: int) -> tuple[tuple[Bed, ...], list[str]]:
    """As many of the room's used beds, in order, as people leave it, taken to be cleaned; and
    what each was used for."""
    freed: list[Bed] = []
    codes: list[str] = []
    for bed in beds:
        used = next((code for code in ("OCCUPIED", "HELD") if code in bed.blocked_by), None)
        if bed.room == room and used and len(codes) < people:
            codes.append(used)
            rest = tuple(code for code in bed.blocked_by if code not in ("OCCUPIED", "HELD"))
            bed = replace(bed, blocked_by=rest)
        freed.append(bed)
    return tuple(freed), codes


def _ward(problem: BedPlanProblem, change: Change) -> Ward:
    found = next((ward for ward in problem.wards if ward.key == change.ward), None)
    if found is None:
        raise ValueError(f"ward: {change.ward} is not part of the problem")
    return found


def _with(wards: tuple[Ward, ...], one: Ward) -> tuple[Ward, ...]:
    return tuple(one if ward.key == one.key else ward for ward in wards)


_POLICY = {Sex.FEMALE: RoomSex.FIXED_FEMALE, Sex.MALE: RoomSex.FIXED_MALE}
_APPLY: Mapping[ChangeKind, Callable[[BedPlanProblem, Change, Random], BedPlanProblem]] = {
    ChangeKind.WARD_CLOSED: _ward_closed,
    ChangeKind.STAFF_MISSING: _staff_missing,
    ChangeKind.ARRIVALS_PLUS: _arrivals_plus,
    ChangeKind.BAY_FLIPPED: _bay_flipped,
    ChangeKind.BEDS_ADDED: _beds_added,
}
