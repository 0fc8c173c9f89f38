"""Turn what happened into messages for a peer: once, in the order of commits, none left out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import select

from domain.beds.model import Bed, BedStay
from domain.inbound.model import InboundMessage
from domain.outbound.facts import facts_of
from domain.outbound.model import OutboundBed, OutboundMessage, OutboundPeer
from domain.patients.model import Encounter
from domain.places.model import Hospital
from domain.places.times import store
from kit.command import Command
from kit.errors import Conflict, NotFound
from kit.ids import new_id
from kit.work import Scope, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An admission, move or departure, as a trigger of HL7 names it."""

    trigger: str
    encounter_id: UUID
    stay_id: UUID | None  # None: the patient waits in the ward
    at: datetime
    inbound_id: UUID | None = None  # the message that brought it to us
    other: "Told | None" = None  # A17: the second patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """The state of a bed now, a word of HL7 table 0116; `silent`: noted, not told."""

    bed_id: UUID
    word: str
    silent: bool
    inbound_ids: tuple[UUID, ...] = ()  # if a peer brought all of them, it knows


@dataclass(frozen=True, kw_only=True)
class BeginOutbound(Command[OutboundPeer]):
    """Begin to tell a peer of changes, from here on. It changes nothing for one who is told."""

    action = "outbound.plan"

    hospital_id: UUID
    peer: str
    transaction: int
    row: int
    anew: bool = False  # changes were lost to retention: begin again from here

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> OutboundPeer:
        known = work.session.get(OutboundPeer, self.peer)
        if known is None:
            known = OutboundPeer(
                name=self.peer, hospital_id=self.hospital_id, transaction=self.transaction,
                row=self.row, at=work.now,
            )  # fmt: skip
            store(work, known)
        elif known.hospital_id != self.hospital_id:
            raise Conflict("this peer is told of another hospital; give it another name",
                           reason="PEER_OF_ANOTHER", blocking=known.hospital_id)  # fmt: skip
        elif self.anew:
            known.transaction, known.row, known.at = self.transaction, self.row, work.now
        work.note(peer=self.peer)
        return known


@dataclass(frozen=True, kw_only=True)
class PlanOutbound(Command[int]):
    """Queue messages of what happened since the last time; answers how many.

    Refused if another process planned meanwhile: nothing is told twice.
    """

    action = "outbound.plan"

    hospital_id: UUID
    peer: str
    before: tuple[int, int]  # the place in the outbox that was planned up to
    after: tuple[int, int]
    at: datetime  # when the last of the changes happened
    told: tuple[Told, ...] = ()
    words: tuple[Word, ...] = ()

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> int:
        peer = work.session.get(OutboundPeer, self.peer, with_for_update=True)
        if peer is None or peer.hospital_id != self.hospital_id:
            raise NotFound(f"nobody began to tell {self.peer}", field="peer")
        if (peer.transaction, peer.row) != self.before:
            raise Conflict("these changes have been planned already", reason="PLANNED_MEANWHILE")
        planned = peer.planned
        for told in self.told:
            if not self._from_peer(work, (told.inbound_id,) if told.inbound_id else ()):
                _queue_told(work, peer, told)
        for word in self.words:
            self._compare(work, peer, word)
        (peer.transaction, peer.row), peer.at = self.after, self.at
        work.note(peer=self.peer, messages=peer.planned - planned)
        if peer.planned != planned:
            work.emit("OutboundPlanned", peer.scope, peer=peer.name)
        return peer.planned - planned

    def _compare(self, work: Work, peer: OutboundPeer, now: Word) -> None:
        known = work.session.get(OutboundBed, (peer.name, now.bed_id))
        if known is not None and known.word == now.word:
            return
        if known is None:
            work.add(OutboundBed(peer=peer.name, bed_id=now.bed_id, word=now.word))
        else:
            known.word = now.word
        if not now.silent and not self._from_peer(work, now.inbound_ids):
            bed = work.get(Bed, now.bed_id)
            _queue(work, peer, OutboundMessage(
                **_of(peer, bed.ward_id, work.now), trigger="A20", bed_id=bed.id, word=now.word,
                happened_at=min(self.at, work.now), id=new_id(),
            ))  # fmt: skip

    def _from_peer(self, work: Work, inbound: tuple[UUID, ...]) -> bool:
        """Whether the peer itself brought all of this: it is not told what it told us."""
        if not inbound:
            return False
        rows = work.session.exec(
            select(InboundMessage.peer).where(InboundMessage.id.in_(inbound))  # type: ignore[attr-defined]  # a column
        ).all()
        return len(rows) == len(set(inbound)) and set(rows) == {self.peer}


def _queue_told(work: Work, peer: OutboundPeer, told: Told) -> None:
    encounter = work.get(Encounter, told.encounter_id)
    stay = _stay(work, told)
    ward_id = stay.ward_id if stay else encounter.ward_id
    if ward_id is None:
        return  # it never came to a place
    message = OutboundMessage(
        **_of(peer, ward_id, work.now), trigger=told.trigger, encounter_id=encounter.id,
        subject=encounter.subject, happened_at=_when(told, stay), id=new_id(),
        bed_id=stay.bed_id if stay else None,
    )  # fmt: skip
    message.facts = work.seal(facts_of(work, encounter, stay).as_text(), message.place("facts"))
    if told.other is not None:
        second = work.get(Encounter, told.other.encounter_id)
        message.other_subject = second.subject
        facts = facts_of(work, second, _stay(work, told.other))
        message.other_facts = work.seal(facts.as_text(), message.place("other_facts"))
    _queue(work, peer, message)


def _stay(work: Work, told: Told) -> BedStay | None:
    """Where the patient was put, or what was left. Back in the queue is in no bed."""
    stay = work.get(BedStay, told.stay_id) if told.stay_id else None
    undone = stay is not None and (stay.voided_at is not None or stay.until is not None)
    return None if undone and told.trigger in ("A12", "A13") else stay


def _when(told: Told, stay: BedStay | None) -> datetime:
    """When it happened, which may be long before it was recorded."""
    if stay is None or told.trigger not in ("A01", "A02", "A03", "A17"):
        return told.at
    return (stay.until if told.trigger == "A03" else stay.since) or told.at


def _of(peer: OutboundPeer, ward_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "hospital_id": peer.hospital_id, "ward_id": ward_id, "peer": peer.name,
        "number": peer.planned + 1, "planned_at": now,
    }  # fmt: skip


def _queue(work: Work, peer: OutboundPeer, message: OutboundMessage) -> None:
    peer.planned += 1
    store(work, message)
