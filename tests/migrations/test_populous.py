"""P10: 200,000 rows go down a step and up again; and the program goes on beside online steps."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import pytest
from sqlmodel import col, select

from app.migrate import downgrade, newest_revision, revision_of, steps_ahead, upgrade
from app.wiring import App, build, ledger_signer
from audit.export import export_ledger
from audit.report import Result
from audit.verify import verify
from domain.beds.inventory import AddBed
from domain.beds.model import Bed
from domain.patients.identity import Identity
from domain.patients.model import Patient
from domain.patients.registration import RegisterPatient
from kit.command import Command
from kit.db import open_engine, reading
from kit.errors import Retry
from kit.work import Actor
from tests.databases import Databases, Kind
from tests.house import KEYS, enrol, house, settings_for, sign
from tests.migrations.populous import BEDS, Shapes, Ward, fill, shapes, sums
from tests.migrations.populous import build as build_ward

pytestmark = pytest.mark.nightly
MAKERS = ("system-administrator", "bed-manager")
LOWEST = "outbound"  # the tables of the writers below are since then as the program knows them
PATIENTS_SINCE = "erasures"  # the same of patients
TOLD = {"LOST_A_RACE", "IN_FLIGHT", "DATABASE_AWAY"}


def test_200_000_rows_are_the_same_after_a_step_down_and_up(
    databases: Databases, database_kind: Kind, database_url: str, tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    actor = enrol(database_url, *MAKERS)
    with house(database_url, tmp_path) as app:
        ward = build_ward(app, actor)
    assert fill(database_url, ward) >= 200_000
    with house(database_url, tmp_path) as app:
        sign(app)
    engine = open_engine(database_url, guarded=False)
    both = _of_both(shapes(engine), _shape_below(databases, database_kind))
    before = sums(engine, both)
    assert sum(rows for rows, _ in before.values()) >= 200_000
    with timed(record_property, "down_s"):
        downgrade(database_url)
    assert revision_of(engine) != newest_revision()
    assert sums(engine, both) == before
    with timed(record_property, "up_s"):
        upgrade(database_url)
    assert revision_of(engine) == newest_revision()
    assert sums(engine, both) == before
    engine.dispose()
    with house(database_url, tmp_path) as app:
        _verifies(app, tmp_path)


def _shape_below(databases: Databases, kind: Kind) -> Shapes:
    with databases.empty(kind) as url:
        upgrade(url)
        downgrade(url)
        engine = open_engine(url, guarded=False)
        found = shapes(engine)
        engine.dispose()
    return found


def _of_both(one: Shapes, other: Shapes) -> Shapes:
    """All but what tells the revision, and how often a policy was taken over, as `upgrade` does."""
    tables = sorted((one.keys() & other.keys()) - {"alembic_version", "authz_epoch"})
    return {table: sorted(set(one[table]) & set(other[table])) for table in tables}


@contextmanager
def timed(record: Callable[[str, object], None], name: str) -> Iterator[None]:
    began = perf_counter()
    yield
    record(name, round(perf_counter() - began, 2))


def _verifies(app: App, folder: Path) -> None:
    sign(app)
    key = ledger_signer(app.settings, KEYS).verifier
    export_ledger(app.engine, folder / "export", key, durable=False)
    report = verify(folder / "export", [key.text])
    assert report.result is Result.PASS, report.page()


@dataclass(slots=True)
class Writers:
    """Send command after command until each is taken; wait while the house is shut."""

    app: App
    actor: Actor
    ward: Ward
    taken: Counter[str] = field(default_factory=Counter)  # codes, as they were acknowledged
    told: Counter[str] = field(default_factory=Counter)  # reasons of refusals
    patients: bool = False
    turns: list[threading.Lock] = field(
        default_factory=lambda: [threading.Lock() for _ in range(4)]
    )
    ended: threading.Event = field(default_factory=threading.Event)

    def work(self, number: int) -> None:
        turn = 0
        while not self.ended.is_set():
            turn += 1
            with self.turns[number]:
                self._insist(f"{number}-{turn}", self._bed(number, turn))
                if self.patients:
                    self._insist(f"P{number}-{turn}", self._patient(number, turn))

    @contextmanager
    def shut(self) -> Iterator[None]:
        """Nobody is in the middle of a turn, and nobody begins one."""
        with ExitStack() as held:
            for turn in self.turns:
                held.enter_context(turn)
            yield

    def wait_for(self, more: int) -> None:
        wanted = self.taken.total() + more
        while self.taken.total() < wanted:
            sleep(0.01)

    def _bed(self, number: int, turn: int) -> Command[Any]:
        return AddBed(room_id=self.ward.room, code=f"N{number}-{turn}")

    def _patient(self, number: int, turn: int) -> Command[Any]:
        return RegisterPatient(hospital_id=self.ward.hospital, weight_g=1000 + turn,
                               identity=Identity(family_en=f"Family{number}"))  # fmt: skip

    def _insist(self, code: str, command: Command[Any]) -> None:
        while True:
            try:
                self.app.pipeline.run(self.actor, command, key=code)
            except Retry as why:
                self.told[why.reason] += 1
                sleep(0.01)
            else:
                self.taken[code] += 1
                return


def test_no_writer_fails_and_none_is_lost_while_online_steps_are_made(
    postgres_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    actor = enrol(postgres_url, *MAKERS)
    with house(postgres_url, tmp_path) as app:
        ward = build_ward(app, actor)
    fill(postgres_url, ward)
    # not started: its policy and its sequencer are of this release; its writer works at each step
    app = build(settings_for(postgres_url, tmp_path), keys=KEYS)
    writers = Writers(app, actor, ward)
    downgrade(postgres_url, LOWEST)
    done = _climb(postgres_url, writers, record_property)
    assert done >= 18
    app.stop()
    assert set(writers.told) <= TOLD
    with house(postgres_url, tmp_path) as app:
        with reading(app.engine) as session:
            beds = [code for code in session.exec(select(col(Bed.code))) if code[0] == "N"]
            people = session.exec(
                select(col(Patient.id)).where(col(Patient.weight_g).is_not(None))
            ).all()
        registered = {code for code in writers.taken if code[0] == "P"}
        assert sorted(beds) == sorted(f"N{code}" for code in writers.taken.keys() - registered)
        assert len(people) == len(registered)
        assert len(beds) > BEDS
        _verifies(app, tmp_path)


def _climb(url: str, writers: Writers, record: Callable[[str, object], None]) -> int:
    """Every step up, with writers beside those that are online; how many of these there were."""
    online = 0
    with ThreadPoolExecutor(len(writers.turns)) as threads:
        working = [threads.submit(writers.work, number) for number in range(len(writers.turns))]
        try:
            for step in steps_ahead(url):
                if step.online:
                    writers.wait_for(8)
                    with timed(record, f"{step.revision}_s"):
                        upgrade(url, step.revision)
                    online += 1
                else:
                    with writers.shut():
                        upgrade(url, step.revision)
                writers.patients = writers.patients or step.revision == PATIENTS_SINCE
                assert not any(one.done() for one in working)  # a writer ends by a fault alone
        finally:
            writers.ended.set()
        for one in working:
            one.result()
    return online
