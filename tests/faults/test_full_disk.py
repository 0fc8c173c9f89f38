"""A full disk: what cannot be written is refused in so many words, reading goes on, nothing is lost.

Once on a real small file system (as root, who may mount one), once with every n-th write failing.
"""

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import apsw
import orjson
import pytest
from sqlmodel import col, select

from api.context import Context
from api.program import _ready
from api.schema import build_schema
from app.drafts import Operation
from app.wiring import App, ledger_signer
from audit.export import export_ledger
from audit.report import Result
from audit.tables import LEDGER_ENTRY
from audit.verify import verify
from domain.places.commands import OpenHospital
from domain.places.model import Hospital
from kit.clock import utc_now
from kit.db import reading
from kit.errors import ReadOnly
from kit.work import NETWORK, Actor, ActorKind
from tests.faults.apsw_driver import use_vfs
from tests.faults.small_disk import mounted
from tests.house import KEYS, enrol, house, sign

MIB = 1 << 20
FULL = "read-only: the disk is full"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", "12m") as place:
        yield place


def change(app: App, actor: Actor, code: str) -> None:
    command = OpenHospital(code=code, name_zh="医院", name_en="h" * 60)
    app.pipeline.run(actor, command, key=code)


def read_recorded(app: App, actor: Actor) -> None:
    """What an answer that shows a patient waits for."""
    app.pipeline.record(
        app.drafts.read(
            utc_now(), actor, "patient.read", NETWORK, Operation("Chart"), (), ("name",)
        )
    )


def until_unrecorded(app: App, actor: Actor) -> int:
    """How many reads were put on record before one had to be refused."""
    for number in range(20_000):
        try:
            read_recorded(app, actor)
        except ReadOnly:
            return number
    raise AssertionError("the disk never became full")


def fill(file: Path, *, leave: int) -> None:
    """Take what is free; the house takes some of it at the same time."""
    for _ in range(100):
        free = shutil.disk_usage(file.parent).free
        with file.open("wb") as filled:
            if free <= leave:
                return
            with suppress(OSError):
                os.posix_fallocate(filled.fileno(), 0, free - leave)
                return
    raise AssertionError("the disk could not be filled")


def until_full(app: App, actor: Actor, prefix: str) -> list[str]:
    """What was acknowledged before the first refusal."""
    done: list[str] = []
    for number in range(20_000):
        code = f"{prefix}{number}"
        try:
            change(app, actor, code)
        except ReadOnly:
            return done
        done.append(code)
    raise AssertionError("the disk never became full")


def codes(app: App) -> list[str]:
    with reading(app.engine) as session:
        return list(session.exec(select(col(Hospital.code))))


def ledgered(app: App, folder: Path) -> Counter[str]:
    """Outcomes of the changes in a ledger that verifies."""
    sign(app)
    key = ledger_signer(app.settings, KEYS).verifier
    export_ledger(app.engine, folder, key, durable=False)
    report = verify(folder, [key.text])
    assert report.result is Result.PASS, report.page()
    with reading(app.engine) as session:
        bodies = [orjson.loads(body) for (body,) in session.execute(select(LEDGER_ENTRY.c.body))]
    return Counter(f"{body['action']} {body['outcome']}" for body in bodies)


def recovered(app: App, actor: Actor, code: str) -> float:
    """Seconds until a change is taken again, by the program's own looking."""
    began = time.monotonic()
    while True:
        try:
            change(app, actor, code)
            return time.monotonic() - began
        except ReadOnly:
            assert time.monotonic() < began + 30
            time.sleep(0.05)


def test_a_small_disk_that_fills_up_and_is_freed_again(
    small_disk: Path, sqlite_url: str, tmp_path: Path
) -> None:
    actor = enrol(sqlite_url, "system-administrator")
    person = Actor(actor.id, ActorKind.PERSON)
    file = small_disk / "wardgrid.db"
    file.write_bytes(Path(sqlite_url.removeprefix("sqlite:///")).read_bytes())
    alarms: list[str] = []
    given: dict[str, Any] = {"disk_floor_mib": 0, "disk_reserve_mib": 1}
    with house(f"sqlite:///{file}", small_disk, told=alarms, **given) as app:
        fill(small_disk / "ballast", leave=MIB // 2)
        done = until_full(app, actor, "A")
        assert done
        assert FULL in alarms
        assert app.room.on
        assert not app.room.file.exists()  # given up, so that what follows can be recorded
        assert sorted(codes(app)) == sorted(done)
        read_recorded(app, actor)
        with pytest.raises(ReadOnly):
            change(app, person, "REFUSED")

        fill(small_disk / "more", leave=0)
        recorded = until_unrecorded(app, actor)  # from there on such a read is refused
        assert recorded < 5_000
        assert sorted(codes(app)) == sorted(done)
        assert _ready(app)().body()["readOnly"] is True
        assert app.metrics.registry.get_sample_value("wardgrid_read_only") == 1
        assert status(app, actor) == "READ_ONLY"

        (small_disk / "ballast").unlink()
        (small_disk / "more").unlink()
        assert recovered(app, actor, "BACK") <= 5
        assert app.room.file.stat().st_size == MIB
        assert status(app, actor) == "GOOD"
        assert sorted(codes(app)) == sorted([*done, "BACK"])
        found = ledgered(app, tmp_path / "export")
        assert found["place.manage done"] == len(done) + 1
        assert found["program.read_only done"] >= 1
        assert found["place.manage fault"] >= 1  # the refusals of a person


def status(app: App, actor: Actor) -> str:
    async def run() -> Any:
        context = Context(app, actor)
        return await build_schema().execute("{ serviceStatus { state } }", context_value=context)

    state: str = anyio.run(run).data["serviceStatus"]["state"]
    return state


class FullLayer(apsw.VFS):
    """SQLite's file layer; after `left` more writes the disk is full, until it is healed."""

    def __init__(self) -> None:
        self.name = f"full-{id(self)}"
        self.left: int | None = None
        super().__init__(self.name, "unix")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        # The database itself is written only when the log is folded in after a commit. SQLite
        # keeps quiet about a failure there, apsw would raise it; the small disk has it anyway.
        if flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            return apsw.VFSFile("unix", name, flags)
        return _FullFile(self, name, flags)

    def take_one(self) -> None:
        if self.left is not None:
            if self.left <= 0:
                raise apsw.FullError("no room")
            self.left -= 1


class _FullFile(apsw.VFSFile):
    def __init__(self, layer: FullLayer, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._layer = layer

    def xWrite(self, data: bytes, offset: int) -> None:
        self._layer.take_one()
        super().xWrite(data, offset)


def three_changes(app: App, actor: Actor, number: int, sent: list[str]) -> int:
    """How many of them were refused."""
    refused = 0
    for part in range(3):
        sent.append(f"N{number}-{part}")
        try:
            change(app, actor, sent[-1])
        except ReadOnly:
            refused += 1
            assert sent[-1] not in codes(app)  # reading goes on
    return refused


def every_nth_write(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
    actor = enrol(url, "system-administrator")
    layer, sent = FullLayer(), list[str]()
    with monkeypatch.context() as patch:
        use_vfs(patch, layer.name)
        given: dict[str, Any] = {"disk_floor_mib": 0, "disk_reserve_mib": 0}
        with house(url, folder, told=[], **given) as app:
            refused = 0
            for number in range(rounds):
                layer.left = number
                try:
                    refused += three_changes(app, actor, number, sent)
                finally:
                    layer.left = None
                app.room.look()
                assert not app.room.on
                for code in sent[-3:]:
                    change(app, actor, code)  # as a client would: the same key again
            assert refused >= min(rounds, 20)
            assert sorted(codes(app)) == sorted(sent)
            found = ledgered(app, folder / "export")
            assert found["place.manage done"] == len(sent)


def test_every_nth_write_that_fails_loses_and_doubles_nothing(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every_nth_write(sqlite_url, tmp_path, monkeypatch, rounds=45)


@pytest.mark.nightly
def test_every_nth_write_through_a_long_run(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every_nth_write(sqlite_url, tmp_path, monkeypatch, rounds=600)
