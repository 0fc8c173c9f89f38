"""Commands of the sending hospital, and of the authority between the two."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.beds.admission import require_at_hand
from domain.patients.model import Encounter
from domain.patients.states import IN_HOUSE
from domain.places.commands import replace_given
from domain.places.model import ApprovalMode, Hospital
from domain.places.times import expect_version, recorded, store
from domain.transfers.closing import close
from domain.transfers.consent import require_not_refused
from domain.transfers.model import Transfer
from domain.transfers.sides import across, open_transfer_of, sending_side, sent_encounter
from domain.transfers.states import (
    answer_by,
    next_states,
    record,
    require_next,
    turn,
)
from domain.transfers.told import facts_to_tell
from domain.transfers.words import CancelReason, TransferReason, TransferState, Urgency
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

S = TransferState
BY_DEFAULT = "PEACETIME"  # the reason of a step that no person had to take


@dataclass(frozen=True, kw_only=True)
class RequestTransfer(Command[Transfer]):
    """Ask another hospital to take a patient.

    Where both hospitals are in PEACETIME it is put to them at once; in SURGE the network decides
    first. A patient has one open transfer at a time.
    """

    action = "transfer.request"

    encounter_id: UUID
    to_hospital_id: UUID
    urgency: Urgency = Urgency.ROUTINE
    reason: TransferReason
    needed_by: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope

    def apply(self, work: Work) -> Transfer:
        encounter = work.get(Encounter, self.encounter_id)
        there = self._receiver(work, encounter)
        _require_movable(work, encounter)
        transfer = store(work, Transfer(
            from_hospital_id=encounter.hospital_id, to_hospital_id=there.id,
            encounter_id=encounter.id, subject=encounter.subject, state=S.REQUESTED,
            urgency=self.urgency, reason=self.reason, needed_by=self.needed_by,
            changed_at=work.now, answer_by=answer_by(self.urgency, work.now), since=work.now,
            **facts_to_tell(work, encounter), **recorded(work),
        ))  # fmt: skip
        record(work, transfer, work.now)
        here = work.get(Hospital, encounter.hospital_id)
        if {here.approval_mode, there.approval_mode} == {ApprovalMode.PEACETIME}:
            turn(work, transfer, S.UNDER_REVIEW, work.now, BY_DEFAULT)
        return transfer

    def _receiver(self, work: Work, encounter: Encounter) -> Hospital:
        """Every hospital of the network may be asked, though nothing in it may be seen."""
        if self.to_hospital_id == encounter.hospital_id:
            raise Invalid("the patient is in this hospital; move the patient",
                          reason="SAME_HOSPITAL", field="toHospitalId")  # fmt: skip
        if self.needed_by is not None and self.needed_by.tzinfo is None:
            raise Invalid("a time needs a zone; send it with an offset", field="neededBy")
        return across(work, self.to_hospital_id).get(Hospital, self.to_hospital_id)


@dataclass(frozen=True, kw_only=True)
class AuthoriseTransfer(Command[Transfer]):
    """Put a request to the receiving hospital, or put one that escalated to it anew."""

    action = "transfer.authorise"

    transfer_id: UUID
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return sending_side(work, self.transfer_id)

    def apply(self, work: Work) -> Transfer:
        transfer = work.get(Transfer, self.transfer_id)
        expect_version(transfer, self.version)
        if transfer.state == S.INFO_NEEDED:
            raise Conflict("the receiving hospital waits for an answer", reason="TRANSFER_STATE",
                           blocking=transfer.id, allowed=("AnswerTransfer",))  # fmt: skip
        turn(work, transfer, S.UNDER_REVIEW, work.now)
        return transfer


@dataclass(frozen=True, kw_only=True)
class AnswerTransfer(Command[Transfer]):
    """Answer what the receiving hospital asked: it sees the patient's needs as they are now."""

    action = "transfer.request"

    transfer_id: UUID
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return sending_side(work, self.transfer_id)

    def apply(self, work: Work) -> Transfer:
        transfer = work.get(Transfer, self.transfer_id)
        expect_version(transfer, self.version)
        if transfer.state != S.INFO_NEEDED:
            raise Conflict(f"the transfer is {transfer.state}; nothing was asked",
                           reason="TRANSFER_STATE", blocking=transfer.id,
                           allowed=tuple(next_states(transfer)))  # fmt: skip
        facts = facts_to_tell(work, sent_encounter(work, transfer))
        replace_given(transfer, **facts)
        transfer.info_topics = []
        turn(work, transfer, S.UNDER_REVIEW, work.now)
        return transfer


@dataclass(frozen=True, kw_only=True)
class CancelTransfer(Command[Transfer]):
    """Take a request back, or turn a patient on the way round; the bed held is given free."""

    action = "transfer.request"

    transfer_id: UUID
    reason: CancelReason
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return sending_side(work, self.transfer_id)

    def apply(self, work: Work) -> Transfer:
        transfer = work.get(Transfer, self.transfer_id)
        expect_version(transfer, self.version)
        require_next(transfer, S.CANCELLED)
        _require_not_there(work, transfer)
        close(work, transfer, S.CANCELLED, work.now, self.reason)
        return transfer


def require_in_house(encounter: Encounter) -> None:
    """Raise Conflict unless the patient is here, in a bed or waiting for one."""
    require_at_hand(encounter)
    if encounter.status not in IN_HOUSE:
        raise Conflict(f"the encounter is {encounter.status}; the patient is not here",
                       reason="NOT_IN_HOUSE", blocking=encounter.id,
                       allowed=tuple(IN_HOUSE))  # fmt: skip


def _require_movable(work: Work, encounter: Encounter) -> None:
    require_in_house(encounter)
    require_not_refused(work, encounter.id)
    known = open_transfer_of(work, encounter.id)
    if known is not None:
        raise Conflict(
            f"transfer {known.id} is {known.state} since {known.changed_at.isoformat()}",
            reason="TRANSFER_OPEN", blocking=known.id,
            allowed=tuple(str(state) for state in next_states(known)),
        )  # fmt: skip


def _require_not_there(work: Work, transfer: Transfer) -> None:
    """After the arrival only a mistake is cancelled, once the admission has been."""
    if transfer.state != S.ARRIVED or transfer.receiving_encounter_id is None:
        return
    there = across(work, transfer.to_hospital_id)
    if there.get(Encounter, transfer.receiving_encounter_id).status in IN_HOUSE:
        raise Conflict("the patient is at the receiving hospital; it cancels the admission first",
                       reason="PATIENT_ARRIVED", blocking=transfer.id,
                       allowed=(str(S.COMPLETED),))  # fmt: skip
