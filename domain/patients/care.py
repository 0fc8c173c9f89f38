"""Commands on who treats whom: what opens a patient's record to a person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select

from domain.patients.episodes import tell
from domain.patients.model import CareAssignment, Encounter
from domain.patients.states import require_live
from domain.places.times import happened, recorded, store
from kit.command import Command
from kit.errors import Conflict
from kit.work import Scope, Work

_CARING = select(CareAssignment).where(
    col(CareAssignment.encounter_id) == bindparam("encounter"), col(CareAssignment.until).is_(None)
)


@dataclass(frozen=True, kw_only=True)
class AssignCare(Command[CareAssignment]):
    """Let a person treat a patient: opens the patient's record to that person."""

    action = "care.assign"

    account_id: UUID
    encounter_id: UUID
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope

    def apply(self, work: Work) -> CareAssignment:
        encounter = work.get(Encounter, self.encounter_id)
        return begin_care(work, self.account_id, encounter, happened(work, self.at))


@dataclass(frozen=True, kw_only=True)
class EndCare(Command[CareAssignment]):
    """Record that a person no longer treats a patient."""

    action = "care.assign"

    assignment_id: UUID
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        care = work.get(CareAssignment, self.assignment_id)
        return work.get(Encounter, care.encounter_id).scope

    def apply(self, work: Work) -> CareAssignment:
        care = work.get(CareAssignment, self.assignment_id)
        return end_care(work, care, happened(work, self.at))


def begin_care(work: Work, account_id: UUID, encounter: Encounter, at: datetime) -> CareAssignment:
    """Open the patient's record to a person. Raises Conflict for one who treats them already."""
    require_live(encounter)
    known = care_now(work, account_id, encounter.id)
    if known is not None:
        raise Conflict(f"this person has treated the patient since {known.since.isoformat()}",
                       reason="CARE_ASSIGNED", blocking=known.id, allowed=("END",))  # fmt: skip
    care = store(work, CareAssignment(
        hospital_id=encounter.hospital_id, account_id=account_id, encounter_id=encounter.id,
        subject=encounter.subject, since=at, **recorded(work),
    ))  # fmt: skip
    tell(work, "CareAssigned", encounter)
    return care


def end_care(work: Work, care: CareAssignment, at: datetime) -> CareAssignment:
    """Close the patient's record to a person. Raises Conflict where it ended before."""
    if care.until is not None:
        raise Conflict(f"this ended at {care.until.isoformat()}", reason="CARE_ENDED",
                       blocking=care.id)  # fmt: skip
    care.until = max(at, care.since)
    tell(work, "CareEnded", work.get(Encounter, care.encounter_id))
    return care


def care_now(work: Work, account_id: UUID, encounter_id: UUID) -> CareAssignment | None:
    """Since when this person treats the patient; None where they do not."""
    return work.session.exec(
        select(CareAssignment).where(
            CareAssignment.account_id == account_id,
            CareAssignment.encounter_id == encounter_id,
            col(CareAssignment.until).is_(None),
        )
    ).first()


def end_all_care(work: Work, encounter: Encounter, at: datetime) -> None:
    """Nobody treats a patient who has left."""
    for care in work.session.exec(_CARING, params={"encounter": encounter.id}):
        care.until = max(at, care.since)
