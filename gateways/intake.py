"""What every door does with a message: apply it, or keep it with the reason why not."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from sqlmodel import col, select

from app.wiring import App
from domain.inbound.applying import ApplyInbound, RetryInbound
from domain.inbound.doing import Leeway
from domain.inbound.events import AdtEvent
from domain.inbound.handling import KeepParked, OpenInbound, ParkInbound
from domain.inbound.model import Door, InboundMessage, InboundState
from domain.inbound.receipts import Envelope, Obstacle
from domain.places.model import Hospital
from kit.blind import indexed, like
from kit.command import Command
from kit.db import reading
from kit.errors import NotFound, Refusal
from kit.work import Actor

ATTEMPTS = 3  # of a message that lost a race
PROGRESS_EVERY = 100
VISIT_UNKNOWN = "VISIT_UNKNOWN"


@dataclass(slots=True)
class Summary:
    """What became of the messages of one import. `total` is counted apart from the others."""

    applied: int = 0
    duplicate: int = 0
    parked: int = 0
    rejected: int = 0
    total: int = 0
    caught_up: int = 0  # parked before, applied now, because what they waited for came
    reasons: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)

    @property
    def adds_up(self) -> bool:
        return self.total == self.applied + self.duplicate + self.parked + self.rejected

    def count(self, message: InboundMessage) -> None:
        """One more message, and its reason or remarks."""
        name = message.state.value.lower()
        setattr(self, name, getattr(self, name) + 1)
        if message.reason:
            self.reasons[message.reason] += 1
        self.remarks.update(message.remarks)


Progress = Callable[[Summary], None]
# kind, event, visit number and spot of a text; raises Refusal
Reader = Callable[[InboundMessage, str], "Told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A text that was understood."""

    kind: str
    event: AdtEvent
    visit: str = ""
    spot: str | None = None


@dataclass(slots=True)
class Intake:
    """One import into one hospital, under one account."""

    app: App
    actor: Actor
    readers: dict[Door, Reader]
    leeway: Leeway = field(default_factory=Leeway)
    summary: Summary = field(default_factory=Summary)
    progress: Progress | None = None
    peer: str | None = None  # whose connection the messages come through
    impatient: bool = False  # whoever lost every race shall hear it, instead of being parked

    def take(
        self,
        envelope: Envelope,
        event: AdtEvent | Refusal,
        remedies: Mapping[str, Callable[[], None]] = MappingProxyType({}),
    ) -> InboundMessage:
        """Apply one message, or park it; either way it is kept, and counted.

        A remedy is tried once if the message is refused for its reason.
        """
        self.summary.total += 1
        message = self._apply(envelope, event, remedies)
        self.summary.count(message)
        self._tell()
        if "RegisterEncounter" in message.effects and indexed(message, "visit"):
            self._catch_up(message)
        return message

    def count(self, message: InboundMessage) -> None:
        """Count a message that was tried again."""
        self.summary.total += 1
        self.summary.count(message)
        self._tell()

    def reject(self, envelope: Envelope, why: Refusal) -> InboundMessage:
        """Keep what nobody can read."""
        self.summary.total += 1
        message = self._run(ParkInbound(envelope=envelope, obstacle=Obstacle.of(why),
                                        readable=False))  # fmt: skip
        self.summary.count(message)
        return message

    def retry(self, message_id: UUID) -> InboundMessage:
        """Read a waiting message again and apply it; else write down why it still waits."""
        message = self.message(message_id)
        text = self.app.pipeline.run(self.actor, OpenInbound(message_id=message_id)).result
        try:
            return self._run(self.attempt(message, text))
        except Refusal as why:
            if why.reason == "NOT_WAITING":
                raise
            return self._run(KeepParked(message_id=message_id, obstacle=Obstacle.of(why)))

    def attempt(self, message: InboundMessage, text: str) -> RetryInbound:
        """The text read again. Raises the Refusal of its reader."""
        told = self.readers[message.door](message, text)
        return RetryInbound(
            message_id=message.id, kind=told.kind, event=told.event, visit=told.visit,
            spot=told.spot, leeway=self.leeway,
        )  # fmt: skip

    def _apply(
        self,
        envelope: Envelope,
        event: AdtEvent | Refusal,
        remedies: Mapping[str, Callable[[], None]],
    ) -> InboundMessage:
        try:
            if isinstance(event, Refusal):
                raise event
            return self._run(ApplyInbound(envelope=envelope, event=event, leeway=self.leeway))
        except Refusal as why:
            if why.reason == "STOPPING" or (why.retryable and self.impatient):
                raise  # nothing was wrong with the message
            if (remedy := remedies.get(why.reason)) is not None:
                remedy()
                return self._apply(envelope, event, {})
            return self._run(ParkInbound(envelope=envelope, obstacle=Obstacle.of(why)))

    def _run(self, command: Command[InboundMessage]) -> InboundMessage:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self.app.pipeline.run(self.actor, command).result
            except Refusal as why:
                if not why.retryable or attempt == ATTEMPTS or why.reason == "STOPPING":
                    raise
        raise AssertionError("the last attempt answers or raises")

    def _catch_up(self, message: InboundMessage) -> None:
        """The admission has come: whatever waited for it is tried in the order of events."""
        for late in self._waiting_for(message):
            if self.retry(late).state == InboundState.APPLIED:
                self.summary.caught_up += 1

    def _waiting_for(self, message: InboundMessage) -> list[UUID]:
        with reading(self.app.read_engine) as session:
            return list(
                session.exec(
                    select(InboundMessage.id)
                    .where(
                        InboundMessage.hospital_id == message.hospital_id,
                        like(InboundMessage, message, "visit"),
                        InboundMessage.state == InboundState.PARKED,
                        InboundMessage.reason == VISIT_UNKNOWN,
                    )
                    .order_by(col(InboundMessage.event_at), col(InboundMessage.received_at))
                )
            )

    def _tell(self) -> None:
        if self.progress and self.summary.total % PROGRESS_EVERY == 0:
            self.progress(self.summary)

    def message(self, message_id: UUID) -> InboundMessage:
        """The message as it stands. Raises NotFound."""
        with reading(self.app.read_engine) as session:
            message = session.get(InboundMessage, message_id)
            if message is None:
                raise NotFound.of("message", message_id)
            session.expunge(message)
            return message


def hospital_of(app: App, code: str) -> Hospital:
    """The hospital with this code. Raises NotFound."""
    with reading(app.read_engine) as session:
        found = session.exec(select(Hospital).where(Hospital.code == code)).first()
        if found is None:
            raise NotFound(f"there is no hospital {code}; open it first", field="hospital")
        session.expunge(found)
        return found
