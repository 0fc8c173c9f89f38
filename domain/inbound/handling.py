"""Commands on messages that wait: park, open, correct, discard, and name places."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from domain.beds.model import Bed
from domain.inbound.model import InboundMessage, InboundSpot, InboundState
from domain.inbound.receipts import Envelope, Obstacle, obstruct, received, repeated, settle
from domain.places.model import Hospital, Ward
from domain.places.times import expect_version, store
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

WAITING = (InboundState.PARKED, InboundState.REJECTED)
TEXT_LIMIT = 1024 * 1024  # characters


@dataclass(frozen=True, kw_only=True)
class ParkInbound(Command[InboundMessage]):
    """Keep a message that has no effect yet: parked, or rejected because nobody can read it."""

    action = "inbound.receive"

    envelope: Envelope
    obstacle: Obstacle
    readable: bool = True

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.envelope.hospital_id).scope

    def apply(self, work: Work) -> InboundMessage:
        if (again := repeated(work, self.envelope)) is not None:
            settle(work, again, InboundState.DUPLICATE)
            return again
        state = InboundState.PARKED if self.readable else InboundState.REJECTED
        receipt = received(work, self.envelope, state)
        obstruct(receipt, self.obstacle)
        settle(work, receipt, state)
        return store(work, receipt)


@dataclass(frozen=True, kw_only=True)
class KeepParked(Command[InboundMessage]):
    """Write down why a retried message still has no effect."""

    action = "inbound.retry"

    message_id: UUID
    obstacle: Obstacle

    def scope(self, work: Work) -> Scope:
        return work.get(InboundMessage, self.message_id).scope

    def apply(self, work: Work) -> InboundMessage:
        receipt = waiting(work, self.message_id)
        receipt.attempts += 1
        obstruct(receipt, self.obstacle)
        settle(work, receipt, InboundState.PARKED)
        return receipt


@dataclass(frozen=True, kw_only=True)
class OpenInbound(Command[str]):
    """Read the text of a message, to retry or correct it. The reading is recorded."""

    action = "inbound.open"

    message_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(InboundMessage, self.message_id).scope

    def apply(self, work: Work) -> str:
        receipt = work.get(InboundMessage, self.message_id)
        if receipt.body is None:
            raise Conflict("the text of this message was not kept", reason="NO_TEXT",
                           blocking=receipt.id)  # fmt: skip
        return work.open(receipt.body, receipt.place("body"))


@dataclass(frozen=True, kw_only=True)
class CorrectInbound(Command[InboundMessage]):
    """Replace the text of a waiting message; what the sender wrote is kept beside it."""

    action = "inbound.correct"

    message_id: UUID
    body: str
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(InboundMessage, self.message_id).scope

    def apply(self, work: Work) -> InboundMessage:
        receipt = waiting(work, self.message_id, self.version)
        if not 0 < len(self.body) <= TEXT_LIMIT:
            raise Invalid(f"a message has 1 to {TEXT_LIMIT} characters", field="body")
        if receipt.original is None and receipt.body is not None:
            written = work.open(receipt.body, receipt.place("body"))
            receipt.original = work.seal(written, receipt.place("original"))
        receipt.body = work.seal(self.body, receipt.place("body"))
        receipt.codec = "utf-8"
        settle(work, receipt, receipt.state)
        return receipt


@dataclass(frozen=True, kw_only=True)
class DiscardInbound(Command[InboundMessage]):
    """Decide that a waiting message shall have no effect."""

    action = "inbound.discard"

    message_id: UUID
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(InboundMessage, self.message_id).scope

    def apply(self, work: Work) -> InboundMessage:
        receipt = waiting(work, self.message_id, self.version)
        settle(work, receipt, InboundState.DISCARDED)
        return receipt


@dataclass(frozen=True, kw_only=True)
class NameInboundSpot(Command[InboundSpot]):
    """Say which ward or bed a sender's codes stand for. It replaces an earlier answer."""

    action = "inbound.correct"

    ward_id: UUID
    ward_code: str
    room_code: str = ""
    bed_code: str = ""
    bed_id: UUID | None = None

    def scope(self, work: Work) -> Scope:
        return Scope(work.get(Ward, self.ward_id).hospital_id)

    def apply(self, work: Work) -> InboundSpot:
        ward = work.get(Ward, self.ward_id)
        if not self.ward_code or any(
            len(code) > 40 for code in (self.ward_code, self.room_code, self.bed_code)
        ):
            raise Invalid("a ward's code is needed; codes have at most 40 characters",
                          field="wardCode")  # fmt: skip
        if (self.bed_id is None) != (self.bed_code == ""):
            raise Invalid("a bed's code and the bed belong together", field="bedId")
        if self.bed_id is not None:
            require_bed_of(work, self.bed_id, ward)
        spot = self._known(work, ward) or work.add(
            InboundSpot(
                hospital_id=ward.hospital_id, ward_code=self.ward_code,
                room_code=self.room_code, bed_code=self.bed_code, ward_id=ward.id,
            )
        )  # fmt: skip
        spot.ward_id, spot.bed_id = ward.id, self.bed_id
        work.emit("InboundSpotNamed", spot.scope, spot=spot.id)
        return spot

    def _known(self, work: Work, ward: Ward) -> InboundSpot | None:
        return work.session.exec(
            select(InboundSpot).where(
                InboundSpot.hospital_id == ward.hospital_id,
                InboundSpot.ward_code == self.ward_code,
                InboundSpot.room_code == self.room_code,
                InboundSpot.bed_code == self.bed_code,
            )
        ).first()


def waiting(work: Work, message_id: UUID, version: int | None = None) -> InboundMessage:
    """The message. Raises Conflict if it no longer waits, Retry if its version is another."""
    receipt = work.get(InboundMessage, message_id)
    expect_version(receipt, version)
    if receipt.state not in WAITING:
        raise Conflict(
            f"the message is {receipt.state} since {receipt.settled_at.isoformat()}",
            reason="NOT_WAITING", blocking=receipt.id, allowed=tuple(WAITING),
        )  # fmt: skip
    return receipt


def require_bed_of(work: Work, bed_id: UUID, ward: Ward) -> None:
    """Raise Invalid unless the bed is in the ward."""
    if work.get(Bed, bed_id).ward_id != ward.id:
        raise Invalid("the bed is in another ward", field="bedId")
