"""A file of readings: good rows stored, odd ones told by line, twice without effect."""

from pathlib import Path

import pytest

from domain.devices.model import DeviceKind
from domain.devices.registering import RegisterDevice
from gateways.parked import retry
from gateways.readings_file import import_readings
from kit.errors import Invalid
from tests.devices.gateway_house import Stocked, stocked

__all__ = ["stocked"]

MAPPING = """
[source]
name = "export"
[columns]
device = "Monitor"
metric = "Signal"
value = "Value"
unit = "Unit"
time = "At"
[time]
format = "%d.%m.%Y %H:%M:%S"
zone = "Asia/Shanghai"
[file]
delimiter = ";"
"""
HEADER = "Monitor;Signal;Value;Unit;At"
GOOD = [
    "m1;Heart Rate;72;bpm;01.02.2024 08:00:00",
    "m1;Temperature F;98.6;Deg. F;01.02.2024 08:00:00",
    'm1;"SpO2";97;%;01.02.2024 08:01:00',
]
ODD = {
    "m1;Zeal;1;%;01.02.2024 08:00:00": ("METRIC_UNKNOWN", "metric"),
    "m1;Heart Rate;72;furlong;01.02.2024 08:00:01": ("UNIT_UNKNOWN", "unit"),
    "m1;Heart Rate;many;bpm;01.02.2024 08:00:02": ("VALUE_UNREADABLE", "value"),
    "m1;Heart Rate;0;bpm;01.02.2024 08:00:03": ("IMPOSSIBLE", "value"),
    "m1;Heart Rate;72;bpm;yesterday": ("BAD_TIME", "time"),
    "m9;Heart Rate;72;bpm;01.02.2024 08:00:04": ("DEVICE_UNKNOWN", "device"),
}


@pytest.fixture
def monitored(stocked: Stocked) -> Stocked:
    stocked.app.pipeline.run(stocked.actor, RegisterDevice(
        hospital_id=stocked.hospital_id, code="m1", kind=DeviceKind.MONITOR,
    ))  # fmt: skip
    return stocked


def _files(folder: Path, rows: list[str], mapping: str = MAPPING) -> tuple[Path, Path]:
    file, how = folder / "readings.csv", folder / "readings.toml"
    file.write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    how.write_text(mapping, "utf-8")
    return file, how


def test_good_rows_are_stored_and_odd_ones_told_by_line(monitored: Stocked, tmp_path: Path) -> None:
    file, how = _files(tmp_path, [GOOD[0], *ODD, *GOOD[1:]])
    done = import_readings(monitored.app, file, how, "NORTH", actor=monitored.actor)
    assert (done.total, done.stored, done.rejected, done.parked) == (9, 3, 1, 5)
    assert {(one.line, one.reason, one.field) for one in done.faults} == {
        (3 + number, *why) for number, why in enumerate(ODD.values())
    }
    assert monitored.sql("SELECT value FROM reading ORDER BY value") == [(37.0,), (72.0,), (97.0,)]
    assert monitored.sql("SELECT count(*) FROM device_status") == [(0,)]
    waiting = monitored.sql("SELECT reason FROM inbound_message WHERE state = 'PARKED'")
    assert sorted(waiting) == sorted(
        (reason,) for reason, _ in ODD.values() if reason != "IMPOSSIBLE"
    )


def test_a_file_taken_in_twice_changes_nothing(monitored: Stocked, tmp_path: Path) -> None:
    file, how = _files(tmp_path, [*GOOD, *ODD])
    import_readings(monitored.app, file, how, "NORTH", actor=monitored.actor)
    tables = ("reading", "reading_aside", "inbound_message", "channel")
    before = [monitored.sql(f"SELECT count(*) FROM {table}") for table in tables]
    again = import_readings(monitored.app, file, how, "NORTH", actor=monitored.actor)
    assert (again.stored, again.parked, again.duplicate, again.rejected) == (0, 0, 8, 1)
    after = [monitored.sql(f"SELECT count(*) FROM {table}") for table in tables]
    assert after == before


def test_a_file_that_is_no_such_table_changes_nothing(monitored: Stocked, tmp_path: Path) -> None:
    file, how = _files(tmp_path, GOOD, MAPPING.replace('"Signal"', '"Signals"'))
    with pytest.raises(Invalid, match="no column Signals"):
        import_readings(monitored.app, file, how, "NORTH", actor=monitored.actor)
    file, how = _files(tmp_path, GOOD, MAPPING.replace("metric =", "metrics ="))
    with pytest.raises(Invalid) as told:
        import_readings(monitored.app, file, how, "NORTH", actor=monitored.actor)
    assert told.value.field == "columns.metrics"
    assert monitored.sql("SELECT count(*) FROM reading") == [(0,)]


def test_a_parked_row_is_stored_once_its_device_is_there(
    monitored: Stocked, tmp_path: Path
) -> None:
    odd = list(ODD)[-1]
    file, how = _files(tmp_path, [odd])
    import_readings(monitored.app, file, how, "NORTH", actor=monitored.actor)
    assert retry(monitored.app, "NORTH", actor=monitored.actor).parked == 1
    monitored.app.pipeline.run(monitored.actor, RegisterDevice(
        hospital_id=monitored.hospital_id, code="m9", kind=DeviceKind.MONITOR,
    ))  # fmt: skip
    assert retry(monitored.app, "NORTH", actor=monitored.actor).applied == 1
    assert monitored.sql("SELECT value FROM reading") == [(72.0,)]
    assert monitored.sql("SELECT state FROM inbound_message") == [("APPLIED",)]
