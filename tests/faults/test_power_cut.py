"""A power cut at any moment loses nothing that a client was told, and leaves nothing half done.

The control runs show that the simulation can see a loss: with `synchronous=NORMAL`, which a
kill -9 cannot tell from FULL, acknowledged changes are gone.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import kit.db
from app.wiring import build, ledger_signer
from audit.export import export_ledger
from audit.report import Result
from audit.verify import verify
from domain.places.commands import OpenHospital
from kit.work import Actor
from tests.faults.apsw_driver import use_vfs
from tests.faults.power_cut import AfterCut, Recording, RecordingLayer
from tests.house import KEYS, enrol, house, settings_for

WRITERS, CHANGES = 4, 30
DATABASE = "wardgrid.db"


@dataclass(slots=True)
class Found:
    """What was wrong after the cuts, by kind."""

    cuts: int = 0
    lost: int = 0
    corrupt: int = 0
    half_done: list[dict[str, int]] = field(default_factory=list)


@pytest.fixture
def own_file(sqlite_url: str, tmp_path: Path) -> str:
    file = tmp_path / DATABASE
    file.write_bytes(Path(sqlite_url.removeprefix("sqlite:///")).read_bytes())
    return f"sqlite:///{file}"


def test_no_acknowledged_change_is_lost_in_a_power_cut(
    own_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = _recorded(own_file, tmp_path, monkeypatch, "FULL")
    assert _after_cuts(recording, 100, tmp_path) == Found(cuts=100)
    _ledger_verifies_after_cuts(recording, 4, tmp_path)


def test_the_simulation_sees_the_loss_that_normal_would_bring(
    own_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = _recorded(own_file, tmp_path, monkeypatch, "NORMAL")
    found = _after_cuts(recording, 100, tmp_path)
    assert found.lost > 10


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10))
def test_no_acknowledged_change_is_lost_in_two_thousand_power_cuts(
    own_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    recording = _recorded(own_file, tmp_path, monkeypatch, "FULL")
    assert _after_cuts(recording, 200, tmp_path, seed) == Found(cuts=200)
    _ledger_verifies_after_cuts(recording, 20, tmp_path, seed)


def _recorded(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, synchronous: str
) -> Recording:
    """The program under writers, on a disk that is recorded."""
    actor = enrol(url, "system-administrator")
    recording = Recording({DATABASE: Path(url.removeprefix("sqlite:///")).read_bytes()})
    layer = RecordingLayer(recording)
    connected = kit.db._sqlite_connect

    def connect(connection: Any, record: Any) -> None:
        connected(connection, record)
        connection.execute("PRAGMA wal_autocheckpoint = 100")  # so that the log is folded in often
        if synchronous != "FULL":
            connection.execute(f"PRAGMA synchronous = {synchronous}")

    with monkeypatch.context() as patch:
        use_vfs(patch, layer.name)
        patch.setattr(kit.db, "_sqlite_connect", connect)
        with house(url, folder) as app, ThreadPoolExecutor(WRITERS) as writers:
            for done in [
                writers.submit(_write, app, actor, recording, writer) for writer in range(WRITERS)
            ]:
                done.result()
    return recording


def _write(app: Any, actor: Actor, recording: Recording, writer: int) -> None:
    for number in range(CHANGES):
        code = f"H{writer}-{number}"
        app.pipeline.run(actor, OpenHospital(code=code, name_zh="医院", name_en=code), key=code)
        recording.acknowledged(code)


def _after_cuts(recording: Recording, count: int, folder: Path, seed: int = 0) -> Found:
    found = Found()
    for cut in recording.cuts(count, seed):
        for connection in _powered_on(cut, folder):
            found.cuts += 1
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                found.corrupt += 1
                continue
            there = {code for (code,) in connection.execute("SELECT code FROM hospital")}
            found.lost += not cut.acknowledged <= there
            counts = _counts(connection)
            if set(counts.values()) != {len(there)}:
                found.half_done.append(counts)
    return found


def _powered_on(cut: AfterCut, folder: Path) -> Iterator[sqlite3.Connection]:
    for old in folder.glob(f"{DATABASE}*"):
        old.unlink()
    cut.restore(folder)
    connection = sqlite3.connect(folder / DATABASE)
    try:
        yield connection
    finally:
        connection.close()


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    """What each change leaves: a row, its entry, its answer and its event, or nothing."""
    bodies = (json.loads(body) for (body,) in connection.execute("SELECT body FROM ledger_entry"))
    entries = Counter(body["outcome"] for body in bodies if body["action"] == "place.manage")
    counts = {"entries": entries["done"]}
    for table in ("hospital", "first_answer", "outbox"):
        counts[table] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return counts


def _ledger_verifies_after_cuts(
    recording: Recording, count: int, folder: Path, seed: int = 0
) -> None:
    for cut in recording.cuts(count, seed + 1000):
        for connection in _powered_on(cut, folder):
            if not connection.execute("SELECT count(*) FROM ledger_entry").fetchone()[0]:
                continue  # cut before the first commit: there is nothing to sign
            app = build(settings_for(f"sqlite:///{folder / DATABASE}", folder / "none"), keys=KEYS)
            try:
                app.settings.guard_file.parent.mkdir(exist_ok=True)
                app.settings.guard_file.unlink(missing_ok=True)
                app.sequencer.open(adopt=True)
                while app.sequencer.step():
                    pass
                key = ledger_signer(app.settings, KEYS).verifier
                export_ledger(app.engine, folder / "export", key, durable=False)
            finally:
                app.stop()
            report = verify(folder / "export", [key.text])
            assert report.result is Result.PASS, report.page()
            assert report.entries >= len(cut.acknowledged)
