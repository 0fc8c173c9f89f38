"""Real, dirty monitor records (MIMIC-III demo) go through: all are counted, known traps caught."""

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.devices.model import DeviceKind
from domain.readings.quality import Quality
from domain.telemetry.commands import DeviceMessage, Raw, Stored
from kit.clock import microseconds
from tests.domain_world import DAY, World
from tests.gateways.public_data import public_data
from tests.telemetry.ward import device, send

MESSAGES = 400  # in a batch


@pytest.fixture(scope="module")
def records() -> list[dict[str, str]]:
    """Every zero, gap and outlier, and some of the others."""
    path: Path = public_data("mimic3_demo") / "device_vitals_ventilator.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 88_444
    return [row for number, row in enumerate(rows) if number % 25 == 0 or _odd(row)]


def _odd(row: dict[str, str]) -> bool:
    return not row["valuenum"] or float(row["valuenum"]) in (0.0, 11647.0)


@pytest.fixture
def replayed(world: World, records: list[dict[str, str]]) -> tuple[World, Counter[str]]:
    """Each stay's monitor sends its records, moved into the last day."""
    stays = sorted({row["icustay_id"] for row in records})
    ids = {one: device(world, f"m{one}", DeviceKind.MONITOR).id for one in stays}
    total: Counter[str] = Counter()
    for start in range(0, len(records), MESSAGES):
        some = records[start : start + MESSAGES]
        done = send(world, *(_message(world, ids[row["icustay_id"]], row) for row in some))
        _add(total, done)
    return world, total


def test_every_record_is_counted_and_the_traps_are_caught(
    replayed: tuple[World, Counter[str]], records: list[dict[str, str]]
) -> None:
    world, total = replayed
    assert total["received"] == len(records)
    assert total["received"] == sum(
        total[word] for word in ("stored", "duplicate", "corrected", "rejected", "parked")
    )
    asked = "SELECT count(*) FROM reading JOIN channel ON id = channel_id WHERE "
    assert world.sql("SELECT count(*) FROM reading") == [(total["stored"],)]
    assert world.sql(asked + "value > 300 AND metric = 'nibp_sys'") == [(0,)]
    assert world.sql(asked + "metric = 'spo2' AND value < 40") == [(0,)]
    assert world.sql(asked + "metric = 'temp' AND value NOT BETWEEN 25 AND 45") == [(0,)]
    assert world.sql(asked + "metric = 'fio2' AND value NOT BETWEEN 18 AND 100") == [(0,)]
    aside = dict(world.sql(
        "SELECT metric, max(value) FROM reading_aside JOIN channel ON id = channel_id"
        " WHERE reason = 'IMPOSSIBLE' GROUP BY metric"
    ))  # fmt: skip
    assert aside["nibp_sys"] == 11647.0
    assert {"hr", "spo2", "rr"} <= aside.keys()
    said = Counter(row["valueuom"] for row in records if row["label"] == "FiO2 set")
    # A share of 1 that calls itself a pressure is parked; what is told twice is parked once.
    assert 20 < total["UNIT_MISMATCH"] <= said["torr"]
    assert 0 <= said["torr"] - total["UNIT_MISMATCH"] <= total["duplicate"]
    assert 0 <= total["UNIT_UNKNOWN"] <= sum(row["valueuom"] == "ml/B" for row in records)
    fahrenheit = world.sql(asked + "raw_unit = 'Deg. F' AND value BETWEEN 30 AND 42")
    assert fahrenheit[0][0] > 40


def test_a_clinician_s_stored_times_make_late_readings(world: World) -> None:
    mon = device(world)
    raw = Raw("hr", 80.0, "bpm", world.now - DAY)
    send(world, DeviceMessage(mon.id, world.now, (raw,)))
    assert world.sql("SELECT quality, at FROM reading") == [
        (int(Quality.LATE), microseconds(world.now - DAY))
    ]


def _message(world: World, of: Any, row: dict[str, str]) -> DeviceMessage:
    lag = _time(row["storetime"] or row["charttime"]) - _time(row["charttime"])
    # Years of records fit into a day: what matters is each value, and that times differ.
    at = world.now - min(max(lag, 0 * lag), DAY / 2) - (_time(row["charttime"]) % (DAY / 3))
    value: float | str = float(row["valuenum"]) if row["valuenum"] else row["value"]
    return DeviceMessage(of, world.now, (Raw(row["label"], value, row["valueuom"] or None, at),))


def _time(text: str) -> Any:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)


def _add(total: Counter[str], done: Stored) -> None:
    for word in ("received", "stored", "duplicate", "corrected", "rejected", "parked"):
        total[word] += getattr(done, word)
    total.update(done.reasons or {})
