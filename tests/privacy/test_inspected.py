"""What `wardgrid ledger inspect` finds where a program went round the rules, on record."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from app.jobs import PROGRAM
from domain.patients.model import Patient
from domain.privacy.holds import HoldPatient
from domain.privacy.model import HoldReason
from kit.command import Command
from kit.work import NETWORK, Scope, Work
from tests.privacy.test_erasing import inspected
from tests.privacy.ward import ward


@dataclass(frozen=True, kw_only=True)
class DestroyUnapproved(Command[int]):
    """A program that lets a key go that nobody approved."""

    action = "privacy.destroy"

    subject: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> int:
        return work.vault.destroy(self.subject)


@dataclass(frozen=True, kw_only=True)
class ShredHeld(Command[None]):
    """A program that does not ask for holds."""

    action = "privacy.shred"

    patient_id: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> None:
        patient = work.get(Patient, self.patient_id)
        patient.erased_at = work.now
        work.subjects.add(patient.subject)


def test_a_key_destroyed_before_anybody_approved_is_found(sqlite_url: str, tmp_path: Path) -> None:
    with ward(sqlite_url, tmp_path) as here:
        gone, erased = here.patient("Gone"), here.patient("Erased")
        here.erase(erased)
        assert inspected(here.app).findings == []
        (key,) = here.keys(gone)
        here.app.pipeline.run(PROGRAM, DestroyUnapproved(subject=gone.subject))
        (found,) = inspected(here.app).findings
        assert (found.code, found.index is not None) == ("key-unapproved", True)
        assert str(key.id) in found.text


def test_an_erasure_under_a_hold_is_found(sqlite_url: str, tmp_path: Path) -> None:
    with ward(sqlite_url, tmp_path) as here:
        held, free = here.patient("Held"), here.patient("Free")
        hold = HoldPatient(patient_id=held.id, reason=HoldReason.COMPLAINT)
        here.app.pipeline.run(here.officer, hold)
        here.app.pipeline.run(here.custodian, ShredHeld(patient_id=free.id))
        assert inspected(here.app).findings == []
        here.app.pipeline.run(here.custodian, ShredHeld(patient_id=held.id))
        (found,) = inspected(here.app).findings
        assert (found.code, found.index is not None) == ("held", True)
        assert str(held.id) in found.text
