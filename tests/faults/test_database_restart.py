"""The database server crashes and comes back under writers; and it has no connection to give."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlmodel import col, select

from app.migrate import upgrade
from app.wiring import App, ledger_signer
from audit.export import export_ledger
from audit.report import Result
from audit.verify import verify
from domain.places.commands import OpenHospital
from domain.places.model import Hospital
from kit.db import reading
from kit.errors import Retry
from kit.work import Actor
from tests import postgres_server
from tests.house import KEYS, enrol, house, sign

WRITERS, CHANGES = 4, 12


@pytest.fixture(scope="module")
def own_server() -> Iterator[str]:
    """A server that nobody else uses: this test kills a part of it."""
    url = postgres_server.start(os.getpid())
    upgrade(url)
    yield url
    folder = Path(url.partition("host=")[2])
    os.kill(int((folder / "rows/postmaster.pid").read_text().split()[0]), signal.SIGINT)


def crash(url: str) -> None:
    """Kill one backend as a fault would: the server ends all sessions and recovers from its log."""
    with psycopg.connect(postgres_server.driver_address(url), autocommit=True) as admin:
        found = admin.execute("SELECT pg_backend_pid()").fetchone()
        assert found is not None
        os.kill(found[0], signal.SIGKILL)


def insist(app: App, actor: Actor, code: str, told: Counter[str]) -> float:
    """Send until it is taken, as a client would; seconds from the first refusal."""
    began: float | None = None
    while True:
        try:
            app.pipeline.run(actor, OpenHospital(code=code, name_zh="院", name_en=code), key=code)
            return 0.0 if began is None else time.monotonic() - began
        except Retry as why:
            began = began or time.monotonic()
            told[why.reason] += 1
            assert time.monotonic() - began < 60
            time.sleep(0.02)


def held(app: App) -> Iterator[Connection]:
    """Every connection that the pool gives."""
    with suppress(PoolExhausted):
        while True:
            yield app.engine.connect()


def release(taken: list[Connection]) -> None:
    for one in taken:
        one.close()


def test_a_crash_and_an_exhausted_pool_lose_and_double_nothing(
    own_server: str, tmp_path: Path
) -> None:
    actor, told, begun = (
        enrol(own_server, "system-administrator"),
        Counter[str](),
        threading.Event(),
    )
    with house(own_server, tmp_path, told=[], database_pool=5) as app:
        app.decisions.reload()

        def write(number: int) -> list[float]:
            waits = []
            for change in range(CHANGES):
                waits.append(insist(app, actor, f"C{number}-{change}", told))
                if change == 2:
                    begun.set()
            return waits

        with ThreadPoolExecutor(WRITERS) as writers:
            tasks = [writers.submit(write, number) for number in range(WRITERS)]
            assert begun.wait(60)
            crash(own_server)
            waits = [wait for task in tasks for wait in task.result()]
        assert set(told) <= {"DATABASE_AWAY", "LOST_A_RACE", "IN_FLIGHT"}
        assert max(waits) <= 5  # the server is back in a moment, and the house with it
        with reading(app.engine) as session:
            codes = Counter(session.exec(select(col(Hospital.code))))
        taken = list(held(app))
        threading.Timer(3.0, release, [taken]).start()
        assert insist(app, actor, "POOL", told) <= 5
        assert set(told) <= {"DATABASE_AWAY", "LOST_A_RACE", "IN_FLIGHT"}
        assert codes == Counter(f"C{n}-{c}" for n in range(WRITERS) for c in range(CHANGES))
        sign(app)
        key = ledger_signer(app.settings, KEYS).verifier
        export_ledger(app.engine, tmp_path / "export", key, durable=False)
        assert verify(tmp_path / "export", [key.text]).result is Result.PASS
