"""How a message is received: recognised if it was here before, sealed, and given its state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlmodel import col, select

from domain.inbound.model import Door, InboundMessage, InboundState
from domain.places.times import store
from kit.blind import Blinds, among, folded, put
from kit.errors import Refusal
from kit.ids import new_id
from kit.sealed import Vault
from kit.work import Work

REUSED = "CONTROL_ID_REUSED"  # another message of this sender came under the same number


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What is known of a message before it is understood; nothing personal but the text."""

    hospital_id: UUID
    door: Door
    source: str
    control_id: str
    kind: str
    identity: str  # equal texts are the same message; only its keyed hash is kept
    body: str | None
    codec: str = "utf-8"
    number: int = 0
    event_at: datetime | None = None
    spot: str | None = None
    visit: str = ""  # its number; only a keyed hash is kept
    remarks: tuple[str, ...] = ()
    peer: str | None = None  # whose connection brought it


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Why a message waits: codes and a sentence without personal data."""

    reason: str
    text: str
    field: str | None = None

    @classmethod
    def of(cls, refusal: Refusal) -> "Obstacle":
        return cls(reason=refusal.reason, text=refusal.message, field=refusal.field)


def repeated(work: Work, envelope: Envelope) -> InboundMessage | None:
    """If this very message was here before: the new receipt that says so, else None."""
    first = work.session.exec(
        select(InboundMessage).where(
            InboundMessage.hospital_id == envelope.hospital_id,
            InboundMessage.source == envelope.source,
            InboundMessage.control_id == envelope.control_id,
            among(InboundMessage, "digest", digests_of(work.vault, envelope)),
            InboundMessage.state != InboundState.DUPLICATE,
        )
    ).first()
    if first is None:
        return None
    receipt = _receipt(work, envelope, InboundState.DUPLICATE, first.subject)
    receipt.duplicate_of = first.id
    receipt.patient_id, receipt.encounter_id = first.patient_id, first.encounter_id
    return store(work, receipt)


def received(
    work: Work, envelope: Envelope, state: InboundState, subject: UUID | None = None
) -> InboundMessage:
    """A receipt with the sealed text, not yet stored. `subject` is the person it is about."""
    receipt = _receipt(work, envelope, state, subject)
    if envelope.body is not None:
        receipt.body = work.seal(envelope.body, receipt.place("body"))
    receipt.identity = work.seal(fingerprint(envelope.identity), receipt.place("identity"))
    if envelope.visit:
        receipt.visit_number = work.seal(envelope.visit, receipt.place("visit_number"))
    if _number_is_used(work, envelope):
        receipt.remarks = [*receipt.remarks, REUSED]
    return receipt


def obstruct(receipt: InboundMessage, obstacle: Obstacle) -> None:
    """Write down why the message waits."""
    receipt.reason = obstacle.reason[:40]
    receipt.reason_text = obstacle.text[:300]
    receipt.reason_field = obstacle.field[:40] if obstacle.field else None


def settle(
    work: Work, receipt: InboundMessage, state: InboundState, effects: Sequence[str] = ()
) -> None:
    """Give the message its new state, and clear or keep the reason as the state demands."""
    receipt.state, receipt.settled_at, receipt.settled_by = state, work.now, work.actor.id
    receipt.effects = list(effects)
    if state not in (InboundState.PARKED, InboundState.REJECTED):
        receipt.reason = receipt.reason_text = receipt.reason_field = None
    work.subjects.add(receipt.subject)
    work.note(door=receipt.door.value, state=state.value, reason=receipt.reason or "")
    work.emit("InboundSettled", receipt.scope, message=receipt.id, state=state.value)


def fingerprint(identity: str) -> str:
    """What the digest is made of: short enough to be kept, sealed, for another key."""
    return sha256(folded(identity).encode()).hexdigest()


def digest_of(vault: Vault, printed: str) -> Blinds:
    """The keyed hash of a fingerprint, by which a repeated message is recognised."""
    return vault.blind(printed, "inbound_message.digest")


def visit_digest(vault: Vault, number: str) -> Blinds:
    """The keyed hash that ties the messages of a visit together."""
    return vault.blind(number, "inbound_message.visit")


def digests_of(vault: Vault, envelope: Envelope) -> tuple[Blinds, Blinds]:
    """By which this very message is known, if it is: one that came before there were fingerprints
    has the keyed hash of its whole identity."""
    return digest_of(vault, fingerprint(envelope.identity)), digest_of(vault, envelope.identity)


def _receipt(
    work: Work, envelope: Envelope, state: InboundState, subject: UUID | None
) -> InboundMessage:
    key = new_id()
    receipt = InboundMessage(
        id=key, hospital_id=envelope.hospital_id, door=envelope.door, source=envelope.source,
        control_id=envelope.control_id, kind=envelope.kind,
        number=envelope.number, event_at=envelope.event_at, received_at=work.now,
        codec=envelope.codec, state=state, spot=envelope.spot, remarks=list(envelope.remarks),
        settled_at=work.now, settled_by=work.actor.id, peer=envelope.peer,
    )  # fmt: skip
    put(receipt, "digest", digest_of(work.vault, fingerprint(envelope.identity)))
    if envelope.visit:
        put(receipt, "visit", visit_digest(work.vault, envelope.visit))
    if subject is not None:
        receipt.subject = subject
    return receipt


def _number_is_used(work: Work, envelope: Envelope) -> bool:
    found = work.session.exec(
        select(InboundMessage.id)
        .where(
            InboundMessage.hospital_id == envelope.hospital_id,
            InboundMessage.source == envelope.source,
            InboundMessage.control_id == envelope.control_id,
            col(InboundMessage.state) != InboundState.DUPLICATE,
        )
        .limit(1)
    )
    return envelope.control_id != "" and found.first() is not None
