"""Patients of a ward, its beds, and what is asked and done about them."""

from datetime import date, timedelta
from uuid import UUID

from sqlmodel import select

from authz.sessions import BEARER, new_secret
from domain.accounts.devices import IssueScreenToken
from domain.accounts.model import RoleBinding
from domain.admissions.commands import RequestAdmission, SetTheatreSession
from domain.beds.cleaning import MarkDirty
from domain.beds.commands import AddBed, AdmitPatient, HoldBed, RequestBed
from domain.beds.waivers import WaiveRoomSex
from domain.inbound.handling import ParkInbound
from domain.inbound.receipts import Obstacle
from domain.patients.care import AssignCare
from domain.patients.commands import Identity, RegisterEncounter, RegisterPatient
from domain.patients.describing import DescribeWard
from domain.patients.episodes import SetExpectedDischarge, StatePlacementNeed
from domain.patients.identity import Identifier
from domain.patients.model import EncounterStatus, Isolation, Sex
from domain.patients.preferring import StatePreferences
from domain.places.commands import AddRoom
from domain.places.model import RoomKind, RoomSex
from kit.db import reading
from tests.matrix.corner import City, Corner
from tests.matrix.equipment import envelope

OBSTACLE = Obstacle(reason="UNKNOWN_WARD", text="no such ward")


def furnish(city: City, corner: Corner) -> None:
    room = city.do(
        AddRoom(ward_id=corner.ids["ward"], code="1", kind=RoomKind.BAY, sex_policy=RoomSex.MIXED)
    )
    corner.ids["room"] = room.id
    for name in ("taken_bed", "held_bed", "dirty_bed", "bed", "spare_bed", "last_bed"):
        corner.ids[name] = city.do(AddBed(room_id=room.id, code=name)).id


def people(city: City, corner: Corner) -> None:
    ids = corner.ids
    ids["patient"], ids["encounter"] = arrive(city, corner, "Lying")
    ids["stay"] = city.do(AdmitPatient(encounter_id=ids["encounter"], bed_id=ids["taken_bed"])).id
    ids["other_patient"], ids["other_encounter"] = arrive(city, corner, "Held")
    held = city.do(RequestBed(encounter_id=ids["other_encounter"], target_ward_id=ids["ward"]))
    ends = city.app.clock() + timedelta(hours=1)
    ids["hold"] = city.do(HoldBed(request_id=held.id, bed_id=ids["held_bed"], expires_at=ends)).id
    _, ids["waiting_encounter"] = arrive(city, corner, "Waiting")
    ids["request"] = city.do(
        RequestBed(encounter_id=ids["waiting_encounter"], target_ward_id=ids["ward"])
    ).id
    _, ids["planned_encounter"] = arrive(city, corner, "Planned", EncounterStatus.PLANNED)
    _, elective = arrive(city, corner, "Elective", EncounterStatus.PLANNED)
    first = city.app.clock().date()
    ids["admission"] = city.do(
        RequestAdmission(encounter_id=elective, earliest=first, latest=first + timedelta(days=9),
                         nights=2, specialty="SURG")
    ).id  # fmt: skip
    city.do(SetTheatreSession(hospital_id=ids["hospital"], specialty="SURG",
                              day=first + timedelta(days=50), minutes=240))  # fmt: skip
    city.do(StatePlacementNeed(encounter_id=ids["encounter"], isolation=Isolation.CONTACT,
                               organism="MRSA"))  # fmt: skip
    city.do(SetExpectedDischarge(encounter_id=ids["encounter"], expected_at=ends))


def arrive(
    city: City, corner: Corner, family: str, status: EncounterStatus = EncounterStatus.ARRIVED
) -> tuple[UUID, UUID]:
    """A new patient and the encounter, in the corner's ward."""
    number = f"{corner.ids['ward']} {family}"
    patient = city.do(
        RegisterPatient(
            hospital_id=corner.ids["hospital"], sex=Sex.FEMALE, birth_date=date(1950, 5, 5),
            identity=Identity(family_en=family, given_en="Given", phone="13800138000"),
            identifiers=(Identifier(system="MRN", value=number),),
        )
    )  # fmt: skip
    encounter = city.do(
        RegisterEncounter(patient_id=patient.id, ward_id=corner.ids["ward"], status=status)
    )
    return patient.id, encounter.id


def upkeep(city: City, corner: Corner, title: str) -> None:
    ids, ends = corner.ids, city.app.clock() + timedelta(hours=1)
    ids["task"] = city.do(MarkDirty(bed_id=ids["dirty_bed"], reason="SPILL")).id
    ids["waiver"] = city.do(WaiveRoomSex(ward_id=ids["ward"], reason="FULL", valid_until=ends)).id
    ids["account"] = city.enrol("nurse", scope=corner.scope).id
    ids["assignment"] = city.do(
        AssignCare(account_id=ids["account"], encounter_id=ids["encounter"])
    ).id
    ids["message"] = city.do(ParkInbound(envelope=envelope(corner, title), obstacle=OBSTACLE)).id
    secret = new_secret(BEARER)
    ids["token"] = city.do(
        IssueScreenToken(ward_id=ids["ward"], title=title, secret=secret)
    ).token.id
    with reading(city.app.engine) as session:
        binding = select(RoleBinding.id).where(RoleBinding.user_id == ids["account"])
        ids["binding"] = session.exec(binding).one()


def wishes(city: City, corner: Corner) -> None:
    city.do(StatePreferences(encounter_id=corner.ids["encounter"], languages=("zh",)))
    city.do(DescribeWard(ward_id=corner.ids["ward"], languages=("zh",), nurse_sexes=("F", "M")))
