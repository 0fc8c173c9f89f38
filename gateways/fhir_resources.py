"""Our rows as FHIR R4 resources. Who may see what was decided before; nothing is opened here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.beds.model import Bed, BedStay
from domain.devices.model import Device, DeviceAttachment, DeviceKind, DeviceState
from domain.patients.model import Encounter, EncounterClass, EncounterStatus
from domain.places.model import Hospital, Room, Ward
from domain.readings.metrics import catalogue
from domain.readings.observed import Observed
from domain.readings.quality import Quality

Resource = dict[str, Any]

V2_0116 = "http://terminology.hl7.org/CodeSystem/v2-0116"
PHYSICAL_TYPE = "http://terminology.hl7.org/CodeSystem/location-physical-type"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
LOINC = "http://loinc.org"
OWN = "urn:wardgrid"
PHYSICAL = {"si": "Site", "wa": "Ward", "ro": "Room", "bd": "Bed"}

STATUSES = {
    EncounterStatus.PLANNED: "planned",
    EncounterStatus.ARRIVED: "arrived",
    EncounterStatus.ADMITTED: "in-progress",
    EncounterStatus.ON_LEAVE: "onleave",
    EncounterStatus.DISCHARGE_PENDING: "in-progress",
    EncounterStatus.DISCHARGED: "finished",
    EncounterStatus.DIED: "finished",
    EncounterStatus.LEFT: "cancelled",
    EncounterStatus.ERROR: "entered-in-error",
}
CLASSES = {
    EncounterClass.INPATIENT: ("IMP", "inpatient encounter"),
    EncounterClass.EMERGENCY: ("EMER", "emergency"),
    EncounterClass.OUTPATIENT: ("AMB", "ambulatory"),
    EncounterClass.PREADMIT: ("PRENC", "pre-admission"),
    EncounterClass.OBSTETRICS: ("IMP", "inpatient encounter"),
    EncounterClass.RECURRING: ("AMB", "ambulatory"),
    EncounterClass.OTHER: ("AMB", "ambulatory"),
}
_DEVICE_STATUS = {DeviceState.RETIRED: "inactive", DeviceState.MAINTENANCE: "inactive"}
_KIND_TEXT = {kind: kind.value.replace("_", " ").lower() for kind in DeviceKind}


def of_hospital(row: Hospital) -> Resource:
    """A site, with its position where it is known."""
    place = _location(row.id, "si", row.code, row.name_en, row.name_zh)
    if row.latitude is not None and row.longitude is not None:
        place["position"] = {"longitude": row.longitude, "latitude": row.latitude}
    return place


def of_ward(row: Ward) -> Resource:
    """A ward of a site."""
    place = _location(row.id, "wa", row.code, row.name_en, row.name_zh, row.hospital_id)
    return place | {"status": "inactive" if row.closed_at else "active"}


def of_room(row: Room) -> Resource:
    """A room of a ward."""
    return _location(row.id, "ro", row.code, row.code, "", row.ward_id)


def of_bed(row: Bed, state: str | None) -> Resource:
    """A bed of a room; `state` is its word of HL7 table 0116, if the viewer may know."""
    place = _location(row.id, "bd", row.code, row.code, "", row.room_id)
    if state is not None:
        place["operationalStatus"] = {"system": V2_0116, "code": state}
    return place | {"status": "inactive" if row.removed_at else "active"}


def of_encounter(row: Encounter, stay: BedStay | None, number: str | None) -> Resource:
    """An encounter; its patient by pseudonym, its visit number only if it was opened."""
    code, display = CLASSES[row.encounter_class]
    told: Resource = {
        "resourceType": "Encounter",
        "id": str(row.id),
        "meta": {"versionId": str(row.version)},
        "status": STATUSES[row.status],
        "class": {"system": ACT_CODE, "code": code, "display": display},
        "subject": {"reference": f"Patient/{row.patient_id}"},
    }
    if number:
        told["identifier"] = [{"type": _coded("http://terminology.hl7.org/CodeSystem/v2-0203",
                                              "VN"), "value": number}]  # fmt: skip
    if period := _period(row.arrived_at, row.ended_at):
        told["period"] = period
    places = []
    if row.ward_id is not None:
        places.append({"location": {"reference": f"Location/{row.ward_id}"}, "status": "active"})
    if stay is not None:
        places.append({"location": {"reference": f"Location/{stay.bed_id}"}, "status": "active",
                       "period": _period(stay.since, stay.until)})  # fmt: skip
    return told | ({"location": places} if places else {})


def of_device(row: Device, attached: DeviceAttachment | None) -> Resource:
    """A device, and where it is attached now."""
    told: Resource = {
        "resourceType": "Device",
        "id": str(row.id),
        "meta": {"versionId": str(row.version)},
        "identifier": [{"system": f"{OWN}:device", "value": row.code}],
        "status": _DEVICE_STATUS.get(row.state, "active"),
        "statusReason": [{"text": row.state.value}],
        "type": {"text": _KIND_TEXT[row.kind]},
    }
    if row.serial:
        told["serialNumber"] = row.serial
    if row.model:
        told["deviceName"] = [{"name": row.model, "type": "model-name"}]
    if attached is not None:
        where = attached.bed_id or attached.room_id or attached.ward_id
        told["location"] = {"reference": f"Location/{where}"}
    if row.gateway_id is not None:
        told["parent"] = {"reference": f"Device/{row.gateway_id}"}
    return told


def of_observation(row: Observed, device_id: UUID, encounter_id: UUID | None) -> Resource:
    """A cleaned reading, in its canonical UCUM unit; what is odd about it stands in a note."""
    metric = catalogue()[row.metric]
    codes = [{"system": LOINC, "code": code} for code in metric.loinc[:1]]
    told: Resource = {
        "resourceType": "Observation",
        "id": row.id,
        "status": "final",
        "code": {"coding": [*codes, {"system": f"{OWN}:metric", "code": row.metric}],
                 "text": metric.name_en},
        "device": {"reference": f"Device/{device_id}"},
        "effectiveInstant": instant(row.at),
        "valueQuantity": {"value": round(row.value, 6), "unit": metric.unit,
                          "system": "http://unitsofmeasure.org", "code": metric.unit},
    }  # fmt: skip
    if encounter_id is not None:
        told["encounter"] = {"reference": f"Encounter/{encounter_id}"}
    odd = [flag.name for flag in Quality if flag and flag in Quality(row.quality)]
    return told | ({"note": [{"text": ", ".join(filter(None, odd))}]} if odd else {})


def instant(at: datetime) -> str:
    """A time as FHIR writes it, to the millisecond."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _location(
    key: UUID, kind: str, code: str, name: str, other_name: str, part_of: UUID | None = None
) -> Resource:
    told: Resource = {
        "resourceType": "Location",
        "id": str(key),
        "identifier": [{"system": f"{OWN}:location", "value": code}],
        "status": "active",
        "name": name,
        "mode": "instance",
        "physicalType": _coded(PHYSICAL_TYPE, kind, PHYSICAL[kind]),
    }
    if other_name:
        told["alias"] = [other_name]
    return told | ({"partOf": {"reference": f"Location/{part_of}"}} if part_of else {})


def _coded(system: str, code: str, display: str = "") -> Resource:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]}


def _period(start: datetime | None, end: datetime | None) -> Resource:
    ends = {"start": start, "end": end}
    return {name: instant(at) for name, at in ends.items() if at is not None}
