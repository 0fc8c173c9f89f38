"""The machine's clock jumps ahead and back: nothing that rests on time may say what is not so."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlmodel import col, select

from app.program_figures import EVERY_S
from app.wiring import ledger_signer
from audit.export import export_ledger
from audit.report import Result
from audit.tables import LEDGER_ENTRY
from audit.verify import verify
from authz.tokens import NotAuthentic
from domain.backups.model import BackupAct
from domain.backups.queries import backup_runs
from domain.places.commands import OpenHospital
from kit.clock import time_text
from kit.db import reading
from kit.ids import new_id
from kit.work import NETWORK, ActorKind
from tests.house import KEYS, enrol, house, sign

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Ahead by a day, back to where it was, behind by an hour, and on.
JUMPS = (NOON, NOON + DAY, NOON + timedelta(seconds=5), NOON - HOUR, NOON + timedelta(seconds=10))


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


def test_the_record_the_backups_and_the_figures_survive_jumps(
    sqlite_url: str, tmp_path: Path
) -> None:
    clock, actor = Clock(), enrol(sqlite_url, "system-administrator")
    with house(sqlite_url, tmp_path, clock=clock) as app:
        made = []
        for number, now in enumerate(JUMPS):
            clock.now = now
            command = OpenHospital(code=f"J{number}", name_zh="院", name_en="J")
            app.pipeline.run(actor, command, key=f"J{number}")
            assert app.ledger_lag_s() >= 0
            app.backups.look()
            assert app.backups.age_s() == 0  # each time one was due, and was made
            app.jobs.round()
        with reading(app.engine) as session:
            runs = list(backup_runs(session, [NETWORK], limit=100))
            entries = session.execute(select(LEDGER_ENTRY.c.body).order_by(col(LEDGER_ENTRY.c.id)))
            bodies = [orjson.loads(body) for (body,) in entries]
        made = [run.at for run in runs if run.act is BackupAct.MADE]
        assert sorted(made) == sorted((JUMPS[0], JUMPS[1], JUMPS[2], JUMPS[3], JUMPS[4]))
        opened = [body["at"] for body in bodies if body["action"] == "place.manage"]
        assert opened == [time_text(now) for now in JUMPS]  # in their order, with the clock's words
        sign(app)
        key = ledger_signer(app.settings, KEYS).verifier
        export_ledger(app.engine, tmp_path / "export", key, durable=False)
        assert verify(tmp_path / "export", [key.text]).result is Result.PASS

        before = sum(one.measured for one in app.metrics.levels.standings())
        clock.now = NOON - DAY
        app.jobs.round()  # the figures are looked at though their last time is yet to come
        clock.now += timedelta(seconds=EVERY_S - 1)
        app.jobs.round()
        assert sum(one.measured for one in app.metrics.levels.standings()) == before + 3
        app.backups.stop()


def test_a_token_lives_ten_minutes_whatever_the_clock_does(sqlite_url: str, tmp_path: Path) -> None:
    clock = Clock()
    with house(sqlite_url, tmp_path, clock=clock) as app:
        token, _ = app.tokens.sign(new_id(), new_id(), ActorKind.PERSON, 1, clock.now)
        app.tokens.check(token, clock.now)
        for jump in (timedelta(minutes=10), DAY, -timedelta(seconds=6), -DAY):
            with pytest.raises(NotAuthentic):  # put back, it must not live longer
                app.tokens.check(token, clock.now + jump)
