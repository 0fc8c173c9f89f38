"""A ward of forty beds in every state, with the people who work in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session

from app.jobs import PROGRAM
from app.wiring import App
from authz.passwords import Passwords
from authz.sessions import BEARER, new_secret
from domain.accounts.devices import IssueScreenToken
from domain.accounts.model import Account, RoleBinding
from domain.alarms.commands import RaiseAlarm
from domain.alarms.lifecycle import Cause
from domain.alarms.model import AlarmKind, Severity
from domain.beds.admission import AdmitPatient
from domain.beds.blocks import BlockBed, CloseBed
from domain.beds.cleaning import MarkContaminated, MarkDirty, PrioritiseCleaning, StartCleaning
from domain.beds.holds import HoldBed
from domain.beds.inventory import AddBed
from domain.beds.leave import StartLeave
from domain.beds.leaving import OrderDischarge
from domain.beds.model import Bed, BlockReason, CleaningPriority
from domain.beds.requests import RequestBed
from domain.patients.episodes import RegisterEncounter, SetExpectedDischarge, StatePlacementNeed
from domain.patients.identity import Identity
from domain.patients.model import Isolation, Sex
from domain.patients.registration import RegisterPatient
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import RoomKind
from domain.places.model import Ward as PlaceWard
from kit.command import Command
from kit.db import open_engine
from kit.ids import new_id
from kit.work import Actor, ActorKind
from tests.house import enrol

T = TypeVar("T")
BAYS, BEDS_PER_BAY, SIDE_ROOMS = 9, 4, 4
STAFFED, LICENSED = 38, 42
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"  # as the Book of Surnames begins
GIVEN = ("小明", "秀英", "建国", "伟", "敏")
ENGLISH = ("Walker", "Okafor", "Smith", "Novak", "Haddad", "Larsen", "Moreau", "Ito", "Silva")
GIVEN_ENGLISH = "Lena"


@dataclass
class Ward:
    """Where the ward is and what opens it. `free` are beds that were left ready."""

    id: UUID
    hospital_id: UUID
    screen_token: str
    nurse: str
    password: str
    free: list[str] = field(default_factory=list)


@dataclass
class _Seeding:
    app: App
    url: str
    admin: Actor
    matron: Actor
    now: datetime

    def place(self, command: Command[T]) -> T:
        return self.app.pipeline.run(self.admin, command).result

    def care(self, command: Command[T]) -> T:
        return self.app.pipeline.run(self.matron, command).result


def seed(app: App, url: str) -> Ward:
    """Fill an empty house."""
    seeding = _Seeding(
        app, url, enrol(url, "system-administrator"),
        enrol(url, "house-supervisor", "charge-nurse"), app.clock(),
    )  # fmt: skip
    app.decisions.reload()
    hospital = seeding.place(
        OpenHospital(code="RF", name_zh="江城第一医院", name_en="Rivertown First Hospital")
    )
    opened = seeding.place(
        OpenWard(hospital_id=hospital.id, code="CARD3", name_zh="心内科三病区",
                 name_en="Cardiology 3", licensed_beds=LICENSED, staffed_beds=STAFFED)
    )  # fmt: skip
    beds = [bed.id for bed in _beds(seeding, opened.id)]
    secret = new_secret(BEARER)
    seeding.care(IssueScreenToken(ward_id=opened.id, title="Corridor", secret=secret))
    ward = Ward(opened.id, hospital.id, secret, "matron", "a long enough password")
    _person(url, ward)
    _states(seeding, hospital.id, ward, beds)
    _alarms(seeding, opened, beds)
    return ward


def _beds(seeding: _Seeding, ward: UUID) -> Iterator[Bed]:
    for number in range(1, BAYS + SIDE_ROOMS + 1):
        side = number > BAYS
        room = seeding.place(
            AddRoom(ward_id=ward, code=f"{number:02d}",
                    kind=RoomKind.SIDE if side else RoomKind.BAY)
        )  # fmt: skip
        for letter in "A" if side else "ABCD"[:BEDS_PER_BAY]:
            yield seeding.place(AddBed(room_id=room.id, code=f"{number:02d}{letter}"))


def _person(url: str, ward: Ward) -> None:
    """Somebody who may log in: arranged past the pipeline, which would ask for two people."""
    passwords = Passwords(workers=1)
    hashed = passwords.hash_here(ward.password)
    passwords.close()
    engine = open_engine(url, guarded=False)
    with Session(engine) as session:
        person = Account(kind=ActorKind.PERSON, login_name=ward.nurse, password_hash=hashed,
                         made_at=LONG_AGO)  # fmt: skip
        session.add(person)
        session.flush()
        session.add(
            RoleBinding(user_id=person.id, role="house-supervisor", hospital_id=ward.hospital_id,
                        valid_from=LONG_AGO, granted_by=new_id())
        )  # fmt: skip
        session.commit()
    engine.dispose()


def _alarms(seeding: _Seeding, ward: PlaceWard, beds: list[UUID]) -> None:
    """One of every severity, and one of a whole ward."""
    for bed, severity in zip((*beds[8:11], None), Severity, strict=True):
        cause = Cause(
            kind=AlarmKind.THRESHOLD if bed else AlarmKind.MEASURE, severity=severity,
            hospital_id=ward.hospital_id, ward_id=ward.id, bed_id=bed,
            entity=f"bed:{bed}" if bed else f"ward:{ward.id}",
            text_zh="血氧饱和度低于 90 %", text_en="SpO2 below 90 %",
        )  # fmt: skip
        seeding.app.pipeline.run(PROGRAM, RaiseAlarm(cause=cause))


def _states(seeding: _Seeding, hospital: UUID, ward: Ward, beds: list[UUID]) -> None:
    bays, sides = beds[:-SIDE_ROOMS], beds[-SIDE_ROOMS:]
    special, filled = bays[:7], bays[7:]
    _hold(seeding, hospital, ward, special[0])
    _clean(seeding, special[1], special[2])
    seeding.care(MarkContaminated(bed_id=special[3], reason="SPILL"))
    until = seeding.now + timedelta(hours=20)
    seeding.care(BlockBed(bed_id=special[4], reason=BlockReason.REPAIR, expected_until=until))
    seeding.care(CloseBed(bed_id=special[5], reason=BlockReason.BUILDING))
    for number, bed in enumerate(filled, start=len(special)):
        _patient(seeding, hospital, ward.id, bed, number)
    for number, bed in enumerate(sides[:2]):
        _patient(seeding, hospital, ward.id, bed, number, isolation=Isolation.AIRBORNE)
    ward.free = ["02C", "12A", "13A"]


def _hold(seeding: _Seeding, hospital: UUID, ward: Ward, bed: UUID) -> None:
    encounter = _register(seeding, hospital, ward.id, 3)
    request = seeding.care(RequestBed(encounter_id=encounter, target_ward_id=ward.id))
    ends = seeding.now + timedelta(minutes=45)
    seeding.care(HoldBed(request_id=request.id, bed_id=bed, expires_at=ends))


def _clean(seeding: _Seeding, running: UUID, waiting: UUID) -> None:
    task = seeding.care(MarkDirty(bed_id=running, reason="SPILL"))
    seeding.care(StartCleaning(task_id=task.id))
    task = seeding.care(MarkDirty(bed_id=waiting, reason="SPILL"))
    seeding.care(PrioritiseCleaning(task_id=task.id, priority=CleaningPriority.NEXT))


def _register(
    seeding: _Seeding, hospital: UUID, ward: UUID, number: int, *, privacy: bool = False
) -> UUID:
    identity = (
        Identity(family_en=ENGLISH[number % len(ENGLISH)], given_en=GIVEN_ENGLISH)
        if number % 4 == 3
        else Identity(family_zh="欧阳" if number == 10 else SURNAMES[number % len(SURNAMES)],
                      given_zh=GIVEN[number % len(GIVEN)])
    )  # fmt: skip
    sex = Sex.FEMALE if number // BEDS_PER_BAY % 2 else Sex.MALE
    patient = seeding.care(
        RegisterPatient(hospital_id=hospital, identity=identity, sex=sex, privacy=privacy,
                        birth_date=date(1930 + number * 2, 5, 4))
    )  # fmt: skip
    return seeding.care(RegisterEncounter(patient_id=patient.id, ward_id=ward)).id


def _patient(
    seeding: _Seeding, hospital: UUID, ward: UUID, bed: UUID, number: int,
    isolation: Isolation = Isolation.NONE,
) -> None:  # fmt: skip
    encounter = _register(seeding, hospital, ward, number, privacy=number == 9)
    if isolation is not Isolation.NONE:
        seeding.care(StatePlacementNeed(encounter_id=encounter, isolation=isolation))
    seeding.care(AdmitPatient(encounter_id=encounter, bed_id=bed))
    if number % 3:
        leaves = seeding.now + timedelta(days=number % 5)
        seeding.care(SetExpectedDischarge(encounter_id=encounter, expected_at=leaves))
    if number == 12:
        seeding.care(StartLeave(encounter_id=encounter))
    if number == 14:
        seeding.care(OrderDischarge(encounter_id=encounter))
