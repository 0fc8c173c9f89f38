"""What the clock does to a request that nobody answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from domain.transfers.model import Transfer
from domain.transfers.sides import sending_side
from domain.transfers.states import WAITING, next_states, turn
from domain.transfers.words import TransferState
from kit.command import Command
from kit.errors import Conflict
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class EscalateTransfer(Command[Transfer]):
    """Pass a request that nobody answered in time to the network."""

    action = "transfer.escalate"

    transfer_id: UUID

    def scope(self, work: Work) -> Scope:
        return sending_side(work, self.transfer_id)

    def apply(self, work: Work) -> Transfer:
        transfer = work.get(Transfer, self.transfer_id)
        if transfer.state in WAITING and (transfer.answer_by or work.now) > work.now:
            raise Conflict("the answer is not overdue", reason="NOT_OVERDUE",
                           blocking=transfer.id, allowed=tuple(next_states(transfer)))  # fmt: skip
        turn(work, transfer, TransferState.ESCALATED, work.now, "NO_ANSWER")
        return transfer


def transfers_overdue(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """For the clock: every request whose time for an answer has passed."""
    late = session.exec(
        select(Transfer.id).where(col(Transfer.until).is_(None), col(Transfer.answer_by) <= now)
    )
    return [EscalateTransfer(transfer_id=transfer) for transfer in late]
