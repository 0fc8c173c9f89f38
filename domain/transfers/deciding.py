"""Commands of the receiving hospital, before the patient comes: ask, accept, decline, withdraw."""

from dataclasses import dataclass
from uuid import UUID

from domain.beds.requests import ActivateRequest, RequestBed
from domain.places.times import expect_version
from domain.transfers.closing import close
from domain.transfers.consent import require_not_refused
from domain.transfers.model import Transfer
from domain.transfers.person import expect_person
from domain.transfers.sides import receiving_side, sent_encounter
from domain.transfers.states import PROMISED, next_states, require_next, turn
from domain.transfers.words import CancelReason, DeclineReason, InfoTopic, TransferState
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

S = TransferState


class OfReceiver:
    """Lands in the hospital that is asked."""

    transfer_id: UUID
    version: int | None

    def scope(self, work: Work) -> Scope:
        return receiving_side(work, self.transfer_id)

    def _transfer(self, work: Work) -> Transfer:
        transfer = work.get(Transfer, self.transfer_id)
        expect_version(transfer, self.version)
        return transfer


@dataclass(frozen=True, kw_only=True)
class AskAboutTransfer(OfReceiver, Command[Transfer]):
    """Ask the sending hospital for what is needed to decide."""

    action = "transfer.decide"

    transfer_id: UUID
    topics: tuple[InfoTopic, ...]
    version: int | None = None

    def apply(self, work: Work) -> Transfer:
        transfer = self._transfer(work)
        if not self.topics:
            raise Invalid("say what is needed", field="topics", allowed=tuple(InfoTopic))
        transfer.info_topics = sorted({str(topic) for topic in self.topics})
        turn(work, transfer, S.INFO_NEEDED, work.now)
        return transfer


@dataclass(frozen=True, kw_only=True)
class AcceptTransfer(OfReceiver, Command[Transfer]):
    """Accept this one patient: from now on the hospital knows who it is, and seeks a bed.

    The patient is entered in the hospital's register, with an encounter that is PLANNED and a
    request for a bed; `holdBed` on that request keeps one.
    """

    action = "transfer.decide"

    transfer_id: UUID
    target_ward_id: UUID | None = None
    priority: int = 0
    version: int | None = None

    def apply(self, work: Work) -> Transfer:
        transfer = self._transfer(work)
        if transfer.accepted_at is not None:
            raise Conflict(f"accepted at {transfer.accepted_at.isoformat()} already",
                           reason="TRANSFER_STATE", blocking=transfer.id,
                           allowed=tuple(next_states(transfer)))  # fmt: skip
        require_next(transfer, S.ACCEPTED)
        require_not_refused(work, transfer.encounter_id)
        expected = expect_person(work, transfer, sent_encounter(work, transfer))
        request = work.perform(RequestBed(
            encounter_id=expected.id, target_ward_id=self.target_ward_id,
            priority=self.priority, needed_by=transfer.needed_by,
        ))  # fmt: skip
        # The patient is not here yet, but is known to come: the bed may be held already.
        work.perform(ActivateRequest(request_id=request.id))
        transfer.receiving_encounter_id = expected.id
        transfer.receiving_subject = expected.subject
        transfer.request_id, transfer.accepted_at = request.id, work.now
        turn(work, transfer, S.ACCEPTED, work.now)
        return transfer


@dataclass(frozen=True, kw_only=True)
class DeclineTransfer(OfReceiver, Command[Transfer]):
    """Say no to a request, and why."""

    action = "transfer.decide"

    transfer_id: UUID
    reason: DeclineReason
    version: int | None = None

    def apply(self, work: Work) -> Transfer:
        transfer = self._transfer(work)
        turn(work, transfer, S.DECLINED, work.now, self.reason)
        return transfer


@dataclass(frozen=True, kw_only=True)
class WithdrawAcceptance(OfReceiver, Command[Transfer]):
    """Take an acceptance back while the patient has not left: the transfer is over."""

    action = "transfer.decide"

    transfer_id: UUID
    reason: CancelReason
    version: int | None = None

    def apply(self, work: Work) -> Transfer:
        transfer = self._transfer(work)
        if transfer.state not in PROMISED:
            raise Conflict(
                f"the transfer is {transfer.state}; there is no acceptance to take back",
                reason="TRANSFER_STATE", blocking=transfer.id,
                allowed=tuple(next_states(transfer)),
            )  # fmt: skip
        close(work, transfer, S.CANCELLED, work.now, self.reason)
        return transfer
