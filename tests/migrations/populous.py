"""A house with 200,000 rows, and what its tables held, whatever the database and the revision.

Bulk rows keep every rule that the database judges: they go through the tables' own constraints and
triggers, the ledger's through its streams.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, MetaData, Table, insert, inspect, select

from app.wiring import App
from audit.keys import KeyKind
from audit.stream import Streams
from bench.ledger import draft
from domain.beds.inventory import AddBed
from domain.beds.model import BedHygiene, BedStay, Hygiene, StayBegin, StayEnd
from domain.patients.model import Encounter, EncounterStatus, Patient, Sex
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.readings.model import READING
from kit.clock import microseconds, utc_now
from kit.command import Command
from kit.db import open_engine
from kit.ids import new_id
from kit.work import Actor
from tests.house import KEYS, LOG

BEDS, TURNS = 300, 100  # one stay after another in each bed, all of them over
READINGS, ENTRIES = 40_000, 12_000
CHUNK = 2_000
Sums = dict[str, tuple[int, str]]  # table: rows, their checksum
Shapes = dict[str, list[str]]  # table: its columns


@dataclass(frozen=True, slots=True)
class Ward:
    hospital: UUID
    ward: UUID
    room: UUID
    beds: list[UUID]


def build(app: App, actor: Actor) -> Ward:
    """A hospital with one ward and its beds, by commands."""

    def made(command: Command[Any]) -> UUID:
        key: UUID = app.pipeline.run(actor, command).result.id
        return key

    hospital = made(OpenHospital(code="GH", name_zh="总医院", name_en="General"))
    ward = made(OpenWard(hospital_id=hospital, code="W1", name_zh="一病区", name_en="Ward 1",
                         licensed_beds=BEDS, staffed_beds=BEDS))  # fmt: skip
    room = made(AddRoom(ward_id=ward, code="R1"))
    beds = [made(AddBed(room_id=room, code=f"B{number}")) for number in range(BEDS)]
    return Ward(hospital, ward, room, beds)


def fill(url: str, ward: Ward) -> int:
    """Patients, their stays, the beds' cleaning, readings and a ledger; how many rows."""
    since = utc_now() - timedelta(days=400)
    home = {"hospital_id": ward.hospital, "ward_id": ward.ward, "version": 1}
    stays = [
        _stay(home, bed, since + timedelta(hours=9 * turn), number * TURNS + turn)
        for number, bed in enumerate(ward.beds)
        for turn in range(TURNS)
    ]
    engine = open_engine(url, guarded=False)
    with engine.begin() as connection:
        for model, rows in zip((Patient, Encounter, BedHygiene, BedHygiene, BedStay),
                               zip(*stays, strict=True), strict=True):  # fmt: skip
            _store(connection, inspect(model).local_table, rows)
        _store(connection, READING, [_reading(number, since) for number in range(READINGS)])
    _ledger(engine)
    engine.dispose()
    return 5 * len(stays) + READINGS + ENTRIES


def sums(engine: Engine, columns: Shapes) -> Sums:
    """Of each table over its `columns`; the order of rows is no matter."""
    known = MetaData()
    with engine.connect().execution_options(readonly=True) as connection:
        known.reflect(connection, only=list(columns))
        found = {
            name: _sum(connection, known.tables[name], names) for name, names in columns.items()
        }
        connection.rollback()
    return found


def shapes(engine: Engine) -> Shapes:
    """Which columns each table has."""
    known = MetaData()
    known.reflect(engine)
    return {name: sorted(table.columns.keys()) for name, table in known.tables.items()}


def _sum(connection: Connection, table: Table, names: list[str]) -> tuple[int, str]:
    rows, total = 0, 0
    wanted = select(*[table.columns[name] for name in names])
    for row in connection.execute(wanted).yield_per(CHUNK):
        plain = [bytes(value) if isinstance(value, memoryview) else value for value in row]
        total += int.from_bytes(sha256(repr(plain).encode()).digest())
        rows += 1
    return rows, f"{total % (1 << 256):064x}"


def _store(connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), CHUNK):
        connection.execute(insert(table), rows[start : start + CHUNK])


def _ledger(engine: Engine) -> None:
    stream = Streams(LOG, KEYS.secret(KeyKind.MAC)).new()
    for _ in range(0, ENTRIES, CHUNK):
        with engine.begin() as connection:
            stream.append(connection, [draft() for _ in range(CHUNK)])
        stream.committed()


def _reading(number: int, since: datetime) -> dict[str, Any]:
    at = microseconds(since + timedelta(seconds=number))
    return {"channel_id": 1 + number % 40, "at": at, "received": at + 5, "stored": at + 9,
            "value": 36.5 + number % 30 / 10, "quality": 0}  # fmt: skip


def _stay(home: dict[str, Any], bed: UUID, begin: datetime, number: int) -> list[dict[str, Any]]:
    """Somebody of their own, eight hours in a clean bed, which is cleaned within one more."""
    end, patient, encounter = begin + timedelta(hours=8), new_id(), new_id()
    of_whom = {"subject": UUID(int=number + 1)}
    page = home | {"bed_id": bed, "recorded_at": begin, "recorded_by": UUID(int=1)}
    return [
        of_whom | {"id": patient, "version": 1, "hospital_id": home["hospital_id"],
                   "sex": (Sex.FEMALE, Sex.MALE)[number % 2], "privacy": number % 50 == 0,
                   "sensitivity": ["PSY"] if number % 97 == 0 else []},
        home | of_whom | {"id": encounter, "patient_id": patient, "moves": 0,
                          "encounter_class": "INPATIENT", "arrived_at": begin, "ended_at": end,
                          "status": EncounterStatus.DISCHARGED},
        page | {"id": new_id(), "hygiene": Hygiene.CLEAN, "since": begin, "until": end},
        page | {"id": new_id(), "hygiene": Hygiene.DIRTY, "since": end,
                "until": end + timedelta(hours=1)},
        page | of_whom | {"id": new_id(), "encounter_id": encounter, "begun_by": StayBegin.ADMIT,
                          "since": begin, "ended_by": StayEnd.DEPARTURE, "until": end,
                          "ended_recorded_at": end},
    ]  # fmt: skip
