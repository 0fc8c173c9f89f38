"""Placing a legal hold takes one person, lifting it two."""

from dataclasses import dataclass
from uuid import UUID

from domain.patients.registration import present_patient
from domain.privacy.held_leaves import require_none_begun
from domain.privacy.model import HoldReason, LegalHold
from kit.command import Command
from kit.errors import Conflict, Denied, Invalid
from kit.work import NETWORK, Scope, Work

MOST_LEAVES = 10**15


@dataclass(frozen=True, kw_only=True)
class HoldPatient(Command[LegalHold]):
    """Keep all that is known of a patient: no erasure, no pruning of what the ledger says."""

    action = "legal_hold.place"

    patient_id: UUID
    reason: HoldReason

    def scope(self, work: Work) -> Scope:
        return present_patient(work, self.patient_id).scope

    def apply(self, work: Work) -> LegalHold:
        patient = present_patient(work, self.patient_id)
        return _placed(work, LegalHold(
            hospital_id=patient.hospital_id, patient_id=patient.id, reason=self.reason,
            placed_by=work.actor.id, placed_at=work.now,
        ))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class HoldLedger(Command[LegalHold]):
    """Keep leaves of the ledger, the first and the last included; without a last one all that
    follow too."""

    action = "legal_hold.place"

    first_leaf: int
    last_leaf: int | None = None
    reason: HoldReason

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> LegalHold:
        last = self.first_leaf if self.last_leaf is None else self.last_leaf
        if not 0 <= self.first_leaf <= last < MOST_LEAVES:
            raise Invalid("leaves count from 0, and the last is not before the first",
                          field="lastLeaf")  # fmt: skip
        return _placed(work, LegalHold(
            first_leaf=self.first_leaf, last_leaf=self.last_leaf, reason=self.reason,
            placed_by=work.actor.id, placed_at=work.now,
        ))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AskToLiftHold(Command[LegalHold]):
    """Ask for the end of a legal hold. It holds until another person lifts it."""

    action = "legal_hold.lift"

    legal_hold_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(LegalHold, self.legal_hold_id).scope

    def apply(self, work: Work) -> LegalHold:
        hold = _holding(work, self.legal_hold_id)
        hold.asked_by, hold.asked_at = work.actor.id, work.now
        work.emit("LegalHoldChanged", hold.scope, hold=hold.id)
        return hold


@dataclass(frozen=True, kw_only=True)
class LiftHold(Command[LegalHold]):
    """End a legal hold that another person asked to lift."""

    action = "legal_hold.lift"
    privileged = True

    legal_hold_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(LegalHold, self.legal_hold_id).scope

    def apply(self, work: Work) -> LegalHold:
        hold = _holding(work, self.legal_hold_id)
        if hold.asked_by is None:
            raise Conflict("nobody has asked to lift this hold; ask first",
                           reason="HOLD_NOT_ASKED", blocking=hold.id)  # fmt: skip
        if hold.asked_by == work.actor.id:
            raise Denied("a second person has to lift this hold", reason="FOUR_EYES")
        hold.lifted_by, hold.lifted_at = work.actor.id, work.now
        work.emit("LegalHoldChanged", hold.scope, hold=hold.id)
        return hold


def _placed(work: Work, hold: LegalHold) -> LegalHold:
    require_none_begun(work.session, hold)
    work.add(hold)
    work.emit("LegalHoldPlaced", hold.scope, hold=hold.id)
    return hold


def _holding(work: Work, legal_hold_id: UUID) -> LegalHold:
    hold = work.get(LegalHold, legal_hold_id)
    if hold.lifted_at is not None:
        raise Conflict("this hold was lifted already", reason="HOLD_LIFTED", blocking=hold.id)
    return hold
