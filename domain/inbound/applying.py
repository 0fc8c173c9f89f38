"""Apply a message: one transaction for the message's row and everything it says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.inbound import arrivals, bed_reports, departures, events, records, stays, undoings
from domain.inbound.doing import Doing, Leeway
from domain.inbound.events import AdtEvent
from domain.inbound.handling import waiting
from domain.inbound.model import InboundMessage, InboundState
from domain.inbound.receipts import Envelope, received, repeated, settle, visit_digest
from domain.places.model import Hospital
from domain.places.times import store
from kit.blind import put
from kit.command import Command
from kit.work import Scope, Work

EFFECTS: dict[type[AdtEvent], Callable[[Doing, Any], None]] = {
    events.Admitted: arrivals.admitted,
    events.Moved: arrivals.moved,
    events.Departed: departures.departed,
    events.Arrived: arrivals.arrived,
    events.PreAdmitted: arrivals.pre_admitted,
    events.BecameInpatient: arrivals.admitted,
    events.BecameOutpatient: arrivals.arrived,
    events.Updated: records.updated,
    events.WentAway: departures.went_away,
    events.CameBack: departures.came_back,
    events.AdmissionCancelled: undoings.admission_cancelled,
    events.MoveCancelled: undoings.move_cancelled,
    events.DepartureCancelled: undoings.departure_cancelled,
    events.AdmissionPending: arrivals.pre_admitted,
    events.MovePending: arrivals.move_pending,
    events.DeparturePending: departures.departure_pending,
    events.BedsSwapped: records.swapped,
    events.BedReported: bed_reports.bed_reported,
    events.LeaveStarted: departures.went_away,
    events.LeaveEnded: departures.came_back,
    events.VisitDeleted: records.deleted,
    events.PatientsLinked: records.linked,
    events.DeparturePendingCancelled: departures.departure_not_pending,
    events.MovePendingCancelled: departures.move_not_pending,
    events.AdmissionPendingCancelled: undoings.plan_cancelled,
    events.PreAdmissionCancelled: undoings.plan_cancelled,
    events.PatientsMerged: records.merged,
    events.StayTold: stays.stay_told,
}


@dataclass(frozen=True, kw_only=True)
class ApplyInbound(Command[InboundMessage]):
    """Do what a message says, once. A message that was here before only leaves a receipt."""

    action = "inbound.receive"

    envelope: Envelope
    event: AdtEvent
    leeway: Leeway = field(default_factory=Leeway)

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.envelope.hospital_id).scope

    def apply(self, work: Work) -> InboundMessage:
        if (again := repeated(work, self.envelope)) is not None:
            settle(work, again, InboundState.DUPLICATE)
            return again
        doing = _do(work, self.envelope.hospital_id, self.envelope.source, self.event, self.leeway)
        subject = doing.patient.subject if doing.patient else None
        receipt = received(work, self.envelope, InboundState.APPLIED, subject)
        _write(doing, receipt)
        return store(work, receipt)


@dataclass(frozen=True, kw_only=True)
class RetryInbound(Command[InboundMessage]):
    """Do what a waiting message says, as it reads now."""

    action = "inbound.retry"

    message_id: UUID
    kind: str
    event: AdtEvent
    visit: str = ""
    spot: str | None = None
    leeway: Leeway = field(default_factory=Leeway)

    def scope(self, work: Work) -> Scope:
        return work.get(InboundMessage, self.message_id).scope

    def apply(self, work: Work) -> InboundMessage:
        receipt = waiting(work, self.message_id)
        doing = _do(work, receipt.hospital_id, receipt.source, self.event, self.leeway)
        receipt.attempts += 1
        receipt.kind, receipt.event_at, receipt.spot = self.kind, self.event.at, self.spot
        put(receipt, "visit", visit_digest(work.vault, self.visit) if self.visit else None)
        place = receipt.place("visit_number")
        receipt.visit_number = work.seal(self.visit, place) if self.visit else None
        if doing.patient is not None:
            _hand_over(work, receipt, doing.patient.subject)
        _write(doing, receipt)
        return receipt


def _do(work: Work, hospital_id: UUID, source: str, event: AdtEvent, leeway: Leeway) -> Doing:
    doing = Doing(work, hospital_id, assigner_of(source), leeway)
    EFFECTS[type(event)](doing, event)
    return doing


def assigner_of(source: str) -> str:
    """Whose numbers a sender uses where it names no authority: its facility's, else its own."""
    application, _, facility = source.partition("|")
    return facility or application or "UNNAMED"


def _write(doing: Doing, receipt: InboundMessage) -> None:
    receipt.patient_id = doing.patient.id if doing.patient else None
    receipt.encounter_id = doing.encounter.id if doing.encounter else None
    receipt.remarks = [*receipt.remarks, *doing.remarks]
    for event in doing.work.events:  # so that nobody tells the sender what it told us
        event.ids["inbound"] = str(receipt.id)
    settle(doing.work, receipt, InboundState.APPLIED, doing.effects)


def _hand_over(work: Work, receipt: InboundMessage, subject: UUID) -> None:
    """Seal the texts anew under the key of the person, so that both are erased together."""
    if subject == receipt.subject:
        return
    texts = {
        column: work.open(sealed, receipt.place(column))
        for column in ("body", "original", "identity", "visit_number")
        if (sealed := getattr(receipt, column)) is not None
    }
    receipt.subject = subject
    for column, text in texts.items():
        setattr(receipt, column, work.seal(text, receipt.place(column)))
