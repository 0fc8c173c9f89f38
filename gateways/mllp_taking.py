"""One message of a peer, from its bytes to the verdict that its sender is told.

Whatever is answered has been committed. A fault is not answered: the sender repeats the message.
"""

import threading
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from app.wiring import App
from domain.accounts.model import Account
from domain.inbound.doing import Leeway
from domain.inbound.model import Door, InboundMessage, InboundState
from domain.inbound.receipts import Envelope
from domain.places.model import Hospital
from gateways.hl7_adt import Hl7Reader, identity_of, take_hl7, unreadable
from gateways.hl7_messages import Header, header
from gateways.hl7_observations import take_observations
from gateways.hl7_observed import observations
from gateways.hl7_reading import Message, decode, read
from gateways.intake import Intake, hospital_of
from gateways.mllp_answers import Asked, Verdict, answer
from gateways.mllp_peers import Peer
from kit.db import reading
from kit.errors import Denied, Invalid, NotFound, Retry
from kit.work import Actor, ActorKind


@dataclass(frozen=True, slots=True)
class Answered:
    """The bytes to send back, if the sender wants any, and how the message was judged."""

    body: bytes | None
    code: str
    reason: str


@dataclass(slots=True)
class Taking:
    """Takes in messages, from any thread."""

    app: App
    _hospitals: dict[str, Hospital] = field(default_factory=dict)  # neither code nor zone changes
    _single_file: threading.Lock = field(default_factory=threading.Lock)

    def take(self, peer: Peer, body: bytes) -> Answered:
        """Commit what the message says, or why it waits; then answer. Raises any fault."""
        asked = Asked.guessed(body)
        try:
            message = read(body, peer.encoding)
        except Invalid as why:
            verdict = self._kept(peer, body, why)
        else:
            asked = Asked.by(message)
            verdict = self._judged(peer, body, message, asked)
        told = answer(asked, verdict, facility=peer.hospital, now=self.app.clock())
        return Answered(told, verdict.code, verdict.reason)

    def _judged(self, peer: Peer, body: bytes, message: Message, asked: Asked) -> Verdict:
        try:
            if (why := _not_agreed(peer, header(message), asked)) is not None:
                return self._turned_away(peer, body, message, why)
            if header(message).code == "ORU":
                return self._observed(peer, body, message)
            return Verdict.of(self._first(self._taken(peer, body)), peer.parked)
        except (Denied, NotFound) as why:  # the account may not bring this; the ledger knows
            return Verdict.refused(why)

    def _taken(self, peer: Peer, body: bytes) -> InboundMessage:
        """Side by side with other messages; one that lost every race goes on in single file."""
        hospital = self._hospital(peer)
        try:
            return take_hl7(self._intake(peer), hospital, body, 0, peer.encoding)
        except Retry as race:
            if race.reason == "STOPPING":
                raise
            with self._single_file:
                return take_hl7(self._intake(peer), hospital, body, 0, peer.encoding)

    def _observed(self, peer: Peer, body: bytes, message: Message) -> Verdict:
        hospital, actor = self._hospital(peer), self._actor(peer)
        try:
            found = observations(body, ZoneInfo(hospital.time_zone), peer.encoding)
        except Invalid as why:  # nothing in it can be used: the whole message waits
            envelope = self._envelope(peer, body, message, text=True)
            return Verdict.of(self._first(self._intake(peer).take(envelope, why)), peer.parked)
        return take_observations(self.app, actor, hospital, peer, found)

    def _kept(self, peer: Peer, body: bytes, why: Invalid) -> Verdict:
        """Nobody can read it: kept for a person to look at, refused to the sender."""
        try:
            envelope = unreadable(self._hospital(peer), body, peer=peer.name)
            self._intake(peer).reject(envelope, why)
        except (Denied, NotFound) as denied:
            return Verdict.refused(denied)
        return Verdict.refused(why)

    def _turned_away(self, peer: Peer, body: bytes, message: Message, why: Invalid) -> Verdict:
        """Not agreed with this peer: that it came is kept, its text is not."""
        self._intake(peer).reject(self._envelope(peer, body, message, text=False), why)
        return Verdict.refused(why)

    def _envelope(self, peer: Peer, body: bytes, message: Message, *, text: bool) -> Envelope:
        head, written = header(message), decode(body, peer.encoding)[0]
        return Envelope(
            hospital_id=self._hospital(peer).id, door=Door.HL7, source=head.source,
            control_id=head.control_id, kind=head.kind, identity=identity_of(written),
            body=written if text else None, codec=message.marks.codec, peer=peer.name,
        )  # fmt: skip

    def _first(self, message: InboundMessage) -> InboundMessage:
        """A repeated message is answered as the first one was."""
        if message.state != InboundState.DUPLICATE:
            return message
        with reading(self.app.read_engine) as session:
            first = session.get_one(InboundMessage, message.duplicate_of)
            session.expunge(first)
            return first

    def _intake(self, peer: Peer) -> Intake:
        zone = ZoneInfo(self._hospital(peer).time_zone)
        leeway = Leeway(infer_cleaning=peer.infer_cleaning)
        return Intake(self.app, self._actor(peer), {Door.HL7: Hl7Reader(zone)}, leeway,
                      peer=peer.name, impatient=True)  # fmt: skip

    def _actor(self, peer: Peer) -> Actor:
        """Raises Denied once the account is disabled: asked anew for every message."""
        with reading(self.app.read_engine) as session:
            account = session.get(Account, peer.account) if peer.account else None
            if account is None or account.kind != ActorKind.SERVICE or account.disabled_at:
                raise Denied("the account of this peer is no service account in use",
                             reason="ACCOUNT_UNUSABLE")  # fmt: skip
            return Actor(account.id, ActorKind.SERVICE)

    def _hospital(self, peer: Peer) -> Hospital:
        known = self._hospitals.get(peer.hospital)
        if known is None:
            known = self._hospitals[peer.hospital] = hospital_of(self.app, peer.hospital)
        return known


def _not_agreed(peer: Peer, head: Header, asked: Asked) -> Invalid | None:
    """Why a message of this type, version or sender is not taken from the peer."""
    if asked.version and not asked.version.startswith("2."):
        return Invalid("only versions 2.x are read", reason="UNSUPPORTED_VERSION", field="MSH-12")
    if not peer.takes(head.code, head.kind):
        return Invalid("this message type is not agreed with this peer",
                       reason="MESSAGE_NOT_AGREED", field="MSH-9")  # fmt: skip
    if peer.sources and head.source not in peer.sources:
        return Invalid("this peer may not send under this application and facility",
                       reason="SOURCE_NOT_AGREED", field="MSH-3")  # fmt: skip
    return None
