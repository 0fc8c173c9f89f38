"""The whole house with a ward of 30 beds, 27 of them taken, and a ward of 100; on SQLite."""

from datetime import date
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from app.migrate import upgrade
from app.wiring import App, build
from authz.sessions import BEARER, new_secret
from domain.accounts.devices import IssueScreenToken, IssueServiceToken
from domain.beds.commands import AddBed, AdmitPatient
from domain.patients.commands import Identity, RegisterEncounter, RegisterPatient
from domain.patients.model import Sex
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import Room, RoomKind, RoomSex, Ward
from kit.command import Command
from kit.ids import new_id
from kit.work import Actor, ActorKind
from tests.house import KEYS, enrol, settings_for

BEDS, TAKEN, LONG_WARD = 30, 27, 100
MAKERS = ("system-administrator", "security-administrator", "house-supervisor", "charge-nurse")
T = TypeVar("T")


class WardHouse:
    """Build it once; `app` is not started, so that a server may start it."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'ward.db'}"
        upgrade(self.url)
        self._actor = enrol(self.url, *MAKERS)
        self.folder = folder
        app = self.build()
        app.start(jobs=False)
        self._furnish(app)
        self.nurse = self._token(app, enrol(self.url, "charge-nurse"))
        self.cleaner = self._token(app, enrol(self.url, "housekeeping"))
        secret = new_secret(BEARER)
        self.screen = self._run(
            app, IssueScreenToken(ward_id=self.ward.id, title="bench", secret=secret)
        ).secret
        app.stop()

    def build(self) -> App:
        return build(settings_for(self.url, self.folder), keys=KEYS)

    def _furnish(self, app: App) -> None:
        hospital = self._run(app, OpenHospital(code="NORTH", name_zh="北医院", name_en="North"))
        self.hospital = hospital.id
        self.ward, rooms = self._ward(app, "A", BEDS)
        self.long_ward, _ = self._ward(app, "B", LONG_WARD)
        for number, bed in enumerate(rooms[:TAKEN]):
            self._admit(app, bed, number)

    def _ward(self, app: App, code: str, count: int) -> tuple[Ward, list[UUID]]:
        ward = self._run(app, OpenWard(
            hospital_id=self.hospital, code=code, name_zh=code, name_en=code,
            licensed_beds=count, staffed_beds=count,
        ))  # fmt: skip
        beds = []
        for number in range(count):
            if number % 3 == 0:
                room: Room = self._run(app, AddRoom(
                    ward_id=ward.id, code=f"{code}{number:02d}", kind=RoomKind.BAY,
                    sex_policy=RoomSex.MIXED,
                ))  # fmt: skip
            beds.append(self._run(app, AddBed(room_id=room.id, code=f"{number:02d}")).id)
        return ward, beds

    def _admit(self, app: App, bed: UUID, number: int) -> None:
        identity = Identity(family_en=f"Family{number}", given_en="Given")
        patient = self._run(app, RegisterPatient(
            hospital_id=self.hospital, identity=identity, sex=Sex.FEMALE,
            birth_date=date(1950, 5, 5),
        ))  # fmt: skip
        encounter = self._run(app, RegisterEncounter(patient_id=patient.id, ward_id=self.ward.id))
        self._run(app, AdmitPatient(encounter_id=encounter.id, bed_id=bed))

    def _token(self, app: App, actor: Actor) -> str:
        secret = new_secret(BEARER)
        self._run(app, IssueServiceToken(account_id=actor.id, days=1, secret=secret))
        return secret

    def _run(self, app: App, command: Command[T]) -> T:
        actor = Actor(self._actor.id, ActorKind.SERVICE, session=new_id())
        return app.pipeline.run(actor, command, key=str(new_id())).result
