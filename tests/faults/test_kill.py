"""kill -9 at any moment: nothing that was answered is lost, done twice, or without its entry.

A client whose answer never came sends the same request with the same key until one comes.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from app.settings import load
from app.wiring import ledger_signer
from audit.export import export_ledger
from audit.keys import load_keys
from audit.report import Result
from audit.verify import verify
from kit.db import open_engine
from tests.faults.serving import Client, NoAnswer, Served

WRITERS = 8
PATIENCE_S = 60  # without an answer the server is broken, not slow


@dataclass(slots=True)
class Journal:
    """What the clients know: codes that were asked for, and the id that each was answered with."""

    asked: set[str] = field(default_factory=set)
    answered: dict[str, str] = field(default_factory=dict)
    contradicted: list[str] = field(default_factory=list)
    unanswered: int = 0

    def told(self, code: str, key: str) -> None:
        if self.answered.setdefault(code, key) != key:
            self.contradicted.append(code)


@pytest.mark.parametrize("rounds", [13, pytest.param(150, marks=pytest.mark.nightly)])
def test_nothing_answered_is_lost_doubled_or_unaudited_by_a_kill(
    served: Served, rounds: int, record_property: Callable[[str, object], None]
) -> None:
    journal, stop = Journal(), threading.Event()
    writers = [
        threading.Thread(target=_write, args=(served, number, journal, stop))
        for number in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    try:
        _kill_again_and_again(served, journal, rounds)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    served.stop()
    record_property("restarts_s", sorted(served.starts_s[1:]))
    _everything_is_there_once(served.folder, journal)
    assert '"event": "stopped"' in served.log().splitlines()[-1]
    assert journal.unanswered > 0, "no request was under way at any kill: the test saw nothing"
    assert len(journal.answered) > rounds * WRITERS


def _kill_again_and_again(served: Served, journal: Journal, rounds: int) -> None:
    dice = random.Random(rounds)
    for _ in range(rounds):
        _until_answers_come(journal)
        time.sleep(dice.uniform(0.0, 0.3))  # so that the kill comes at any moment of the work
        served.kill()
        served.start()
    _until_answers_come(journal)


def _until_answers_come(journal: Journal) -> None:
    before, deadline = len(journal.answered), time.monotonic() + PATIENCE_S
    while len(journal.answered) < before + WRITERS:
        assert time.monotonic() < deadline, "the server answers nobody"
        time.sleep(0.005)


def _write(served: Served, number: int, journal: Journal, stop: threading.Event) -> None:
    client, count = Client(served.port, served.token), 0
    while not stop.is_set():
        count += 1
        code = f"K{number}-{count}"
        journal.asked.add(code)
        journal.told(code, _ask_until_answered(client, code, journal))
    client.close()


def _ask_until_answered(client: Client, code: str, journal: Journal) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert time.monotonic() < deadline, f"no answer for {code}"
        try:
            answer = client.open_hospital(code, key=code)
        except NoAnswer:
            journal.unanswered += 1
            time.sleep(0.02)
            continue
        if answer["__typename"] == "Hospital":
            key: str = answer["id"]
            return key
        assert answer["retryable"], answer


def _everything_is_there_once(folder: Path, journal: Journal) -> None:
    settings = load(folder)
    engine = open_engine(settings.database)
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(text("SELECT code, id FROM hospital")).all()
        bodies = connection.execute(text("SELECT body FROM ledger_entry")).scalars().all()
        connection.rollback()
    there = {code: str(key).replace("-", "") for code, key in rows}
    assert journal.contradicted == []
    assert there == {code: key.replace("-", "") for code, key in journal.answered.items()}
    assert set(there) == journal.asked
    entries = [json.loads(body) for body in bodies]
    audited = sorted(
        entry["resource"]["id"].replace("-", "")
        for entry in entries
        if (entry["action"], entry["outcome"]) == ("place.manage", "done")
    )
    assert audited == sorted(there.values())
    _ledger_verifies(folder, len(entries))
    engine.dispose()


def _ledger_verifies(folder: Path, entries: int) -> None:
    """The drained program has signed everything, and the guard still knows this log."""
    settings = load(folder)
    key = ledger_signer(settings, load_keys(settings.key_folder)).verifier
    engine = open_engine(settings.database)
    export_ledger(engine, folder / "export", key, durable=False)
    engine.dispose()
    report = verify(folder / "export", [key.text])
    assert (report.result, report.entries) == (Result.PASS, entries), report.page()
