"""A FHIR Encounter → what happened to the patient: the events that HL7 messages become, too."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.wiring import App
from domain.beds.model import Bed
from domain.inbound import events
from domain.inbound.events import OfPatient
from domain.inbound.facts import Identifier, Name, Patient, Person, Spot, Visit
from domain.inbound.model import Door, InboundMessage
from domain.inbound.people import visit_number
from domain.inbound.receipts import Envelope
from domain.places.model import Hospital, Room, Ward
from gateways.fhir_check import Issue, NotFhir, faults
from gateways.intake import Told
from kit.db import reading
from kit.errors import Invalid

Resource = dict[str, Any]

_CLASSES = {"IMP": "I", "ACUTE": "I", "NONAC": "I", "SS": "I", "OBSENC": "I", "EMER": "E",
            "AMB": "O", "HH": "O", "VR": "O", "FLD": "E", "PRENC": "P"}  # fmt: skip
_SEXES = {"male": "M", "female": "F", "other": "O", "unknown": "U"}
_DIED = "20"  # HL7 table 0112: expired; FHIR's list says exp
_EVENTS: dict[str, type[OfPatient]] = {
    "planned": events.PreAdmitted,
    "arrived": events.Arrived,
    "triaged": events.Arrived,
    "in-progress": events.StayTold,
    "onleave": events.LeaveStarted,
    "finished": events.Departed,
    "cancelled": events.PreAdmissionCancelled,
    "entered-in-error": events.VisitDeleted,
}


def event_of(encounter: Resource, patient: Resource | None, hospital: Hospital) -> OfPatient:
    """The event. `patient` came with it, or None. Raises NotFhir with the path of the fault."""
    status = encounter["status"]
    if status not in _EVENTS:
        raise _fault("code-invalid", "Encounter.status", f"nothing follows from {status}")
    visit = _visit(encounter)
    kind = _EVENTS[status]
    if status == "in-progress" and not (visit.at and visit.at.ward):
        kind = events.Arrived  # here, but nobody says where: waiting
    return kind(trigger=status, at=_when(encounter, status),
                patient=Patient(_person(encounter, patient, hospital), visit))  # fmt: skip


def envelope_of(text: str, event: OfPatient, hospital: Hospital, sender: UUID) -> Envelope:
    """What is kept of the resource until, and after, it is applied."""
    return Envelope(
        hospital_id=hospital.id, door=Door.FHIR, source=f"FHIR {sender}|{hospital.code}",
        control_id="", kind="Encounter", identity=text, body=text, event_at=event.at,
        visit=visit_number(event.patient), spot=_spot_text(event),
    )  # fmt: skip


def text_of(encounter: Resource, patient: Resource | None) -> str:
    """What is sealed and read again when it is retried: the resource and the patient with it."""
    kept = {"encounter": encounter, "patient": patient}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, default=_number)


@dataclass(frozen=True, slots=True)
class EncounterReader:
    """Reads the text of a waiting resource again."""

    hospital: Hospital

    def __call__(self, _message: InboundMessage, text: str) -> Told:
        try:
            kept = json.loads(text, parse_float=Decimal)
            encounter, patient = kept["encounter"], kept["patient"]
            if issues := faults(encounter, "Encounter"):
                raise NotFhir(*issues)
            event = event_of(encounter, patient, self.hospital)
        except NotFhir as why:
            first = why.issues[0]
            raise Invalid(first.text, reason="NOT_FHIR", field=first.path) from None
        except (ValueError, KeyError, TypeError) as odd:
            raise Invalid("the text is no Encounter as it was kept", reason="NOT_FHIR",
                          field="body") from odd  # fmt: skip
        return Told(kind="Encounter", event=event, visit=visit_number(event.patient),
                    spot=_spot_text(event))  # fmt: skip


def placed(app: App, encounter: Resource, hospital: Hospital) -> Resource:
    """The encounter with our own Location ids turned into codes. Raises NotFhir."""
    entries = encounter.get("location", [])
    if not any("reference" in entry["location"] for entry in entries):
        return encounter
    with reading(app.read_engine, (hospital.id,)) as session:
        return encounter | {
            "location": [
                _spelt(session, entry, hospital, f"Encounter.location[{number}]")
                for number, entry in enumerate(entries)
            ]
        }


def _spelt(session: Session, entry: Resource, hospital: Hospital, path: str) -> Resource:
    reference = entry["location"].get("reference", "")
    if not reference:
        return entry
    kind, _, key = reference.rpartition("/")
    codes = _codes(session, key, hospital) if kind in ("Location", "") else None
    if codes is None:
        raise _fault("not-found", f"{path}.location.reference",
                     "no Location of this server; give Location/<id>, or an identifier with"
                     " ward/room/bed")  # fmt: skip
    return entry | {"location": {"identifier": {"value": codes}}}


def _codes(session: Session, key: str, hospital: Hospital) -> str | None:
    try:
        found = UUID(key)
    except ValueError:
        return None
    bed, ward = session.get(Bed, found), session.get(Ward, found)
    if bed is not None and bed.hospital_id == hospital.id:
        room, ward = session.get(Room, bed.room_id), session.get(Ward, bed.ward_id)
        return f"{ward.code}/{room.code}/{bed.code}" if room and ward else None
    return ward.code if ward is not None and ward.hospital_id == hospital.id else None


def _visit(encounter: Resource) -> Visit:
    numbers = encounter.get("identifier", [])
    period = encounter.get("period", {})
    stay = encounter.get("hospitalization", {})
    number = next((one for one in numbers if one.get("value")), None)
    if number is None:
        raise _fault("required", "Encounter.identifier", "give the visit number of your system")
    return Visit(
        number=Identifier(number["value"], number.get("system", "")),
        patient_class=_CLASSES.get(encounter["class"].get("code", ""), "O"),
        at=_spot(encounter),
        disposition=_disposition(stay.get("dischargeDisposition")),
        admitted_at=_time(period.get("start")),
    )


def _spot(encounter: Resource) -> Spot | None:
    """The place that is in use now, the narrowest one that is named."""
    named = [
        (entry, entry["location"].get("identifier", {}).get("value", ""))
        for entry in encounter.get("location", [])
        if entry.get("status", "active") in ("active", "reserved", "planned")
    ]
    codes = [value for _, value in named if value]
    if not codes:
        return None
    parts = max(codes, key=lambda value: value.count("/")).split("/")
    if len(parts) == 2:
        return Spot(parts[0], "", parts[1])
    return Spot(*parts[:3]) if len(parts) <= 3 else None


def _person(encounter: Resource, patient: Resource | None, hospital: Hospital) -> Person:
    if patient is None:
        subject = encounter.get("subject", {})
        number = subject.get("identifier", {})
        if not number.get("value"):
            raise _fault("required", "Encounter.subject.identifier",
                         "name the patient by an identifier, or send the Patient in the same"
                         " Bundle")  # fmt: skip
        return Person((_identifier(number, hospital),))
    numbers = [one for one in patient.get("identifier", []) if one.get("value")]
    if not numbers:
        raise _fault("required", "Patient.identifier", "give a number of the patient")
    return Person(
        tuple(_identifier(one, hospital) for one in numbers),
        names=tuple(_name(one) for one in patient.get("name", []) if _named(one)),
        born=_birth_date(patient.get("birthDate")),
        sex=_SEXES.get(patient.get("gender", ""), ""),
        phone=next((one.get("value", "") for one in patient.get("telecom", [])
                    if one.get("system") == "phone"), ""),
    )  # fmt: skip


def _identifier(number: Resource, hospital: Hospital) -> Identifier:
    return Identifier(number["value"], number.get("system", "")[:64] or hospital.code)


def _named(name: Resource) -> bool:
    return bool(name.get("family") or name.get("text"))


def _name(name: Resource) -> Name:
    family = name.get("family") or name.get("text", "")
    return Name(family, " ".join(name.get("given", [])))


def _birth_date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text and len(text) == 10 else None


def _disposition(concept: Resource | None) -> str:
    codes = [one.get("code", "") for one in (concept or {}).get("coding", [])]
    return _DIED if "exp" in codes else next(filter(None, codes), "")


def _when(encounter: Resource, status: str) -> datetime:
    period = encounter.get("period", {})
    if status == "finished":
        return _required(period.get("end"), "Encounter.period.end")
    places = [
        entry.get("period", {}).get("start")
        for entry in encounter.get("location", [])
        if entry.get("status", "active") == "active"
    ]
    starts = [start for start in (*places, period.get("start")) if start]
    return max((_required(start, "Encounter.period.start") for start in starts),
               default=None) or _required(None, "Encounter.period.start")  # fmt: skip


def _required(text: str | None, path: str) -> datetime:
    at = _time(text)
    if at is None:
        raise _fault("required", path, "give date, time and zone")
    return at


def _time(text: str | None) -> datetime | None:
    if not text or "T" not in text:
        return None
    return datetime.fromisoformat(text).astimezone(UTC)


def _spot_text(event: OfPatient) -> str | None:
    spot = event.patient.visit.at
    return str(spot)[:120] if spot and spot.ward else None


def _fault(code: str, path: str, text: str) -> NotFhir:
    return NotFhir(Issue(code, path, text), status=422)


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)
