"""The whole house with beds to block and unblock, and the same work without its record.

Blocking a bed is an ordinary command: it reads five rows, writes one, publishes one event.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlmodel import Session

from app.migrate import upgrade
from app.wiring import App, build
from audit.entry import Draft
from audit.seal import FieldVault
from audit.stream import Stream
from domain.beds.blocks import BlockBed, UnblockBed
from domain.beds.commands import AddBed
from domain.beds.model import BlockReason
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import RoomKind
from kit.clock import utc_now
from kit.command import Command
from kit.db import mark_ledgered
from kit.ids import new_id
from kit.work import Actor, ActorKind, Work
from tests.house import KEYS, enrol, settings_for
from tests.postgres_server import driver_address, durable

MAKERS = ("system-administrator", "house-supervisor", "charge-nurse")
BEDS = 64


class WriteHouse:
    """Started on a database of its own, background threads and all; jobs do not run."""

    def __init__(self, url: str, folder: Path) -> None:
        folder.mkdir()
        upgrade(url)
        self.url, self.folder = url, folder
        self.actor = Actor(enrol(url, *MAKERS).id, ActorKind.SERVICE, session=new_id())
        app = self.open()
        self.beds = self._furnish(app)
        app.stop()

    def open(self, *, sequencer: bool = True) -> App:
        """A program on the database. Without its sequencer it may be one of several."""
        app = build(settings_for(self.url, self.folder), keys=KEYS)
        if sequencer:
            app.start(jobs=False)
        else:
            app.watch.step()
        return app

    def run(self, app: App, command: Command[Any]) -> Any:
        """As the API would: with a key, so that its answer is kept."""
        return app.pipeline.run(self.actor, command, key=str(uuid4())).result

    def bare(self, session: Session, command: Command[Any]) -> None:
        """The same rows read and written: no policy, ledger, events or kept answer."""
        work = Work(session, utc_now(), self.actor, FieldVault(KEYS).bind(session), _no_parts)
        command.scope(work)
        command.apply(work)
        session.commit()

    def _furnish(self, app: App) -> list[UUID]:
        hospital = self.run(app, OpenHospital(code="N", name_zh="北医院", name_en="North"))
        ward = self.run(app, OpenWard(
            hospital_id=hospital.id, code="A", name_zh="A", name_en="A", licensed_beds=BEDS,
            staffed_beds=BEDS,
        ))  # fmt: skip
        beds: list[UUID] = []
        for number in range(BEDS):
            if number % 4 == 0:
                room = self.run(app, AddRoom(ward_id=ward.id, code=str(number), kind=RoomKind.BAY))
            beds.append(self.run(app, AddBed(room_id=room.id, code=str(number))).id)
        return beds


class Unrecorded(Stream):
    """Writes no entry, and lets the commit pass."""

    def append(self, connection: Connection, drafts: Sequence[Draft]) -> list[int]:
        mark_ledgered(connection)
        return [0] * len(drafts)


class Unwatched:
    """In the place of `Changes`: nobody looks at what was flushed."""

    @classmethod
    def watch(cls, _session: Session) -> "Unwatched":
        return cls()

    def collected(self) -> tuple[()]:
        return ()


@dataclass(frozen=True, slots=True)
class Made:
    folder: str
    urls: dict[str, str]


def block_and_unblock(bed: UUID) -> tuple[Command[Any], Command[Any]]:
    later = utc_now() + timedelta(hours=3)
    return (
        BlockBed(bed_id=bed, reason=BlockReason.REPAIR, expected_until=later),
        UnblockBed(bed_id=bed),
    )


@contextmanager
def databases() -> Iterator[Made]:
    """Two SQLite files on the disk and a PostgreSQL database; all are gone afterwards."""
    name = f"wardgrid_bench_{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="bench-writes-", dir="/var/tmp") as folder:
        server = durable()
        with psycopg.connect(driver_address(server), autocommit=True) as admin:
            admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
            try:
                postgres = make_url(server).set(database=name)
                yield Made(folder, {
                    "sqlite": f"sqlite:///{folder}/writes.db",
                    "crowd": f"sqlite:///{folder}/crowd.db",
                    "postgresql": postgres.render_as_string(hide_password=False),
                })  # fmt: skip
            finally:
                admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _no_parts(_work: Work, _command: Command[Any]) -> Any:
    raise AssertionError("these commands have no parts")
