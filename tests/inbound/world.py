"""A small house with one hospital and an account that messages come in under."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy import text
from sqlmodel import Session, SQLModel, col, select

from app.settings import Settings
from app.wiring import App, build
from audit.keys import development_keys
from domain.accounts.model import Account
from domain.beds.commands import AddBed
from domain.beds.model import Bed, BedStay
from domain.inbound.doing import Leeway
from domain.inbound.model import Door, InboundMessage
from domain.patients.model import Encounter
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import Hospital, RoomSex, Ward
from gateways.hl7_adt import Hl7Reader, take_hl7
from gateways.intake import Intake, Summary
from gateways.stay_import import StayReader
from kit.command import Command
from kit.db import open_engine, reading
from kit.ids import new_id
from kit.rows import UtcTime
from kit.work import Actor, ActorKind

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPENED = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = development_keys("a test knows every key of the house it builds")
T = TypeVar("T")


@dataclass
class World:
    app: App
    sender: Actor  # the integration account
    manager: Actor  # adds places, and handles what waits
    hospital: Hospital
    now: datetime = NOW

    def do(self, command: Command[T]) -> T:
        return self.app.pipeline.run(self.manager, command).result

    def ward(self, code: str, beds: Sequence[str], room: str = "R1") -> Ward:
        """A ward of one room for women and men."""
        ward = self.do(OpenWard(
            hospital_id=self.hospital.id, code=code, name_zh=code, name_en=code, at=OPENED,
            licensed_beds=len(beds), staffed_beds=len(beds),
        ))  # fmt: skip
        made = self.do(AddRoom(ward_id=ward.id, code=room, sex_policy=RoomSex.MIXED))
        for bed in beds:
            self.do(AddBed(room_id=made.id, code=bed, at=OPENED))
        return ward

    def intake(self, *, infer_cleaning: bool = True) -> Intake:
        zone = ZoneInfo(self.hospital.time_zone)
        readers: dict[Door, Any] = {Door.HL7: Hl7Reader(zone), Door.STAYS: StayReader()}
        return Intake(self.app, self.sender, readers, Leeway(infer_cleaning=infer_cleaning))

    def send(self, *messages: str, infer_cleaning: bool = True) -> list[InboundMessage]:
        intake = self.intake(infer_cleaning=infer_cleaning)
        taken = [take_hl7(intake, self.hospital, one.encode()) for one in messages]
        assert intake.summary.adds_up
        return taken

    def outcome(self, message: str) -> tuple[str, str | None]:
        (taken,) = self.send(message)
        return taken.state.value, taken.reason

    def all(self, model: type[T]) -> list[T]:
        with reading(self.app.engine) as session:
            rows = list(session.exec(select(model)).all())
            session.expunge_all()
            return rows

    def messages(self) -> list[InboundMessage]:
        return sorted(self.all(InboundMessage), key=lambda one: one.id)

    def again(self, message: InboundMessage) -> InboundMessage:
        with reading(self.app.engine) as session:
            found = session.get_one(InboundMessage, message.id)
            session.expunge(found)
            return found

    def in_bed(self) -> dict[str, UUID]:
        """Who lies where now: ward/bed → encounter."""
        with reading(self.app.engine) as session:
            found = session.exec(
                select(Ward.code, Bed.code, BedStay.encounter_id)
                .join(Bed, col(Bed.id) == col(BedStay.bed_id))
                .join(Ward, col(Ward.id) == col(Bed.ward_id))
                .where(col(BedStay.until).is_(None), col(BedStay.voided_at).is_(None))
            )
            return {f"{ward}/{bed}": encounter for ward, bed, encounter in found}

    def beds(self) -> list[str]:
        return sorted(self.in_bed())

    def status(self) -> list[str]:
        found = sorted(self.all(Encounter), key=lambda one: one.id)
        return [one.status.value for one in found]

    def facts(self) -> dict[str, list[Any]]:
        """Every row but messages, the ledger and its outbox: what a message may change."""
        left_out = ("inbound_message", "outbox", "ledger", "subject_key")
        tables = [t for t in SQLModel.metadata.sorted_tables if not t.name.startswith(left_out)]
        with reading(self.app.engine) as session:
            return {t.name: sorted(map(repr, session.execute(t.select()).all())) for t in tables}


def counted(summary: Summary) -> dict[str, int]:
    found = Counter(applied=summary.applied, duplicate=summary.duplicate,
                    parked=summary.parked, rejected=summary.rejected)  # fmt: skip
    assert summary.adds_up
    return {name: count for name, count in found.items() if count}


@contextmanager
def world_at(url: str, folder: Path) -> Iterator[World]:
    sender, manager = Actor(new_id(), ActorKind.SERVICE), Actor(new_id())
    roles = ((sender, "integration"), (manager, "bed-manager"), (manager, "system-administrator"))
    _admit_accounts(url, roles)
    made: list[World] = []

    def clock() -> datetime:
        if not made:
            return NOW
        made[0].now += timedelta(microseconds=1)
        return made[0].now

    settings = Settings(data_folder=folder, database_url=SecretStr(url))
    app = build(settings, keys=KEYS, clock=clock)
    hospital = app.pipeline.run(
        manager, OpenHospital(code="GH", name_zh="总院", name_en="General")
    ).result
    made.append(World(app, sender, manager, hospital))
    try:
        yield made[0]
    finally:
        app.writer.stop()
        app.engine.dispose()


def _admit_accounts(url: str, roles: Sequence[tuple[Actor, str]]) -> None:
    engine = open_engine(url, guarded=False)
    granter = new_id()
    bind = text(
        "INSERT INTO role_binding (id, version, user_id, role, valid_from, granted_by)"
        " VALUES (:id, 1, :user, :role, :since, :by)"
    )
    with Session(engine) as session:
        for actor in {actor.id: actor for actor, _ in roles}.values():
            login = f"name{actor.id.int % 10**6}" if actor.kind == ActorKind.PERSON else None
            session.add(Account(id=actor.id, kind=actor.kind, login_name=login, made_at=OPENED))
        session.flush()
        since = UtcTime().process_bind_param(OPENED, engine.dialect)
        for actor, role in roles:
            values = {"id": new_id(), "user": actor.id, "by": granter}
            plain = {key: one.hex if engine.dialect.name == "sqlite" else one
                     for key, one in values.items()}  # fmt: skip
            session.execute(bind, {**plain, "role": role, "since": since})
        session.commit()
    engine.dispose()
