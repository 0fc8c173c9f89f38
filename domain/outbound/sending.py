"""What becomes of a planned message: opened to be sent, settled by the answer, or by a person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.outbound.facts import Facts, Place, place_of
from domain.outbound.model import OutboundMessage, OutboundState
from domain.places.times import expect_version
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

ANSWERED = (OutboundState.DELIVERED, OutboundState.PARKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message, opened: `facts` of a patient, or `word` of a bed."""

    id: UUID
    control_id: str
    trigger: str
    happened_at: datetime
    planned_at: datetime
    place: Place
    facts: Facts | None = None
    other: Facts | None = None  # the second patient of a swap
    word: str | None = None


class OfMessage:
    """The scope of commands about one message."""

    outbound_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(OutboundMessage, self.outbound_id).scope


@dataclass(frozen=True, kw_only=True)
class OpenOutbound(OfMessage, Command[Letter]):
    """Open a waiting message to send it. The ledger notes whom it is about."""

    action = "outbound.send"

    outbound_id: UUID

    def apply(self, work: Work) -> Letter:
        row = _in_state(work, self.outbound_id, OutboundState.WAITING)
        facts, other, place = None, None, Place("")
        if row.facts is not None:
            facts = Facts.of_text(work.open(row.facts, row.place("facts")))
            place = facts.at
        if row.other_facts is not None:
            other = Facts.of_text(work.open(row.other_facts, row.place("other_facts")))
        elif row.bed_id is not None:
            place = place_of(work.session, row.bed_id)
        return Letter(
            id=row.id, control_id=row.control_id, trigger=row.trigger, facts=facts, other=other,
            happened_at=row.happened_at, planned_at=row.planned_at, word=row.word,
            place=place,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SettleOutbound(OfMessage, Command[OutboundMessage]):
    """Write down the peer's answer: delivered, or parked with its reason."""

    action = "outbound.send"

    outbound_id: UUID
    state: OutboundState
    attempts: int
    reason: str | None = None  # a code; what else a peer writes may be personal

    def apply(self, work: Work) -> OutboundMessage:
        row = _in_state(work, self.outbound_id, OutboundState.WAITING)
        if self.state not in ANSWERED or (self.state == OutboundState.PARKED) != bool(self.reason):
            raise Invalid("an answer delivers, or parks with a reason", field="state")
        row.attempts += self.attempts
        row.reason = self.reason[:40] if self.reason else None
        _settle(work, row, self.state)
        return row


@dataclass(frozen=True, kw_only=True)
class ResendOutbound(OfMessage, Command[OutboundMessage]):
    """Send a parked message again: it goes out before whatever waits behind it."""

    action = "outbound.resend"

    outbound_id: UUID
    version: int | None = None

    def apply(self, work: Work) -> OutboundMessage:
        row = _in_state(work, self.outbound_id, OutboundState.PARKED)
        expect_version(row, self.version)
        row.reason = None
        _settle(work, row, OutboundState.WAITING)
        return row


@dataclass(frozen=True, kw_only=True)
class DiscardOutbound(OfMessage, Command[OutboundMessage]):
    """Decide that the peer need not hear of a parked message."""

    action = "outbound.discard"

    outbound_id: UUID
    version: int | None = None

    def apply(self, work: Work) -> OutboundMessage:
        row = _in_state(work, self.outbound_id, OutboundState.PARKED)
        expect_version(row, self.version)
        row.reason = None
        _settle(work, row, OutboundState.DISCARDED)
        return row


def _settle(work: Work, row: OutboundMessage, state: OutboundState) -> None:
    row.state = state
    row.settled_at = None if state == OutboundState.WAITING else work.now
    if row.subject is not None:
        work.subjects.add(row.subject)
    work.note(peer=row.peer, state=state.value, reason=row.reason or "")
    work.emit("OutboundSettled", row.scope, message=row.id, state=state.value)


def _in_state(work: Work, outbound_id: UUID, state: OutboundState) -> OutboundMessage:
    row = work.get(OutboundMessage, outbound_id)
    if row.state != state:
        raise Conflict(f"the message is {row.state}", reason="OUTBOUND_STATE",
                       blocking=row.id, allowed=(state.value,))  # fmt: skip
    return row
