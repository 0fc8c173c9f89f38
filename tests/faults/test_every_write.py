"""Every write of a change fails once, and fails once although it was done: nothing is lost,
doubled or unrecorded, and the ledger verifies."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlmodel import func, select

from app.pipeline import Done
from app.wiring import App, build
from audit.export import export_ledger
from audit.report import Result
from audit.verify import verify
from domain.places.commands import OpenHospital
from domain.places.model import Hospital
from kit.db import reading
from kit.work import Actor
from tests.house import KEYS, enrol, settings_for, sign

MOST = 60  # writes that a change may take; it must be fewer
WRITES = ("INSERT", "UPDATE", "DELETE", "RELEASE", "SAVEPOINT")


class Injector:
    """Lets the `at`-th write of the writer's threads fail, before or after it is done."""

    def __init__(self, app: App) -> None:
        self._dialect = app.engine.dialect
        self._sqlite = self._dialect.name == "sqlite"
        self._at = self._seen = 0
        self._persisted = False
        self.hit = False
        self._wrap("do_execute", lambda call: str(call[1]).lstrip().upper().startswith(WRITES))
        self._wrap("do_commit", lambda call: True)

    def arm(self, at: int, *, persisted: bool) -> None:
        self._at, self._seen, self._persisted, self.hit = at, 0, persisted, False

    def disarm(self) -> None:
        self._at = 0

    def _wrap(self, name: str, counts: Callable[[tuple[Any, ...]], bool]) -> None:
        really = getattr(self._dialect, name)

        def call(*given: Any, **named: Any) -> None:
            if self._at and counts(given):
                self._seen += 1
                if self._seen == self._at:
                    self.hit = True
                    if self._persisted:
                        really(*given, **named)
                    raise self._fault()
            really(*given, **named)

        setattr(self._dialect, name, call)

    def _fault(self) -> Exception:
        if self._sqlite:
            return sqlite3.OperationalError("disk I/O error")
        return psycopg.OperationalError("the connection was lost")


@contextmanager
def running(url: str, folder: Path, alarms: list[str]) -> Iterator[App]:
    app = build(settings_for(url, folder), keys=KEYS, alarm=alarms.append)
    app.start(jobs=False)
    try:
        yield app
    finally:
        app.stop()


def open_hospital(app: App, actor: Actor, code: str) -> Done[Any]:
    command = OpenHospital(code=code, name_zh=code, name_en=code)
    return app.pipeline.run(actor, command, key=code)


def count(app: App, code: str) -> int:
    with reading(app.engine) as session:
        return session.exec(
            select(func.count()).select_from(Hospital).where(Hospital.code == code)
        ).one()


def test_each_write_may_fail_or_fail_although_it_was_done(
    database_url: str, tmp_path: Path
) -> None:
    alarms: list[str] = []
    with running(database_url, tmp_path, alarms) as app:
        actor = enrol(database_url, "system-administrator")
        app.decisions.reload()
        failing, hits, answered = Injector(app), 0, 0
        for persisted in (False, True):
            for at in range(1, MOST):
                code = f"{'P' if persisted else 'F'}{at}"
                failing.arm(at, persisted=persisted)
                try:
                    open_hospital(app, actor, code)
                    answered += 1
                except Exception:  # whatever it is: the sender sends again
                    assert failing.hit
                failing.disarm()
                hits += failing.hit
                open_hospital(app, actor, code)
                assert count(app, code) == 1, code
                if not failing.hit:
                    break
            else:
                raise AssertionError(f"a change takes more than {MOST} writes")
        assert hits >= 8
        assert answered >= 2
        sign(app)
        export_ledger(app.engine, tmp_path / "export", app.sequencer._signer.verifier)
        key = app.sequencer._signer.verifier.text
        report = verify(tmp_path / "export", [key], app.sequencer.checkpoint)
    assert (report.result, report.findings) == (Result.PASS, [])
    assert [alarm for alarm in alarms if not alarm.startswith("ledger: sequencer: ")] == []
