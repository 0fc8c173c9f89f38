"""The house's own backups: when they are due, what is kept, and what is told when they fail."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.backups.runner import Backups
from app.backups.shelf import Kept, newest_of, standing, too_old
from app.wiring import App
from audit.keys import KeyKind, Keys
from domain.backups.model import BackupAct, BackupFault, BackupRun
from domain.backups.queries import backup_runs
from kit.db import reading
from kit.work import NETWORK
from tests.house import KEYS, house, sign

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def running(sqlite_url: str, tmp_path: Path, clock: Clock) -> Iterator[App]:
    with house(sqlite_url, tmp_path, clock=clock) as app:
        yield app
        app.backups.stop()


def runs(app: App) -> list[BackupRun]:
    """Oldest first."""
    with reading(app.engine) as session:
        return list(backup_runs(session, [NETWORK], limit=100))[::-1]


def test_a_backup_is_made_when_it_is_due_and_rehearsed_once_a_week(
    running: App, clock: Clock
) -> None:
    running.backups.look()
    assert [(run.act, run.fault) for run in runs(running)] == [
        (BackupAct.MADE, None), (BackupAct.REHEARSED, None),
    ]  # fmt: skip
    made = runs(running)[0]
    assert made.size_bytes == standing(running.settings.backups)[0].path.stat().st_size
    clock.now += 4 * MINUTE
    running.backups.look()
    assert len(runs(running)) == 2
    assert running.backups.age_s() == 240.0
    clock.now += MINUTE
    running.backups.look()
    assert [run.act for run in runs(running)][2:] == [BackupAct.MADE]
    clock.now += 7 * DAY
    running.backups.look()
    assert [run.act for run in runs(running)][3:] == [BackupAct.MADE, BackupAct.REHEARSED]


def test_the_next_process_knows_when_it_was_last_done(running: App, clock: Clock) -> None:
    running.backups.look()
    running.backups.tried.clear()  # as after a start
    running.backups.look()
    assert len(runs(running)) == 2


def test_of_two_processes_one_makes_them(running: App, clock: Clock) -> None:
    running.backups.look()
    other = Backups(running.settings, KEYS, running.engine, clock, running.backups.do)
    clock.now += HOUR
    other.look()
    assert len(runs(running)) == 2
    running.backups.stop()
    other.look()
    assert len(runs(running)) == 3
    other.stop()


def test_a_backup_that_cannot_be_stored_is_told_and_tried_again(
    running: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.backups.look()
    kept = standing(running.settings.backups)
    clock.now += HOUR

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("app.backups.making.writing", full)
        running.backups.look()
    assert runs(running)[-1].fault is BackupFault.STORAGE
    assert standing(running.settings.backups) == kept
    assert [p.name for p in running.settings.backups.iterdir() if p.name.startswith(".w")] == []
    clock.now += HOUR
    running.backups.look()
    assert runs(running)[-1].fault is None


def test_a_backup_that_rotted_fails_its_rehearsal(running: App, clock: Clock) -> None:
    running.backups.look()
    clock.now += 8 * DAY
    newest = running.settings.backups / running.backups._make().file
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    running.backups.tried[BackupAct.MADE] = clock.now
    running.backups.tried.pop(BackupAct.REHEARSED)
    running.backups.look()
    assert (runs(running)[-1].act, runs(running)[-1].fault) == (
        BackupAct.REHEARSED, BackupFault.REFUSED,
    )  # fmt: skip


def test_a_house_without_the_key_runs_on(running: App, clock: Clock) -> None:
    kinds = set(KeyKind) - {KeyKind.BACKUP}
    held = {(kind, 1): KEYS.secret(kind) for kind in kinds}
    without = Backups(running.settings, Keys(held), running.engine, clock, running.backups.do)
    without.start()
    without.stop()
    without.look()
    assert runs(running)[0].fault is BackupFault.NO_KEY
    without.stop()


def kept(*ages: timedelta) -> list[Kept]:
    return [Kept(Path(f"{age}"), NOON - age) for age in sorted(ages, reverse=True)]


def test_all_of_a_day_then_one_a_day_then_one_a_week_are_kept() -> None:
    hours = kept(*(number * HOUR for number in range(24 * 500)))
    stays = {one.at for one in hours} - {one.at for one in too_old(hours, NOON)}
    assert {NOON - number * HOUR for number in range(25)} <= stays
    month = {at for at in stays if DAY < NOON - at <= 31 * DAY}
    assert len({at.date() for at in month}) == len(month) == 31
    year = {at for at in stays if 31 * DAY < NOON - at <= 366 * DAY}
    assert 47 <= len(year) <= 49
    assert max(NOON - at for at in stays) <= 366 * DAY
    assert too_old(kept(900 * DAY), NOON) == []  # the newest always stays


def test_going_back_takes_the_newest_that_is_old_enough(running: App, clock: Clock) -> None:
    for _ in range(3):
        sign(running)
        running.backups.look()
        clock.now += HOUR
    shelf = standing(running.settings.backups)
    assert newest_of(shelf) == shelf[-1]
    assert newest_of(shelf, before=NOON + HOUR + MINUTE) == shelf[1]
    assert newest_of(shelf, before=NOON - MINUTE) is None
    assert newest_of(shelf, leaves=10**6) == shelf[-1]
    assert newest_of(shelf, leaves=0) in (shelf[0], None)
