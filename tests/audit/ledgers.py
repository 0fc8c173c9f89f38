"""A small ledger to try things on: one signing key, one secret, a fixed clock."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from audit import ddl, ddl_pruning
from audit.entry import Change, Draft, OperationRef, PolicyRef, ResourceRef
from audit.export import export_ledger
from audit.intake import Alarm
from audit.report import Report
from audit.sequencer import Sequencer
from audit.signer import Signer
from audit.stream import Stream, Streams
from audit.verify import verify
from kit.db import open_engine

LOG = "hospital.example/ledger"
SECRET = bytes(range(32))
SIGNER = Signer(LOG, bytes(range(32, 64)))
NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def some_id(number: int) -> UUID:
    return UUID(int=(0x7 << 76) | (0x2 << 62) | number)


def draft(number: int = 0, **given: Any) -> Draft:
    """An admission; every number makes another one."""
    fields: dict[str, Any] = {
        "at": NOON + timedelta(seconds=number),
        "actor_id": some_id(1),
        "role": "bed-manager",
        "session": some_id(2),
        "action": "bed.admit",
        "outcome": "done",
        "purpose": "TREAT",
        "scope": f"{some_id(3)}/{some_id(4)}",
        "operation": OperationRef("AdmitPatient", "ab" * 32, str(some_id(5))),
        "resource": ResourceRef("stay", str(some_id(1000 + number)), 1),
        "subjects": (some_id(6),),
        "changes": (
            Change(
                "stay",
                str(some_id(1000 + number)),
                1,
                "insert",
                {"bed_id": (None, str(some_id(7))), "use": (None, "OCCUPIED")},
            ),
        ),
        "notes": {"command": "AdmitPatient"},
        "policy": PolicyRef("cd" * 32, "bed-manager:bed.admit", "allow"),
    }
    return Draft(**(fields | given))


class Ledger:
    """Writes, sequences, exports and verifies on one database."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.guard = folder / "ledger.guard"
        self.alarms: list[Alarm] = []
        self.witness_alarms: list[str] = []
        self.streams = Streams.resume(engine, LOG, SECRET)
        self.stream = self.streams.new()
        self.connection = engine.connect()
        self.sequencer = self.new_sequencer()
        self._number = 0

    def new_sequencer(self) -> Sequencer:
        return Sequencer(self.engine, SIGNER, [SECRET], self.guard, alarm=self.alarms.append)

    def close(self) -> None:
        self.connection.close()
        self.sequencer.close()

    def write(self, *drafts: Draft, stream: Stream | None = None) -> list[int]:
        """One transaction; by default of one admission."""
        self._number += 1
        stream = stream or self.stream
        with self.connection.begin():
            ids = stream.append(self.connection, drafts or [draft(self._number)])
        stream.committed()
        return ids

    def fill(self, count: int) -> None:
        """As many entries, each with a checkpoint of its own."""
        for _ in range(count):
            self.write()
            self.sequence()

    def sequence(self) -> str:
        """Link everything; the newest note."""
        deadline = time.monotonic() + 30  # other databases' transactions hold PostgreSQL back
        while True:
            while self.sequencer.step():
                pass
            if not self._unlinked() or time.monotonic() > deadline:
                break
            time.sleep(0.005)
        return self.sequencer.checkpoint

    def _unlinked(self) -> int:
        with self.engine.connect() as connection:
            left = connection.exec_driver_sql(
                "SELECT count(*) FROM ledger_entry e WHERE NOT EXISTS"
                " (SELECT 1 FROM ledger_leaf l WHERE l.entry_id = e.id)"
            ).scalar_one()
            connection.rollback()
        return int(left)

    def export(self, **given: Any) -> Path:
        target = self.folder / "export"
        export_ledger(self.engine, target, SIGNER.verifier, durable=False, **given)
        return target

    def verify(self, *previous: str, keys: Sequence[str] = (SIGNER.verifier.text,)) -> Report:
        return verify(self.export(), keys, previous)

    def attack(self, tamper: Callable[[Connection], object], *, triggers: bool = False) -> None:
        """Someone who owns the database: no guard, and no triggers unless said."""
        address = self.engine.url.render_as_string(hide_password=False)
        bare = open_engine(address, guarded=False)
        try:
            with bare.begin() as connection:
                if not triggers:
                    drop_triggers(connection)
                tamper(connection)
        finally:
            bare.dispose()

    @contextmanager
    def another_connection(self) -> Iterator[None]:
        """A second writer: on PostgreSQL a session writes one stream."""
        first = self.connection
        with self.engine.connect() as self.connection:
            yield
        self.connection = first

    def new_sequencer_after_stop(self) -> Sequencer:
        """As the next process would make it."""
        self.sequencer.close()
        return self.new_sequencer()


def drop_triggers(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        for name in ddl.trigger_names("sqlite"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        return
    for table in (*ddl.APPEND_ONLY, *ddl_pruning.TABLES):
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")


@contextmanager
def opened(engine: Engine, folder: Path) -> Iterator[Ledger]:
    ledger = Ledger(engine, folder)
    ledger.sequencer.open()
    try:
        yield ledger
    finally:
        ledger.close()
