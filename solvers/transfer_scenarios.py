"""What if: a transfer problem as it would be with a hospital closed, beds missing, more arrivals …

Pure: a frozen problem and changes in, another frozen problem out; the same seed draws the same
arrivals. Every change raises ValueError that names the field at fault where it cannot be.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from solvers.transfer_problem import (
    MAX_PATIENTS,
    Consent,
    Hospital,
    Patient,
    TransferProblem,
    Unit,
)

MOVED = "moved:"  # key of someone whose bed the scenario takes away
ARRIVAL = "arrival:"  # key of someone whom the scenario makes up
MAX_BEDS = 5_000  # added at once


class TransferChangeKind(StrEnum):
    """What a scenario of the network may change."""

    HOSPITAL_CLOSED = "HOSPITAL_CLOSED"  # takes nobody, and all who lie there have to leave
    CAPACITY_LESS = "CAPACITY_LESS"  # fewer staffed beds of a level of care
    CAPABILITY_LOST = "CAPABILITY_LOST"  # a specialty or a piece of equipment
    BEDS_ADDED = "BEDS_ADDED"  # more staffed beds of a level of care
    ARRIVALS_PLUS = "ARRIVALS_PLUS"  # more who wait, of the same mix as now


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferChange:
    """One change; which fields it needs depends on its kind. Without `displaces` a closed hospital
    only takes nobody: a plan for another one's patients does not ask who lies there."""

    kind: TransferChangeKind
    hospital: str | None = None
    displaces: bool = True
    level: str | None = None
    capability: str | None = None
    beds: int = 0
    percent: int = 0


def changed(
    problem: TransferProblem, changes: Sequence[TransferChange], seed: int = 0
) -> TransferProblem:
    """The problem after the changes, one after the other."""
    draw = Random(seed)  # noqa: S311 - repeatable, not secret
    for change in changes:
        problem = _APPLY[change.kind](problem, change, draw)
    return problem


def _hospital_closed(
    problem: TransferProblem, change: TransferChange, _draw: Random
) -> TransferProblem:
    hospital = _hospital(problem, change)
    moved = _others_in(problem, hospital) if change.displaces else []
    _room_for(problem, len(moved), "hospital")
    units = tuple(replace(unit, staffed=0, need_p90=0) for unit in hospital.units)
    shut = replace(hospital, accepting=False, units=units)
    patients = (
        replace(p, may_stay=False) if p.origin == hospital.key else p for p in problem.patients
    )
    return replace(_with(problem, shut), patients=(*patients, *moved))


def _others_in(problem: TransferProblem, hospital: Hospital) -> list[Patient]:
    """Those who lie in the hospital and asked for nothing until now; of a bed like theirs."""
    known = Counter(p.lies_in for p in problem.patients if p.origin == hospital.key)
    return [
        Patient(
            key=f"{MOVED}{hospital.key}:{unit.level}:{number:05d}",
            origin=hospital.key,
            level=unit.level,
            lies_in=unit.level,
        )
        for unit in hospital.units
        for number in range(unit.occupied - known[unit.level])
    ]


def _capacity_less(
    problem: TransferProblem, change: TransferChange, _draw: Random
) -> TransferProblem:
    hospital, unit = _unit(problem, change)
    if unit is None:
        raise ValueError(f"level: {hospital.key} has no unit {change.level}")
    if change.beds < 1:
        raise ValueError("beds: at least 1 less")
    less = replace(unit, staffed=max(0, unit.staffed - change.beds))
    return _with(problem, _with_unit(hospital, less))


def _capability_lost(
    problem: TransferProblem, change: TransferChange, _draw: Random
) -> TransferProblem:
    hospital, lost = _hospital(problem, change), change.capability
    if lost not in (*hospital.specialties, *hospital.equipment):
        raise ValueError(f"capability: {hospital.key} has no {lost}")
    return _with(
        problem,
        replace(
            hospital,
            specialties=tuple(name for name in hospital.specialties if name != lost),
            equipment=tuple(name for name in hospital.equipment if name != lost),
        ),
    )


def _beds_added(problem: TransferProblem, change: TransferChange, _draw: Random) -> TransferProblem:
    """A level of care that the hospital does not have is opened."""
    hospital, unit = _unit(problem, change)
    if not 1 <= change.beds <= MAX_BEDS:
        raise ValueError(f"beds: 1 to {MAX_BEDS}")
    if change.level is None:
        raise ValueError("level: say of which level of care")
    now = unit or Unit(level=change.level, staffed=0)
    more = replace(now, staffed=now.staffed + change.beds)
    return _with(problem, _with_unit(hospital, more))


def _arrivals_plus(
    problem: TransferProblem, change: TransferChange, draw: Random
) -> TransferProblem:
    if change.percent < 1:
        raise ValueError("percent: at least 1 percent more")
    waiting = [p for p in problem.patients if not p.key.startswith(MOVED)]
    if not waiting:
        raise ValueError("percent: nobody waits, so there is no mix to draw arrivals from")
    more = -(-len(waiting) * change.percent // 100)
    _room_for(problem, more, "percent")
    first = sum(p.key.startswith(ARRIVAL) for p in problem.patients)
    arrivals = [
        replace(
            draw.choice(waiting),
            key=f"{ARRIVAL}{number:05d}",
            waiting_min=0,
            lies_in=None,
            may_stay=False,
            consent=Consent.NONE,
            emergency_override=False,
            told=None,
            declined=(),
        )
        for number in range(first, first + more)
    ]
    return replace(problem, patients=(*problem.patients, *arrivals))


def _hospital(problem: TransferProblem, change: TransferChange) -> Hospital:
    found = next((each for each in problem.hospitals if each.key == change.hospital), None)
    if found is None:
        raise ValueError(f"hospital: {change.hospital} is not part of the problem")
    return found


def _unit(problem: TransferProblem, change: TransferChange) -> tuple[Hospital, Unit | None]:
    hospital = _hospital(problem, change)
    return hospital, next((unit for unit in hospital.units if unit.level == change.level), None)


def _with(problem: TransferProblem, one: Hospital) -> TransferProblem:
    hospitals = tuple(one if each.key == one.key else each for each in problem.hospitals)
    return replace(problem, hospitals=hospitals)


def _with_unit(hospital: Hospital, one: Unit) -> Hospital:
    others = tuple(unit for unit in hospital.units if unit.level != one.level)
    return replace(hospital, units=(*others, one))


def _room_for(problem: TransferProblem, more: int, field: str) -> None:
    if len(problem.patients) + more > MAX_PATIENTS:
        raise ValueError(f"{field}: {more} more are beyond {MAX_PATIENTS} patients")


_APPLY: Mapping[
    TransferChangeKind, Callable[[TransferProblem, TransferChange, Random], TransferProblem]
] = {
    TransferChangeKind.HOSPITAL_CLOSED: _hospital_closed,
    TransferChangeKind.CAPACITY_LESS: _capacity_less,
    TransferChangeKind.CAPABILITY_LOST: _capability_lost,
    TransferChangeKind.BEDS_ADDED: _beds_added,
    TransferChangeKind.ARRIVALS_PLUS: _arrivals_plus,
}
