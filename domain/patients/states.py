"""The life of an encounter: which status may follow which."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import col, select

from domain.patients.model import Encounter, EncounterPhase, EncounterStatus
from domain.places.times import recorded, succeed
from kit.errors import Conflict
from kit.work import Work

S = EncounterStatus

NEXT: dict[EncounterStatus, tuple[EncounterStatus, ...]] = {
    S.PLANNED: (S.ARRIVED, S.DIED, S.ERROR),
    S.ARRIVED: (S.ADMITTED, S.DISCHARGED, S.DIED, S.LEFT, S.ERROR),
    S.ADMITTED: (S.ON_LEAVE, S.DISCHARGE_PENDING, S.DIED),
    S.ON_LEAVE: (S.ADMITTED, S.DIED),
    S.DISCHARGE_PENDING: (S.ADMITTED, S.DISCHARGED, S.DIED),
    S.DISCHARGED: (),
    S.DIED: (),
    S.LEFT: (),
    S.ERROR: (),
}

# A cancel says that something never happened: it walks back where nothing else may.
BACK: dict[EncounterStatus, tuple[EncounterStatus, ...]] = {
    S.ADMITTED: (S.ARRIVED, S.PLANNED),
    S.ON_LEAVE: (S.ARRIVED,),
    S.DISCHARGE_PENDING: (S.ARRIVED, S.PLANNED),
    S.DISCHARGED: (S.ADMITTED, S.DISCHARGE_PENDING, S.ARRIVED),
}

IN_HOUSE = (S.ARRIVED, S.ADMITTED, S.ON_LEAVE, S.DISCHARGE_PENDING)
IN_BED = (S.ADMITTED, S.ON_LEAVE, S.DISCHARGE_PENDING)
LIVE = (S.PLANNED, *IN_HOUSE)
ENDED = (S.DISCHARGED, S.DIED, S.LEFT, S.ERROR)

Follower = Callable[[Work, Encounter, datetime], None]
_followers: list[Follower] = []

_ENCOUNTER: Any = bindparam("encounter")
_PRESENT = select(EncounterPhase).where(
    col(EncounterPhase.encounter_id) == _ENCOUNTER, col(EncounterPhase.until).is_(None)
)


def follow_encounters(follower: Follower) -> None:
    """Have `follower` called, in the same transaction, whenever an encounter's status changes.

    For slices above this one that must not lag behind, such as an open transfer of the patient.
    """
    _followers.append(follower)


def turn(work: Work, encounter: Encounter, status: EncounterStatus, at: datetime) -> None:
    """Go to `status`. Raises Conflict that names the allowed ones."""
    require_next(encounter, status, NEXT)
    _record(work, encounter, status, at)


def turn_back(work: Work, encounter: Encounter, status: EncounterStatus, at: datetime) -> None:
    """Go back to `status`, because what led away from it is cancelled."""
    require_next(encounter, status, BACK)
    encounter.ended_at = None
    encounter.disposition = None
    _record(work, encounter, status, at)


def require_next(
    encounter: Encounter,
    status: EncounterStatus,
    table: dict[EncounterStatus, tuple[EncounterStatus, ...]] = NEXT,
) -> None:
    """Raise Conflict unless `table` lets the encounter go to `status`."""
    allowed = table.get(encounter.status, ())
    if status not in allowed:
        raise Conflict(
            f"the encounter is {encounter.status} and cannot become {status}",
            reason="ENCOUNTER_STATE", blocking=encounter.id,
            allowed=tuple(str(one) for one in allowed),
        )  # fmt: skip


def require_live(encounter: Encounter) -> None:
    """Raise Conflict if the encounter has ended: nothing more may be asked for it."""
    if encounter.status in ENDED:
        raise Conflict(f"the encounter is {encounter.status}; it takes no request, hold or move",
                       reason="ENCOUNTER_ENDED", blocking=encounter.id)  # fmt: skip


def begin(work: Work, encounter: Encounter, at: datetime) -> None:
    """Write the first page of the encounter's history."""
    succeed(work, None, _phase(work, encounter, at))


def present_phase(work: Work, encounter: Encounter) -> EncounterPhase:
    """The page of the history that is still open."""
    return work.session.exec(_PRESENT, params={"encounter": encounter.id}).one()


def _record(work: Work, encounter: Encounter, status: EncounterStatus, at: datetime) -> None:
    before = present_phase(work, encounter)
    encounter.status = status
    if status in ENDED:
        encounter.ended_at = at
    succeed(work, before, _phase(work, encounter, at))
    for follower in _followers:
        follower(work, encounter, at)


def _phase(work: Work, encounter: Encounter, at: datetime) -> EncounterPhase:
    return EncounterPhase(
        hospital_id=encounter.hospital_id, encounter_id=encounter.id, status=encounter.status,
        since=at, **recorded(work),
    )  # fmt: skip
