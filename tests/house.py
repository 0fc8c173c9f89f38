"""The whole program on a database of one's own, with people in it, for tests that run commands."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from app.settings import Profile, Settings
from app.wiring import App, build
from audit.keys import Keys, development_keys
from domain.accounts.model import Account, RoleBinding
from kit.clock import Clock, utc_now
from kit.db import open_engine
from kit.ids import new_id
from kit.work import NETWORK, Actor, ActorKind, Scope

KEYS = development_keys("a test knows every key of the house it builds")
LOG = "test.example/log"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@contextmanager
def house(
    url: str,
    folder: Path,
    *,
    keys: Keys = KEYS,
    clock: Clock = utc_now,
    told: list[str] | None = None,
    **given: Any,
) -> Iterator[App]:
    """The program, started: sequencer and feed run, the jobs do not. Alarms go to `told`, or fail
    the test. `given` are settings."""
    alarms: list[str] = []
    settings = settings_for(url, folder, **given)
    app = build(settings, keys=keys, clock=clock,
                alarm=(alarms if told is None else told).append)  # fmt: skip
    app.start(jobs=False)
    try:
        yield app
    finally:
        app.stop()
    assert alarms == [], alarms


def sign(app: App) -> None:
    """Link and sign all that was committed. On PostgreSQL a transaction of any database of the
    server, another test's too, holds it back for a while."""
    deadline = time.monotonic() + 60
    app.sequencer.step()
    while app.ledger_lag_s() > 0:
        assert time.monotonic() < deadline, "the ledger is not signed"
        time.sleep(0.02)
        app.sequencer.step()


def settings_for(url: str, folder: Path, **given: Any) -> Settings:
    return Settings(
        data_folder=folder, database_url=url, profile=Profile.DEVELOPMENT, log_origin=LOG, **given
    )


def enrol(url: str, *roles: str, scope: Scope = NETWORK) -> Actor:
    """A service account that holds the roles: arranged in the database, past the pipeline."""
    engine = open_engine(url, guarded=False)
    account = Account(kind=ActorKind.SERVICE, title="test", made_at=LONG_AGO)
    with Session(engine) as session:
        session.add(account)
        session.flush()
        for role in roles:
            session.add(
                RoleBinding(
                    user_id=account.id, role=role, hospital_id=scope.hospital, ward_id=scope.ward,
                    valid_from=LONG_AGO, granted_by=new_id(),
                )
            )  # fmt: skip
        actor = Actor(account.id, ActorKind.SERVICE)
        session.commit()
    engine.dispose()
    return actor
