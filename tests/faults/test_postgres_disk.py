"""The disk of the database's own machine is full: read-only, reading goes on, back by itself."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from app.migrate import upgrade
from kit.errors import ReadOnly, Retry
from kit.work import Actor, ActorKind
from tests.faults.own_postgres import OwnPostgres, own_postgres
from tests.faults.test_full_disk import (
    FULL,
    change,
    codes,
    fill,
    ledgered,
    read_recorded,
    recovered,
    status,
    until_full,
    until_unrecorded,
)
from tests.house import enrol, house
from tests.postgres_server import driver_address


@pytest.fixture
def starved() -> Iterator[OwnPostgres]:
    """A server whose tables lie on a small file system; its log of changes has room."""
    with own_postgres("160m") as server:
        yield server


@pytest.mark.nightly
def test_a_full_disk_of_the_server_makes_the_house_read_only(
    starved: OwnPostgres, tmp_path: Path
) -> None:
    server, place = starved, starved.rows.parent
    upgrade(server.url)
    actor = enrol(server.url, "system-administrator")
    person, alarms = Actor(actor.id, ActorKind.PERSON), list[str]()
    with house(server.url, tmp_path, told=alarms, disk_floor_mib=0, disk_reserve_mib=1) as app:
        change(app, actor, "FIRST")
        fill(place / "ballast", leave=0)
        done = ["FIRST", *until_full(app, actor, "A")]
        assert FULL in alarms
        assert app.room.on
        assert sorted(codes(app)) == sorted(done)
        with pytest.raises(ReadOnly):
            change(app, person, "REFUSED")
        until_unrecorded(app, actor)  # no reserve on that disk: what it cannot record, it refuses
        assert server.runs
        assert sorted(codes(app)) == sorted(done)
        assert status(app, actor) == "READ_ONLY"
        (place / "ballast").unlink()
        assert recovered(app, actor, "BACK") <= 5
        read_recorded(app, actor)
        assert status(app, actor) == "GOOD"
        assert sorted(codes(app)) == sorted([*done, "BACK"])
        found = ledgered(app, tmp_path / "export")
        assert found["place.manage done"] == len(done) + 1
        assert found["program.read_only done"] >= 1


@pytest.mark.nightly
def test_a_server_that_ends_for_want_of_room_is_found_again(tmp_path: Path) -> None:
    """Where the log of its changes has no room either, PostgreSQL ends itself."""
    with own_postgres("200m", log_too=True) as server:
        place = server.rows.parent
        upgrade(server.url)
        actor = enrol(server.url, "system-administrator")
        with house(server.url, tmp_path, told=[], disk_floor_mib=0, disk_reserve_mib=1) as app:
            change(app, actor, "FIRST")
            fill(place / "ballast", leave=0)
            done = ["FIRST", *until_full(app, actor, "A")]
            use_up_the_log(server)
            assert server.ended()
            with pytest.raises((ReadOnly, Retry)):
                change(app, actor, "AWAY")
            (place / "ballast").unlink()
            server.start()
            assert recovered(app, actor, "BACK") <= 5
            assert sorted(codes(app)) == sorted([*done, "BACK"])
            ledgered(app, tmp_path / "export")


def use_up_the_log(server: OwnPostgres) -> None:
    """Begin new files of it until there is none to be had."""
    with suppress(psycopg.OperationalError):
        with psycopg.connect(driver_address(server.url), autocommit=True) as admin:
            for _ in range(50):
                admin.execute("SELECT pg_logical_emit_message(false, 'test', 'x')")
                admin.execute("SELECT pg_switch_wal()")
        raise AssertionError("the server found room")
