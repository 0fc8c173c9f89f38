"""Crashes, restarts and outages: every accepted message is stored, and stored once."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from kit.db import open_engine
from tests.databases import Databases
from tests.mqtt.broker import Broker, needs_mosquitto, until
from tests.mqtt.plant import Device, as_rows, measured, opened, parked, recently, series
from tests.mqtt.process import gateway
from tests.mqtt.ward import Ward, world_with_devices
from tests.postgres_server import driver_address

pytestmark = needs_mosquitto


def grown_beyond(ward: Ward, count: int) -> Callable[[], bool]:
    return lambda: len(measured(ward.engine)) > count


def test_a_gateway_killed_in_the_midst_loses_nothing_and_doubles_nothing(
    database_url: str, ward: Ward, broker: Broker, tmp_path: Path
) -> None:
    entries = series(recently(7200), 1000)
    begun = 0
    for kills in range(2):
        with gateway(database_url, tmp_path / "data", broker, "killed") as process:
            if not kills:
                device = Device(broker, ward, "MON-1")
            for entry in entries[kills * 500 : kills * 500 + 500]:
                device.say(entry)
            until(grown_beyond(ward, begun))
            process.kill()
        begun = len(measured(ward.engine))
    with gateway(database_url, tmp_path / "data", broker, "killed"):
        device.said_all()
        until(lambda: len(measured(ward.engine)) == len(entries))
        device.close()
    assert measured(ward.engine) == as_rows("MON-1", entries)
    assert parked(ward.engine) == {}


def test_two_gateways_share_the_load_with_one_effect(databases: Databases, tmp_path: Path) -> None:
    with databases.migrated("postgresql") as url:
        engine = open_engine(url, guarded=False)
        ward = world_with_devices(engine)
        broker = Broker(tmp_path / "broker")
        broker.start()
        entries = series(recently(), 600)
        with (
            opened(url, tmp_path, broker, "one") as (_, one),
            opened(url, tmp_path, broker, "two") as (_, two),
        ):
            devices = [Device(broker, ward, code) for code in ward.devices]
            for entry in entries:
                for device in devices:
                    device.say(entry)
            for device in devices:
                device.said_all()
            until(lambda: len(measured(engine)) == 1200)
            shares = [door.counts.acknowledged._value.get() for door in (one, two)]
            for device in devices:
                device.close()
        broker.stop()
        expected = as_rows("MON-1", entries) + as_rows("MON-2", entries)
        assert measured(engine) == expected
        assert min(shares) > 300
        assert sum(shares) == 1200
        engine.dispose()


def test_a_broker_that_restarts_is_found_again(
    database_url: str, ward: Ward, broker: Broker, tmp_path: Path
) -> None:
    entries = series(recently(), 300)
    with opened(database_url, tmp_path, broker) as (_app, door):
        device = Device(broker, ward, "MON-1")
        for entry in entries[:150]:
            device.say(entry)
        device.said_all()
        broker.stop()
        until(lambda: not door.connected)
        for entry in entries[150:]:
            device.say(entry)
        broker.start()
        device.said_all()
        until(lambda: len(measured(ward.engine)) == 300)
        assert door.connected
        device.close()
    assert measured(ward.engine) == as_rows("MON-1", entries)


def test_while_the_database_is_away_the_broker_keeps_what_comes(
    database_url: str, ward: Ward, broker: Broker, tmp_path: Path
) -> None:
    entries = series(recently(), 400)
    with opened(database_url, tmp_path, broker) as (_app, door):
        device = Device(broker, ward, "MON-1")
        device.say(entries[0])
        until(lambda: len(measured(ward.engine)) == 1)
        ward.engine.dispose()
        with away(database_url):
            for entry in entries[1:]:
                device.say(entry)
            device.said_all()  # the broker has them
            until(lambda: door.counts.retries._value.get() > 0, 60)
            assert door.counts.acknowledged._value.get() == 1
        until(lambda: len(measured(ward.engine)) == 400, 60)
        device.close()
    assert measured(ward.engine) == as_rows("MON-1", entries)
    assert parked(ward.engine) == {}


@contextmanager
def away(url: str) -> Iterator[None]:
    """The database cannot be written: all connections cut, or the file locked by another."""
    if url.startswith("sqlite"):
        other = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
        return
    name = Identifier(make_url(url).database or "")
    admin_url = make_url(url).set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(driver_address(admin_url), autocommit=True) as admin:
        admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (make_url(url).database,),
        )
        try:
            yield
        finally:
            admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
