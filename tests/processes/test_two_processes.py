"""Two servers on one PostgreSQL: what ends in one ends in both, and a killed one is missed little.

Real processes, killed with SIGKILL. The server of the tests does not flush; whether it does makes
no difference to what is seen here.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text

from app.settings import load
from app.wiring import build, ledger_signer
from audit.export import export_ledger
from audit.keys import load_keys
from audit.report import Result
from audit.sequencer import LOCK
from audit.verify import verify
from kit.db import open_engine
from tests.faults.serving import Served, token_for
from tests.processes.conftest import Serve
from tests.processes.ward import Desk, Screen, metric, until

_HELD = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint << 32) + objid::bigint = :key"
)
_BINDING = text("SELECT id FROM role_binding WHERE role = 'charge-nurse'")


@dataclass(frozen=True)
class Limits:
    """In seconds. By day the machine does much else, and the promise is judged by night."""

    revoked: float = 10
    taken_over: float = 15
    shown: float = 10


PROMISED = Limits(revoked=2, taken_over=5, shown=2)


def test_two_processes_are_one_house(
    serve: Serve, desk: Desk, folder: Path, postgres_url: str
) -> None:
    _live_through(serve, desk, postgres_url, Limits(), kills=1)
    _verifies(folder, postgres_url, desk)


@pytest.mark.nightly
def test_twenty_signers_are_killed_in_a_row(
    serve: Serve, desk: Desk, folder: Path, postgres_url: str
) -> None:
    _live_through(serve, desk, postgres_url, PROMISED, kills=20)
    _verifies(folder, postgres_url, desk)


def _live_through(serve: Serve, desk: Desk, url: str, limits: Limits, kills: int) -> None:
    nurse, office = (
        Desk(token_for(url, role)) for role in ("charge-nurse", "security-administrator")
    )
    near, far = serve(), serve()
    desk.build(near.port)
    nurse.ward = desk.ward
    _revoke(near, far, nurse, office, url, limits)
    for round_ in range(kills):
        if round_:
            near, far = far, near
            far.start()
        assert _signing(near, far) == [1, 0]
        assert _column(url, _HELD, key=LOCK) == [1]
        _kill_the_signer(near, far, desk, limits)
        _taken_over(far, url, limits)


def _revoke(near: Served, far: Served, nurse: Desk, office: Desk, url: str, limits: Limits) -> None:
    """A revocation in one process ends access and live sockets in the other."""
    assert _may_look(nurse, far)
    (binding,) = _column(url, _BINDING)
    with Screen(far.port, nurse) as screen:
        office.do(near.port, f'revokeRole(bindingId: "{UUID(str(binding))}")')
        assert screen.closed_within(limits.revoked) == 4403
    assert not _may_look(nurse, far)


def _taken_over(process: Served, url: str, limits: Limits) -> None:
    until(lambda: _signing(process) == [1], limits.taken_over)
    assert _column(url, _HELD, key=LOCK) == [1]
    until(lambda: metric(process.port, "ledger_lag_seconds") == 0, limits.taken_over)


def _kill_the_signer(near: Served, far: Served, desk: Desk, limits: Limits) -> None:
    """What a screen of the killed process missed, it gets from the other."""
    screen = Screen(near.port, desk)
    desk.add_beds(near.port, 2)
    screen.look_until(desk.added, limits.shown)
    desk.add_beds(far.port, 1)  # the row of another process: woken by NOTIFY
    screen.look_until(desk.added, limits.shown)
    seen = screen.cursor
    near.kill()
    assert screen.closed_within(limits.shown) is None
    desk.add_beds(far.port, 3)
    with Screen(far.port, desk, after=seen) as again:
        again.look_until(desk.added, limits.shown)
        desk.add_beds(far.port, 1)
        again.look_until(desk.added, limits.shown)
    assert seen is not None
    assert _told_since(far.folder, seen, desk) == 4


def _told_since(folder: Path, cursor: str, desk: Desk) -> int:
    """How many beds the outbox tells of behind a cursor that the killed process gave."""
    app = build(load(folder))
    try:
        missed = app.feed.since(cursor, UUID(desk.ward["hospital"]))
    finally:
        app.writer.stop()
        app.logins.passwords.close()
        app.engine.dispose()
    return len({change.ids["bed"] for change in missed})


def _signing(*processes: Served) -> list[float]:
    return [metric(one.port, "ledger_signing") for one in processes]


def _may_look(desk: Desk, process: Served) -> bool:
    found = desk.ask(process.port, "{ wards(first: 1) { nodes { id } } }")
    return bool(found["nodes"])


def _column(url: str, statement: object, **values: object) -> list[object]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = list(connection.execute(statement, values).scalars())  # type: ignore[call-overload] # text
    engine.dispose()
    return found


def _verifies(folder: Path, url: str, desk: Desk) -> None:
    """Every writer's stream is whole, and every answered bed has its entry."""
    settings = load(folder)
    key = ledger_signer(settings, load_keys(settings.key_folder)).verifier
    engine = open_engine(settings.database)
    export_ledger(engine, folder / "export", key, durable=False)
    engine.dispose()
    report = verify(folder / "export", [key.text])
    bodies = _column(url, text("SELECT body FROM ledger_entry"))
    assert (report.result, report.entries) == (Result.PASS, len(bodies)), report.page()
    done = [e for e in (json.loads(bytes(body)) for body in bodies) if e["outcome"] == "done"]  # type: ignore[call-overload] # bytes
    assert sum(
        e["resource"]["type"] == "bed" for e in done if e["action"] == "place.manage"
    ) >= len(desk.added)
