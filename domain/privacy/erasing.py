"""Erasing a person: one asks, another approves, and the program destroys the keys once the
approval stands in the signed log."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from domain.patients.model import Encounter, Patient
from domain.patients.registration import present_patient
from domain.patients.states import LIVE
from domain.privacy.forgetting import destroy, forget, subjects_of
from domain.privacy.model import Erasure, ErasureReason, ErasureState
from domain.privacy.queries import holding, records_of
from kit.command import Command
from kit.errors import Conflict, Denied
from kit.work import NETWORK, Scope, Work


@dataclass(frozen=True, kw_only=True)
class RequestErasure(Command[Erasure]):
    """Ask that a patient be erased. Nothing happens until another person approves."""

    action = "privacy.request"

    patient_id: UUID
    reason: ErasureReason

    def scope(self, work: Work) -> Scope:
        return present_patient(work, self.patient_id).scope

    def apply(self, work: Work) -> Erasure:
        patient = present_patient(work, self.patient_id)
        _require_erasable(work, patient.id)
        asked = select(Erasure).where(
            Erasure.patient_id == patient.id, Erasure.state == ErasureState.REQUESTED
        )
        if (waiting := work.session.exec(asked).first()) is not None:
            raise Conflict("this erasure was asked for already; approve or cancel it",
                           reason="ERASURE_OPEN", blocking=waiting.id)  # fmt: skip
        erasure = Erasure(
            hospital_id=patient.hospital_id, patient_id=patient.id, reason=self.reason,
            requested_by=work.actor.id, requested_at=work.now,
        )  # fmt: skip
        work.add(erasure)
        work.emit("ErasureChanged", erasure.scope, erasure=erasure.id)
        return erasure


class OfErasure:
    """The scope of commands about one erasure."""

    erasure_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Erasure, self.erasure_id).scope


@dataclass(frozen=True, kw_only=True)
class CancelErasure(OfErasure, Command[Erasure]):
    """Take back or turn down a request. An approved one cannot be taken back."""

    action = "privacy.request"

    erasure_id: UUID

    def apply(self, work: Work) -> Erasure:
        erasure = _in_state(work, self.erasure_id, ErasureState.REQUESTED)
        _decide(work, erasure, ErasureState.CANCELLED)
        return erasure


@dataclass(frozen=True, kw_only=True)
class ApproveErasure(OfErasure, Command[Erasure]):
    """Erase a patient for good, as another person asked. From now on nothing opens, and the keys
    are destroyed as soon as this approval stands in the signed log."""

    action = "privacy.shred"
    privileged = True

    erasure_id: UUID

    def apply(self, work: Work) -> Erasure:
        erasure = _in_state(work, self.erasure_id, ErasureState.REQUESTED)
        if erasure.requested_by == work.actor.id:
            raise Denied("a second person has to approve this erasure", reason="FOUR_EYES")
        patient = present_patient(work, erasure.patient_id)
        _require_erasable(work, patient.id)
        subjects = forget(work, records_of(work.session, patient.id))
        _decide(work, erasure, ErasureState.APPROVED)
        work.note(subjects=len(subjects))
        work.emit("PatientErased", erasure.scope, patient=patient.id)
        return erasure


@dataclass(frozen=True, kw_only=True)
class DestroyKeys(OfErasure, Command[Erasure]):
    """Delete every key of an erased patient. The program does it, once the log is signed."""

    action = "privacy.destroy"

    erasure_id: UUID

    def apply(self, work: Work) -> Erasure:
        erasure = _in_state(work, self.erasure_id, ErasureState.APPROVED)
        records = records_of(work.session, erasure.patient_id)
        work.note(keys=destroy(work, subjects_of(work, records)))
        erasure.destroyed_at = erasure.destroyed_at or work.now
        return erasure


@dataclass(frozen=True, kw_only=True)
class ConcludeErasure(OfErasure, Command[Erasure]):
    """Say that no file of the database holds the destroyed keys any more."""

    action = "privacy.destroy"

    erasure_id: UUID

    def apply(self, work: Work) -> Erasure:
        erasure = _in_state(work, self.erasure_id, ErasureState.APPROVED)
        if erasure.destroyed_at is None:
            raise Conflict("its keys are not destroyed yet", reason="ERASURE_STATE")
        erasure.state = ErasureState.DONE
        work.emit("ErasureChanged", erasure.scope, erasure=erasure.id)
        return erasure


@dataclass(frozen=True, kw_only=True)
class ReplayErasure(Command[int]):
    """Erase again whom a restored backup brought back. `leaf` is the hash of the entry that
    erased them, `subjects` whom it names; answers how many keys were destroyed."""

    action = "privacy.replay"

    subjects: tuple[UUID, ...]
    leaf: str

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> int:
        records = work.session.exec(
            select(Patient).where(col(Patient.subject).in_(self.subjects))
        ).all()
        subjects = forget(work, records)
        for subject in sorted(set(self.subjects) - subjects):  # whom the backup does not know
            work.vault.erase(subject)
        keys = destroy(work, subjects | set(self.subjects))
        work.note(leaf=self.leaf, keys=keys)
        return keys


def _require_erasable(work: Work, patient_id: UUID) -> None:
    """Raises Conflict where a hold is in force, or the patient is here or expected."""
    patients = [one.id for one in records_of(work.session, patient_id)]
    if (hold := holding(work.session, patients)) is not None:
        raise Conflict(f"the legal hold {hold.id} keeps this patient; two people may lift it",
                       reason="LEGAL_HOLD", blocking=hold.id)  # fmt: skip
    live = select(Encounter).where(
        col(Encounter.patient_id).in_(patients), col(Encounter.status).in_(LIVE)
    )
    if (encounter := work.session.exec(live).first()) is not None:
        raise Conflict("the patient is here or expected; end the encounter first",
                       reason="PATIENT_PRESENT", blocking=encounter.id)  # fmt: skip


def _in_state(work: Work, erasure_id: UUID, state: ErasureState) -> Erasure:
    erasure = work.get(Erasure, erasure_id)
    if erasure.state is not state:
        raise Conflict(f"the erasure is {erasure.state}", reason="ERASURE_STATE",
                       blocking=erasure.id)  # fmt: skip
    return erasure


def _decide(work: Work, erasure: Erasure, state: ErasureState) -> None:
    erasure.state = state
    erasure.decided_by, erasure.decided_at = work.actor.id, work.now
    work.emit("ErasureChanged", erasure.scope, erasure=erasure.id)
