"""A small hospital on a real database, to drive commands without accounts and policy.

Each command runs in a transaction of its own, as the pipeline would run it: a refusal leaves
nothing behind. A broken constraint surfaces as it is: alone, a command must refuse first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, SQLModel

from audit.keys import development_keys
from audit.seal import FieldVault
from domain.accounts.model import Account
from domain.beds.board import bed_board
from domain.beds.commands import AddBed, AdmitPatient, RequestBed
from domain.beds.model import Bed, BedRequest, BedStay
from domain.beds.shown import BedShown, Board
from domain.patients.commands import Identity, RegisterEncounter, RegisterPatient
from domain.patients.model import Encounter, EncounterStatus, Sex
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import Hospital, Room, RoomKind, RoomSex, Ward
from kit.command import Command
from kit.errors import Refusal
from kit.work import NETWORK, Actor, ActorKind, Event, Scope, Work

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
KEYS = development_keys("a test knows every key of its hospital")
T = TypeVar("T")


@dataclass
class World:
    """One hospital with two wards; `now` is the clock, and `tick` moves it."""

    engine: Engine
    now: datetime = NOON
    actor: Actor = field(default_factory=lambda: Actor(uuid4()))
    events: list[Event] = field(default_factory=list)
    beds: dict[str, UUID] = field(default_factory=dict)
    _people: int = 0

    def run(self, command: Command[T]) -> T:
        """Do the command and commit; `events` are then its events."""
        with Session(self.engine, expire_on_commit=False) as session:
            work = self._work(session)
            command.scope(work)
            result = command.apply(work)
            session.commit()
            session.expunge_all()
        self.events = work.events
        return result

    def refused(self, command: Command[Any], kind: type[Refusal], reason: str) -> Refusal:
        """The refusal, after checking that the command changed nothing."""
        before = self.rows()
        with pytest.raises(kind) as raised:
            self.run(command)
        assert raised.value.reason == reason, raised.value.message
        assert self.rows() == before
        return raised.value

    def scope(self, command: Command[Any]) -> Scope:
        with Session(self.engine) as session:
            return command.scope(self._work(session))

    def tick(self, by: timedelta = MINUTE) -> datetime:
        self.now += by
        return self.now

    def rows(self) -> dict[str, list[Any]]:
        """Everything in the database."""
        tables = SQLModel.metadata.sorted_tables
        with self.engine.connect() as connection:
            return {
                table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
                for table in tables
            }

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def get(self, model: type[T], key: UUID) -> T:
        with Session(self.engine, expire_on_commit=False) as session:
            row = session.get(model, key)
            assert row is not None
            return row

    def board(self, ward: Ward, at: datetime | None = None) -> Board:
        with Session(self.engine) as session:
            return bed_board(session, [NETWORK], ward.id, self.now, at)

    def shown(self, code: str, at: datetime | None = None) -> BedShown:
        bed = self.get(Bed, self.beds[code])
        board = self.board(self.get(Ward, bed.ward_id), at)
        return next(one for one in board.beds if one.id == bed.id)

    def states(self, ward: Ward, at: datetime | None = None) -> dict[str, str]:
        return {bed.code: bed.state for bed in self.board(ward, at).beds}

    def furnish(self) -> None:
        """Ward A: a bay of three and two side rooms. Ward B: a mixed bay of two."""
        self.hospital = self.run(OpenHospital(code="NORTH", name_zh="北医院", name_en="North"))
        self.ward_a, self.ward_b = (
            self.run(OpenWard(hospital_id=self.hospital.id, code=code, name_zh=code, name_en=code,
                              licensed_beds=8, staffed_beds=staffed))
            for code, staffed in (("A", 5), ("B", 2))
        )  # fmt: skip
        self.bay = self._room(self.ward_a, "A1", ("A1", "A2", "A3"))
        self.side = self._room(self.ward_a, "A4", ("A4",), RoomKind.SIDE)
        self._room(self.ward_a, "A5", ("A5",), RoomKind.SIDE)
        self._room(self.ward_b, "B1", ("B1", "B2"), policy=RoomSex.MIXED)

    def _room(
        self, ward: Ward, code: str, beds: Sequence[str], kind: RoomKind = RoomKind.BAY,
        policy: RoomSex = RoomSex.DYNAMIC,
    ) -> Room:  # fmt: skip
        room = self.run(AddRoom(ward_id=ward.id, code=code, kind=kind, sex_policy=policy))
        for one in beds:
            self.beds[one] = self.run(AddBed(room_id=room.id, code=one)).id
        return room

    def arrive(
        self, sex: Sex = Sex.FEMALE, *, ward: Ward | None = None,
        status: EncounterStatus = EncounterStatus.ARRIVED, family: str | None = None,
        born: date = date(1950, 5, 5),
    ) -> Encounter:  # fmt: skip
        """A new patient who waits in ward A, or in the one given."""
        self._people += 1
        patient = self.run(RegisterPatient(
            hospital_id=self.hospital.id, sex=sex, birth_date=born,
            identity=Identity(family_en=family or f"Family{self._people}", given_en="Given"),
        ))  # fmt: skip
        return self.run(RegisterEncounter(
            patient_id=patient.id, status=status, ward_id=(ward or self.ward_a).id,
        ))  # fmt: skip

    def admit(self, code: str, sex: Sex = Sex.FEMALE) -> tuple[Encounter, BedStay]:
        """A new patient in a bed, a minute after the arrival."""
        encounter = self.arrive(sex)
        self.tick()
        stay = self.run(AdmitPatient(encounter_id=encounter.id, bed_id=self.beds[code]))
        self.tick()
        return self.get(Encounter, encounter.id), stay

    def request(self, encounter: Encounter, **what: Any) -> BedRequest:
        return self.run(RequestBed(encounter_id=encounter.id, **what))

    def account(self) -> UUID:
        """Somebody who may be given work."""
        with Session(self.engine) as session:
            made = Account(kind=ActorKind.SERVICE, title="test", made_at=NOON)
            session.add(made)
            session.commit()
            return made.id

    def _work(self, session: Session) -> Work:
        vault = FieldVault(KEYS, lambda: self.now).bind(session)
        return Work(session, self.now, self.actor, vault, _part)

    hospital: Hospital = field(init=False)
    ward_a: Ward = field(init=False)
    ward_b: Ward = field(init=False)
    bay: Room = field(init=False)
    side: Room = field(init=False)


def _part(work: Work, command: Command[Any]) -> Any:
    command.scope(work)
    work.session.flush()
    return command.apply(work)


@pytest.fixture
def world(bare_engine: Engine) -> World:
    made = World(bare_engine)
    made.furnish()
    made.tick()
    return made
