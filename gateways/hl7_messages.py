"""A split HL7 v2 message → who sent it and which admission event it tells of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.inbound import events
from domain.inbound.events import (
    AdtEvent,
    BedReported,
    BedsSwapped,
    Merger,
    OfPatient,
    PatientsLinked,
    PatientsMerged,
)
from domain.inbound.facts import Patient, Person, Spot
from gateways.hl7_patients import person, spot, visit
from gateways.hl7_reading import Message, Segment
from gateways.hl7_values import identifier, moment
from kit.errors import Invalid

ONE_PATIENT: dict[str, type[OfPatient]] = {
    "A01": events.Admitted,
    "A02": events.Moved,
    "A03": events.Departed,
    "A04": events.Arrived,
    "A05": events.PreAdmitted,
    "A06": events.BecameInpatient,
    "A07": events.BecameOutpatient,
    "A08": events.Updated,
    "A09": events.WentAway,
    "A10": events.CameBack,
    "A11": events.AdmissionCancelled,
    "A12": events.MoveCancelled,
    "A13": events.DepartureCancelled,
    "A14": events.AdmissionPending,
    "A15": events.MovePending,
    "A16": events.DeparturePending,
    "A21": events.LeaveStarted,
    "A22": events.LeaveEnded,
    "A23": events.VisitDeleted,
    "A25": events.DeparturePendingCancelled,
    "A26": events.MovePendingCancelled,
    "A27": events.AdmissionPendingCancelled,
    "A38": events.PreAdmissionCancelled,
}
ADMISSIONS = (events.Admitted, events.Arrived, events.BecameInpatient)
DEPARTURES = (events.Departed,)


@dataclass(frozen=True, slots=True)
class Header:
    """Who sent what under which number; nothing personal."""

    application: str
    facility: str
    control_id: str
    code: str  # ADT
    trigger: str  # A01; MSH-9 wins, EVN-1 only where MSH-9 says none
    sent_at: str  # as written: a faulty one must not lose the message

    @property
    def kind(self) -> str:
        return f"{self.code}^{self.trigger}" if self.trigger else self.code

    @property
    def source(self) -> str:
        return f"{self.application}|{self.facility}"


def header(message: Message) -> Header:
    msh, evn = message.first("MSH") or message.segments[0], message.first("EVN")
    trigger = msh.text(9, 2) or (evn.text(1) if evn else "")
    return Header(
        msh.text(3)[:80], msh.text(4)[:80], msh.text(10)[:80], msh.text(9)[:8], trigger[:8],
        msh.text(7)[:40],
    )  # fmt: skip


def event(message: Message, zone: ZoneInfo) -> AdtEvent:
    """What happened. Raises Invalid with the reason for which the message must wait."""
    head = header(message)
    if head.code != "ADT":
        raise Invalid(
            f"{head.kind or 'a message without MSH-9'} is no admission message",
            reason="UNSUPPORTED_MESSAGE",
            field="MSH-9",
        )
    if kind := ONE_PATIENT.get(head.trigger):
        return _of_patient(message, head.trigger, kind, zone)
    if special := _SPECIAL.get(head.trigger):
        return special(message, zone)
    raise Invalid(
        f"ADT^{head.trigger} is not one of the events that are taken in",
        reason="UNSUPPORTED_TRIGGER",
        field="MSH-9",
        allowed=(*ONE_PATIENT, *_SPECIAL),
    )


def _of_patient(message: Message, trigger: str, kind: type[OfPatient], zone: ZoneInfo) -> OfPatient:
    pid, pv1 = _needed(message, "PID"), _needed(message, "PV1")
    patient = Patient(person(pid), visit(pv1, message.first("PV2"), zone))
    own = patient.visit.admitted_at if issubclass(kind, ADMISSIONS) else None
    if issubclass(kind, DEPARTURES):
        own = patient.visit.left_at
    return kind(trigger=trigger, at=_happened(message, zone, own), patient=patient)


def _happened(message: Message, zone: ZoneInfo, own: datetime | None = None) -> datetime:
    """EVN-6, else the event's own time in PV1, else EVN-2, else MSH-7."""
    evn, msh = message.first("EVN"), message.first("MSH")
    at = moment(evn.text(6), zone, "EVN-6") if evn else None
    at = at or own or (moment(evn.text(2), zone, "EVN-2") if evn else None)
    at = at or (moment(msh.text(7), zone, "MSH-7") if msh else None)
    if at is None:
        raise Invalid("no time in EVN-6, EVN-2 or MSH-7", reason="NO_TIME", field="EVN-6")
    return at


def _needed(message: Message, name: str) -> Segment:
    found = message.first(name)
    if found is None:
        raise Invalid(f"there is no {name} segment", reason=f"NO_{name}", field=name)
    return found


def _swap(message: Message, zone: ZoneInfo) -> AdtEvent:
    """A17: two groups of PID, PV1 (and PV2), in this order."""
    groups: list[list[Segment]] = []
    for segment in message.segments:
        if segment.name == "PID":
            groups.append([segment])
        elif segment.name in ("PV1", "PV2") and groups:
            groups[-1].append(segment)
    patients = [_patient(group, zone) for group in groups]
    if len(patients) != 2:
        raise Invalid("a swap names two patients", reason="NOT_TWO_PATIENTS", field="PID")
    at = _happened(message, zone)
    return BedsSwapped(trigger="A17", at=at, first=patients[0], second=patients[1])


def _patient(group: list[Segment], zone: ZoneInfo) -> Patient:
    pv1 = next((segment for segment in group if segment.name == "PV1"), None)
    if pv1 is None:
        raise Invalid("there is a PID without its PV1", reason="NO_PV1", field="PV1")
    pv2 = next((segment for segment in group if segment.name == "PV2"), None)
    return Patient(person(group[0]), visit(pv1, pv2, zone))


def _bed(message: Message, zone: ZoneInfo) -> AdtEvent:
    npu = _needed(message, "NPU")
    where = spot(npu, 1) or Spot()
    return BedReported(
        trigger="A20", at=_happened(message, zone), spot=where, state=npu.text(2).upper()
    )


def _link(message: Message, zone: ZoneInfo) -> AdtEvent:
    people = [person(pid) for pid in message.all("PID")]
    if len(people) != 2:
        raise Invalid("a link names two patients", reason="NOT_TWO_PATIENTS", field="PID")
    at = _happened(message, zone)
    return PatientsLinked(trigger="A24", at=at, first=people[0], second=people[1])


def _merge(message: Message, zone: ZoneInfo) -> AdtEvent:
    """A40: each PID is followed by the MRG of the record that goes into it."""
    mergers: list[Merger] = []
    stays: Person | None = None
    for segment in message.segments:
        if segment.name == "PID":
            stays = person(segment)
        elif segment.name == "MRG" and stays is not None:
            goes = tuple(filter(None, map(identifier, segment.repetitions(1))))
            mergers.append(Merger(stays, goes))
    if not mergers or not all(merger.goes for merger in mergers):
        raise Invalid("MRG-1 names no record to merge", reason="NO_MRG", field="MRG-1")
    return PatientsMerged(trigger="A40", at=_happened(message, zone), mergers=tuple(mergers))


_SPECIAL: dict[str, Callable[[Message, ZoneInfo], AdtEvent]] = {
    "A17": _swap,
    "A20": _bed,
    "A24": _link,
    "A40": _merge,
}
