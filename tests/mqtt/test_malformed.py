"""Malformed messages among good ones: the good are stored, the bad parked, nothing stops."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.mqtt.broker import Broker, needs_mosquitto, until
from tests.mqtt.malformed import bad_message
from tests.mqtt.plant import Device, as_rows, measured, opened, parked, recently, series
from tests.mqtt.process import gateway, resident_kib
from tests.mqtt.ward import Ward

pytestmark = needs_mosquitto
MIB = 1024  # KiB


def said(devices: list[Device], bad: int, good: int, seed: int) -> list[dict[str, Any]]:
    """Have the devices say `bad` and `good` messages in a shuffled order; the good ones."""
    dice = Random(seed)
    entries = series(recently(), good)
    messages: list[object] = [*entries, *(bad_message(dice, number) for number in range(bad))]
    dice.shuffle(messages)
    for number, message in enumerate(messages):
        devices[0 if isinstance(message, dict) else number % len(devices)].say(message)
    return list(entries)


def test_good_messages_are_stored_and_bad_ones_parked(
    database_url: str, ward: Ward, broker: Broker, tmp_path: Path
) -> None:
    with opened(database_url, tmp_path, broker) as (_app, door):
        devices = [Device(broker, ward, code) for code in ("MON-1", "MON-2")]
        entries = said(devices, bad=900, good=100, seed=7)
        for device in devices:
            device.said_all()
        until(lambda: door.counts.acknowledged._value.get() == 1000, 60)
        for device in devices:
            device.close()
    assert measured(ward.engine) == as_rows("MON-1", entries)
    assert sum(parked(ward.engine).values()) == 900
    assert "FAULT" not in parked(ward.engine)


@pytest.mark.nightly
def test_ten_thousand_malformed_messages_with_kills(
    database_url: str, ward: Ward, broker: Broker, tmp_path: Path
) -> None:
    codes = ["MON-1", "MON-2", *(f"MON-{number}" for number in range(3, 13))]
    for code in codes[2:]:
        ward.register(code)  # a source may have 1,000 messages parked
    data = tmp_path / "data"
    with gateway(database_url, data, broker, "night") as process:
        devices = [Device(broker, ward, code) for code in codes]
        entries = said(devices, bad=9_000, good=1_000, seed=11)
        until(lambda: measured(ward.engine), 60)
        process.kill()
    for share in (3_000, 6_000):
        with gateway(database_url, data, broker, "night") as process:
            until(lambda: sum(parked(ward.engine).values()) > share, 300, 0.2)  # noqa: B023
            process.kill()
    with gateway(database_url, data, broker, "night") as process:
        before = resident_kib(process.pid)
        until(lambda: sum(parked(ward.engine).values()) == 9_000, 300, 0.2)
        until(lambda: len(measured(ward.engine)) == 1_000, 60)
        grown = resident_kib(process.pid) - before
        for device in devices:
            device.said_all()
            device.close()
    assert measured(ward.engine) == as_rows("MON-1", entries)
    assert "FAULT" not in parked(ward.engine)
    assert grown <= 64 * MIB
