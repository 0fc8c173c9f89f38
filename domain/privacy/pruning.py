"""Pruning a segment of the ledger: one asks, another approves, and the program takes the entries
out once the approval stands in the signed log, the segment verifies, and nothing holds them."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlmodel import select

from domain.privacy.archive_model import FLOOR_DAYS, LedgerSegment, Pruning, PruningState
from domain.privacy.held_leaves import blocking_hold
from kit.command import Command
from kit.errors import Conflict, Denied, Invalid
from kit.work import NETWORK, Scope, Work


class OnLedger:
    """The ledger belongs to the network."""

    def scope(self, work: Work) -> Scope:
        return NETWORK


@dataclass(frozen=True, kw_only=True)
class RequestPruning(OnLedger, Command[Pruning]):
    """Ask that the entries of a segment be taken out of the database, once they were kept long
    enough. Nothing happens until another person approves."""

    action = "pruning.request"

    segment_id: UUID

    def apply(self, work: Work) -> Pruning:
        segment = work.get(LedgerSegment, self.segment_id)
        _require_prunable(work, segment, segment.keep_days)
        asked = select(Pruning).where(
            Pruning.segment_id == segment.id, Pruning.state != PruningState.CANCELLED
        )
        if (there := work.session.exec(asked).first()) is not None:
            raise Conflict(f"the pruning of this segment is {there.state}",
                           reason="PRUNING_OPEN", blocking=there.id)  # fmt: skip
        pruning = Pruning(
            segment_id=segment.id, first_leaf=segment.first_leaf, last_leaf=segment.last_leaf,
            requested_by=work.actor.id, requested_at=work.now,
        )  # fmt: skip
        work.add(pruning)
        _tell(work, pruning)
        return pruning


@dataclass(frozen=True, kw_only=True)
class CancelPruning(OnLedger, Command[Pruning]):
    """Take back or turn down a request. An approved one cannot be taken back."""

    action = "pruning.request"

    pruning_id: UUID

    def apply(self, work: Work) -> Pruning:
        pruning = _in_state(work, self.pruning_id, PruningState.REQUESTED)
        _decide(work, pruning, PruningState.CANCELLED)
        return pruning


@dataclass(frozen=True, kw_only=True)
class ApprovePruning(OnLedger, Command[Pruning]):
    """Take the entries of a segment out of the database for good, as another person asked. Their
    hashes stay, and the segment's files where they are."""

    action = "ledger.prune"
    privileged = True

    pruning_id: UUID

    def apply(self, work: Work) -> Pruning:
        pruning = _in_state(work, self.pruning_id, PruningState.REQUESTED)
        if pruning.requested_by == work.actor.id:
            raise Denied("a second person has to approve this pruning", reason="FOUR_EYES")
        segment = work.get(LedgerSegment, pruning.segment_id)
        _require_prunable(work, segment, segment.keep_days)
        _decide(work, pruning, PruningState.APPROVED)
        _note(work, pruning)
        return pruning


@dataclass(frozen=True, kw_only=True)
class BeginPruning(OnLedger, Command[Pruning]):
    """Let the entries go. The program does it, once the approval is signed and the segment's files
    were verified; `keep_days` is what the house's settings say today."""

    action = "pruning.begin"
    privileged = True

    pruning_id: UUID
    keep_days: int

    def apply(self, work: Work) -> Pruning:
        pruning = _in_state(work, self.pruning_id, PruningState.APPROVED)
        segment = work.get(LedgerSegment, pruning.segment_id)
        _require_prunable(work, segment, max(self.keep_days, segment.keep_days))
        pruning.state, pruning.begun_at = PruningState.BEGUN, work.now
        _note(work, pruning)
        _tell(work, pruning)
        return pruning


@dataclass(frozen=True, kw_only=True)
class WithdrawPruning(OnLedger, Command[Pruning]):
    """Give up an approved pruning of which nothing is gone: a hold, or a longer retention, came
    between. The program does it."""

    action = "pruning.end"

    pruning_id: UUID

    def apply(self, work: Work) -> Pruning:
        pruning = _in_state(work, self.pruning_id, PruningState.APPROVED)
        _decide(work, pruning, PruningState.CANCELLED)
        return pruning


@dataclass(frozen=True, kw_only=True)
class ConcludePruning(OnLedger, Command[Pruning]):
    """Say that no entry of the segment is in the database any more. The program does it."""

    action = "pruning.end"

    pruning_id: UUID

    def apply(self, work: Work) -> Pruning:
        pruning = _in_state(work, self.pruning_id, PruningState.BEGUN)
        pruning.state, pruning.done_at = PruningState.DONE, work.now
        _tell(work, pruning)
        return pruning


def _require_prunable(work: Work, segment: LedgerSegment, keep_days: int) -> None:
    """Raises Conflict where entries must still be kept, or a hold keeps some of them."""
    if keep_days < FLOOR_DAYS:
        raise Invalid(f"the ledger is kept for at least {FLOOR_DAYS} days", field="keepDays")
    free = segment.last_at + timedelta(days=keep_days)
    if work.now < free:
        raise Conflict(f"the entries of this segment are kept until {free:%Y-%m-%d}",
                       reason="STILL_KEPT", blocking=segment.id)  # fmt: skip
    hold = blocking_hold(work.session, segment.first_leaf, segment.last_leaf)
    if hold is not None:
        raise Conflict(f"the legal hold {hold.id} keeps leaves of this segment; two people may"
                       " lift it", reason="LEAVES_HELD", blocking=hold.id)  # fmt: skip


def _in_state(work: Work, pruning_id: UUID, state: PruningState) -> Pruning:
    pruning = work.get(Pruning, pruning_id)
    if pruning.state is not state:
        raise Conflict(f"the pruning is {pruning.state}", reason="PRUNING_STATE",
                       blocking=pruning.id)  # fmt: skip
    return pruning


def _decide(work: Work, pruning: Pruning, state: PruningState) -> None:
    pruning.state = state
    pruning.decided_by, pruning.decided_at = work.actor.id, work.now
    _tell(work, pruning)


def _note(work: Work, pruning: Pruning) -> None:
    """What the record of a pruning is: a verifier needs no other row (docs/ledger-format.md)."""
    work.note(first=pruning.first_leaf, end=pruning.last_leaf + 1, asked=str(pruning.requested_by))


def _tell(work: Work, pruning: Pruning) -> None:
    work.emit("PruningChanged", NETWORK, pruning=pruning.id)
