"""A house with sealed fields of many people, and a child process that turns keys until killed."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

import app.rotation.turning as turning
from app.rotation.fields import field_places
from app.rotation.stages import sealed_columns
from app.wiring import App, build
from audit.keys import Keys, init_keys, load_keys
from audit.seal import FieldVault
from audit.subjects import SubjectKey
from audit.tables import LEDGER_ENTRY
from domain.keys.commands import ApproveKeyRotation, RequestKeyRotation
from domain.keys.model import KeyRotation, RotationKind, RotationState
from domain.patients.commands import RegisterPatient
from domain.patients.identity import Identifier, Identity
from domain.places.commands import OpenHospital
from kit.canonical import parse_canonical
from kit.clock import utc_now
from kit.command import Command
from kit.db import open_engine, reading
from kit.work import Actor
from tests.house import enrol, settings_for

BATCH = 5


@dataclass
class House:
    """`now` moves only when told."""

    url: str
    folder: Path
    now: datetime = datetime(2026, 11, 30, 12, tzinfo=UTC)
    app: App = field(init=False)
    keys: Keys = field(init=False)
    desk: Actor = field(init=False)
    custodians: Sequence[Actor] = ()
    hospital: UUID = field(init=False)
    people: int = 0

    def __post_init__(self) -> None:
        init_keys(self.folder / "keys")
        self.desk = enrol(self.url, "system-administrator", "bed-manager")
        self.custodians = [enrol(self.url, "key-custodian") for _ in range(2)]
        self.open()
        opened = self.do(OpenHospital(code="H", name_zh="院", name_en="H"))
        self.hospital = opened.id

    def open(self) -> None:
        self.keys = load_keys(self.folder / "keys")
        self.app = build(settings_for(self.url, self.folder), keys=self.keys,
                         clock=lambda: self.now)  # fmt: skip
        self.app.start(jobs=False)

    def again(self) -> None:
        """Another process, with nothing in memory."""
        self.app.stop()
        self.open()

    def do(self, command: Command[Any], actor: Actor | None = None) -> Any:
        return self.app.pipeline.run(actor or self.desk, command).result

    def register(self, count: int = 1) -> None:
        for _ in range(count):
            self.people += 1
            self.do(RegisterPatient(
                hospital_id=self.hospital,
                identity=Identity(family_zh="王", given_zh=f"第{self.people}", phone="139"),
                identifiers=(Identifier(system="MRN", value=f"N{self.people}"),),
            ))  # fmt: skip

    def begin(self, kind: RotationKind) -> UUID:
        first, second = self.custodians
        self.now += timedelta(seconds=1)
        made = self.do(RequestKeyRotation(kind=kind), first)
        key: UUID = self.do(ApproveKeyRotation(rotation_id=made.id), second).id
        self.now += timedelta(seconds=6)
        return key

    def turn(self, rotation: UUID, times: int = 10_000) -> KeyRotation:
        """Rounds of the jobs until it ends or waits; the clock stands."""
        for _ in range(times):
            self.app.jobs.round()
            row = self.rotation(rotation)
            if row.state is not RotationState.RUNNING or (row.due_at and row.due_at > self.now):
                break
        return self.rotation(rotation)

    def rotation(self, key: UUID) -> KeyRotation:
        with reading(self.app.engine) as session:
            return session.exec(select(KeyRotation).where(col(KeyRotation.id) == key)).one()

    def subject_keys(self) -> list[SubjectKey]:
        with reading(self.app.engine) as session:
            return list(session.exec(select(SubjectKey).order_by(col(SubjectKey.id))))

    def open_all(self, keys: Keys) -> int:
        """Every sealed field, with no key in memory. Raises SealBroken."""
        return opened(self.app.engine, keys)

    def steps(self) -> list[dict[str, Any]]:
        """What the ledger says of the batches that were done, in order."""
        asked = select(LEDGER_ENTRY.c.body).where(
            LEDGER_ENTRY.c.action.in_(["key_rotation.approve", "key_rotation.turn"]),
            LEDGER_ENTRY.c.outcome == "done",
        )
        with reading(self.app.engine) as session:
            rows = session.execute(asked.order_by(LEDGER_ENTRY.c.id)).scalars().all()
        return [dict(parse_canonical(bytes(body))["notes"]) for body in rows]


def opened(engine: Any, keys: Keys) -> int:
    count = 0
    with Session(engine) as session:
        vault = FieldVault(keys, keep_s=0).bind(session)
        for table, place_of in field_places().items():
            for row in session.exec(select(table)):
                for column in sealed_columns(table):
                    if sealed := getattr(row, column):
                        assert vault.open(sealed, place_of(row, column))
                        count += 1
        session.rollback()
    return count


def killed_after(batches: int, url: str, folder: Path) -> None:
    """Let another process turn keys and kill it -9 in the middle."""
    child = subprocess.Popen(  # our own file
        [sys.executable, "-m", "tests.keys.rotating", url, str(folder)], stdout=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    try:
        for _ in range(batches):
            assert child.stdout.readline() == b"turned\n"
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def _turn_for_ever(url: str, folder: Path) -> None:
    turning.BATCH = BATCH
    keys = load_keys(folder / "keys")
    program = build(settings_for(url, folder), keys=keys,
                    clock=lambda: utc_now() + timedelta(hours=24))  # fmt: skip
    program.start(jobs=False)
    engine = open_engine(url)
    while True:
        program.jobs.round()
        with reading(engine) as session:
            (row,) = session.exec(select(KeyRotation)).all()
            assert row.state is RotationState.RUNNING, row.state
        sys.stdout.write("turned\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _turn_for_ever(sys.argv[1], Path(sys.argv[2]))
