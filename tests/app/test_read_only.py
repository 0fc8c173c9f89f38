"""When the house becomes read-only, what still goes, and when that ends."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from api.schema import build_schema
from app.read_only import ESSENTIAL, MIB, DiskRoom, full
from domain.places.commands import OpenHospital
from kit.clock import utc_now
from kit.command import all_commands
from kit.db import open_engine
from kit.errors import ReadOnly
from kit.work import Actor, ActorKind
from tests.house import enrol, house


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How much the disk has, in bytes."""
    now = [100 * MIB]
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=now[0], total=1))
    return now


def room(folder: Path, record: Callable[[bool], None] = lambda _began: None) -> DiskRoom:
    return DiskRoom(folder, 64 * MIB, 8 * MIB, utc_now, record)


def test_below_the_floor_changes_are_refused_and_small_needed_ones_are_not(
    tmp_path: Path, free: list[int]
) -> None:
    here = room(tmp_path)
    here.look()
    here.require_room("bed.admit")
    free[0] = 63 * MIB
    here.look()
    assert here.on
    for action in ("session.start", "alarm.acknowledge"):
        here.require_room(action)
    with pytest.raises(ReadOnly):
        here.require_room("bed.admit")
    assert here.refused == 1


def test_it_ends_when_there_is_more_than_the_floor_and_a_record_was_made(
    tmp_path: Path, free: list[int]
) -> None:
    told: list[bool] = []
    works = [False]

    def record(began: bool) -> None:
        if not works[0]:
            raise OSError(errno.EDQUOT, "quota")
        told.append(began)

    here = room(tmp_path, record)
    assert here.caught(OSError(errno.ENOSPC, "no room"))
    free[0] = 79 * MIB  # the floor, an eighth of it, and the reserve make 80
    works[0] = True
    here.look()
    assert (here.on, told) == (True, [True])
    free[0], works[0] = 81 * MIB, False
    here.look()
    assert here.on  # there is room, and writing fails all the same
    assert not here.file.exists()
    works[0] = True
    here.look()
    assert (here.on, told) == (False, [True, False])
    assert here.file.stat().st_size == 8 * MIB


def test_the_reserve_stands_while_the_program_runs_and_goes_first(
    tmp_path: Path, free: list[int]
) -> None:
    here = room(tmp_path)
    here.start()
    assert here.file.stat().st_size == 8 * MIB
    assert here.file.stat().st_mode & 0o777 == 0o600
    assert not here.caught(ValueError("x"))
    assert here.file.exists()
    assert here.caught(OSError(errno.ENOSPC, "no room"))
    assert not here.file.exists()
    here.stop()


def test_a_folder_that_is_mounted_to_read_only_keeps_the_reserve_of_the_others(
    tmp_path: Path, free: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    others, here = room(tmp_path), room(tmp_path)
    others.look()
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: pytest.fail("read only"))
    here.start()
    free[0] = 63 * MIB
    here.look()
    assert here.on
    here.stop()
    assert here.file.stat().st_size == 8 * MIB


def _sqlite(code: int) -> OperationalError:
    told = sqlite3.OperationalError("x")
    told.sqlite_errorcode = code
    return OperationalError("INSERT", {}, told)


def test_what_counts_as_a_full_disk() -> None:
    assert full(_sqlite(sqlite3.SQLITE_FULL))
    assert not full(_sqlite(sqlite3.SQLITE_BUSY))
    assert full(OSError(errno.ENOSPC, "x"))
    assert not full(OSError(errno.EACCES, "x"))
    wrapped = RuntimeError("later")
    wrapped.__cause__ = _sqlite(sqlite3.SQLITE_FULL)
    assert full(wrapped)


def test_only_known_actions_may_use_the_last_of_the_disk() -> None:
    build_schema()  # imports every command
    assert {one.action for one in all_commands()} >= ESSENTIAL


def test_a_full_postgresql_refuses_in_so_many_words_and_takes_changes_again(
    postgres_url: str, tmp_path: Path
) -> None:
    bare, alarms = open_engine(postgres_url, guarded=False), list[str]()
    person = Actor(enrol(postgres_url, "system-administrator").id, ActorKind.PERSON)
    with house(postgres_url, tmp_path, told=alarms) as app:
        _no_room(bare, "hospital")
        for _ in range(2):
            with pytest.raises(ReadOnly):
                app.pipeline.run(person, _open("EAST"))
        assert alarms == ["read-only: the disk is full"]
        app.room.look()
        assert not app.room.on  # the record is in another table: that one has room
        with pytest.raises(ReadOnly):
            app.pipeline.run(person, _open("EAST"))
        _do(bare, "DROP TRIGGER no_room ON hospital")
        app.room.look()
        assert app.pipeline.run(person, _open("EAST")).result.code == "EAST"
        bodies = [bytes(body) for (body,) in _do(bare, "SELECT body FROM ledger_entry")]
        assert sum(b"READ_ONLY" in body for body in bodies) == 3  # each refusal once
    bare.dispose()


def _open(code: str) -> OpenHospital:
    return OpenHospital(code=code, name_zh="东院", name_en="East")


def _no_room(engine: Engine, table: str) -> None:
    _do(engine, "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END$$")  # fmt: skip
    _do(engine, f"CREATE TRIGGER no_room BEFORE INSERT ON {table} EXECUTE FUNCTION no_room()")


def _do(engine: Engine, statement: str) -> Sequence[Any]:
    with engine.begin() as connection:
        found = connection.execute(text(statement))
        return found.all() if found.returns_rows else ()
