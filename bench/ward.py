"""A ward of 30 beds and a house of 500, in SQLite, and their GraphQL types without the house.

The benches that compare ways of serving use it on every side: same rows, same JSON.
"""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import strawberry

BEDS, LISTED = 30, 500
STATES = ("OCCUPIED", "READY", "DIRTY", "BLOCKED")

_TABLE = """
CREATE TABLE bed (number INTEGER PRIMARY KEY, id TEXT, code TEXT, room TEXT, state TEXT,
 service TEXT, hygiene TEXT, available INTEGER, initials TEXT, since TEXT, stamp INTEGER);
"""
COLUMNS = "id, code, room, state, service, hygiene, available, initials, since, stamp"
WARD = (
    "query Ward { ward { asOf cursor beds { id code room { id code kind } state service hygiene"
    " available stay { id since initials sex ageBand isolation } stamp } } }"
)
LIST = "query List { list { id code state service hygiene available } }"


def make(file: Path) -> None:
    """A database with beds."""
    with sqlite3.connect(file) as connection:
        connection.executescript("PRAGMA journal_mode=WAL;" + _TABLE)
        connection.executemany(
            "INSERT INTO bed VALUES (?,?,?,?,?,?,?,?,?,?,?)", [_row(n) for n in range(LISTED)]
        )


def _row(n: int) -> tuple[Any, ...]:
    key = f"0193b2a4-0000-7000-8000-{n:012d}"
    return (n, key, f"{n:03d}", f"R{n // 3}", STATES[n % 4], "IN_SERVICE", "CLEAN", n % 2,
            "L.W.", "2026-11-22T08:00:00.000000Z", 0)  # fmt: skip


def open_read(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
    connection.execute("PRAGMA query_only=ON")
    return connection


def rows(connection: sqlite3.Connection, most: int) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = connection.execute(
        f"SELECT {COLUMNS} FROM bed ORDER BY number LIMIT ?", (most,)
    ).fetchall()
    return found


@strawberry.type
class Room:
    id: str
    code: str
    kind: str


@strawberry.type
class Stay:
    id: str
    since: str
    initials: str
    sex: str
    age_band: str
    isolation: str | None


@strawberry.type
class Bed:
    id: str
    code: str
    room: Room
    state: str
    service: str
    hygiene: str
    available: bool
    stay: Stay | None
    stamp: str


@strawberry.type
class Ward:
    as_of: str
    cursor: str
    beds: list[Bed]


def ward_view(found: list[tuple[Any, ...]]) -> Ward:
    return Ward(as_of="2026-11-22T12:00:00Z", cursor="c", beds=[_bed(row) for row in found])


def _bed(row: tuple[Any, ...]) -> Bed:
    key, code, room, state, service, hygiene, available, initials, since, stamp = row
    stay = Stay(id=key, since=since, initials=initials, sex="F", age_band="60-69", isolation=None)
    return Bed(
        id=key, code=code, room=Room(id=key, code=room, kind="SHARED"), state=state,
        service=service, hygiene=hygiene, available=bool(available),
        stay=stay if state == "OCCUPIED" else None, stamp=str(stamp),
    )  # fmt: skip


def ward_json(found: list[tuple[Any, ...]]) -> dict[str, Any]:
    """What a person would write by hand."""
    return {
        "asOf": "2026-11-22T12:00:00Z",
        "cursor": "c",
        "beds": [
            {
                "id": key, "code": code,
                "room": {"id": key, "code": room, "kind": "SHARED"},
                "state": state, "service": service, "hygiene": hygiene,
                "available": bool(available),
                "stay": {"id": key, "since": since, "initials": initials, "sex": "F",
                         "ageBand": "60-69", "isolation": None} if state == "OCCUPIED" else None,
                "stamp": str(stamp),
            }
            for key, code, room, state, service, hygiene, available, initials, since, stamp in found
        ],
    }  # fmt: skip


def list_json(found: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Six columns of each bed."""
    return [
        {"id": r[0], "code": r[1], "state": r[3], "service": r[4], "hygiene": r[5],
         "available": bool(r[6])}
        for r in found
    ]  # fmt: skip


@dataclass(frozen=True)
class Load:
    """The machine's load while a bench ran: other work makes figures worse, never better."""

    minute: float

    @classmethod
    def now(cls) -> "Load":
        return cls(float(Path("/proc/loadavg").read_text().split()[0]))


def show(result: dict[str, Any]) -> None:
    print(json.dumps(result, indent=1))
