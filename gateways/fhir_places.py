"""FHIR Location and Device → places and devices, for whoever may add them."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select

from domain.beds.commands import AddBed
from domain.beds.model import Bed
from domain.devices.commands import RegisterDevice
from domain.devices.model import DeviceKind, Protocol
from domain.inbound.events import BedReported
from domain.inbound.facts import Spot
from domain.places.commands import AddRoom, OpenWard
from domain.places.model import Hospital, Room, Ward
from gateways.fhir_check import Issue, NotFhir
from kit.command import Command

Resource = dict[str, Any]
PlaceT = TypeVar("PlaceT", bound=SQLModel)

REPORTED = frozenset("CHIKOU")


def location_command(
    session: Session, location: Resource, hospital: Hospital, now: datetime
) -> Command[Any] | BedReported:
    """A ward, room or bed to add; or, of a bed that is here, what is said of its state."""
    kind = _physical(location)
    code = _code(location, "Location")
    if kind == "wa":
        name = location.get("name") or code
        return OpenWard(hospital_id=hospital.id, code=code, name_en=name,
                        name_zh=next(iter(location.get("alias", [])), name),
                        licensed_beds=0, staffed_beds=0)  # fmt: skip
    if kind == "ro":
        return AddRoom(ward_id=_inside(session, location, Ward, hospital).id, code=code)
    room = _inside(session, location, Room, hospital)
    state = location.get("operationalStatus", {}).get("code")
    if state is None or not _has_bed(session, room, code):
        return AddBed(room_id=room.id, code=code)
    if state not in REPORTED:
        raise _fault("code-invalid", "Location.operationalStatus.code",
                     f"one of {', '.join(sorted(REPORTED))} (HL7 table 0116)")  # fmt: skip
    ward = session.get(Ward, room.ward_id)
    spot = Spot(ward.code if ward else "", room.code, code)
    return BedReported(trigger="Location", at=now, spot=spot, state=state)


def device_command(device: Resource, hospital: Hospital) -> RegisterDevice:
    """A device to register, by the first identifier as its code."""
    text = device.get("type", {}).get("text", "")
    kind = text.strip().upper().replace(" ", "_")
    return RegisterDevice(
        hospital_id=hospital.id, code=_code(device, "Device"), protocol=Protocol.FHIR,
        kind=DeviceKind(kind) if kind in DeviceKind.__members__ else DeviceKind.OTHER,
        model=_model(device), serial_number=device.get("serialNumber", ""),
    )  # fmt: skip


def _physical(location: Resource) -> str:
    codings = location.get("physicalType", {}).get("coding", [])
    kind = next((one["code"] for one in codings if one.get("code") in ("wa", "ro", "bd")), None)
    if kind is None:
        raise _fault("required", "Location.physicalType.coding",
                     "wa, ro or bd: a ward, a room or a bed")  # fmt: skip
    return str(kind)


def _code(resource: Resource, kind: str) -> str:
    codes = [one["value"] for one in resource.get("identifier", []) if one.get("value")]
    if not codes:
        raise _fault("required", f"{kind}.identifier", "give its code as an identifier")
    return str(codes[0])


def _inside(
    session: Session, location: Resource, around: type[PlaceT], hospital: Hospital
) -> PlaceT:
    """The ward or room that it is part of."""
    key = location.get("partOf", {}).get("reference", "").rpartition("/")[2]
    try:
        found = session.get(around, UUID(key))
    except ValueError:
        found = None
    if found is None or getattr(found, "hospital_id", None) != hospital.id:
        raise _fault("not-found", "Location.partOf.reference",
                     f"must be the Location of a {around.__name__.lower()} here")  # fmt: skip
    return found


def _has_bed(session: Session, room: Room, code: str) -> bool:
    here = select(Bed.id).where(Bed.room_id == room.id, Bed.code == code,
                                col(Bed.removed_at).is_(None))  # fmt: skip
    return session.exec(here).first() is not None


def _model(device: Resource) -> str:
    names = [one["name"] for one in device.get("deviceName", [])]
    return " ".join(filter(None, (device.get("manufacturer"), *names[:1])))[:120]


def _fault(code: str, path: str, text: str) -> NotFhir:
    return NotFhir(Issue(code, path, text), status=422)
