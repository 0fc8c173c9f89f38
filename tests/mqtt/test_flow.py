"""From messages to rows without a broker: what is acknowledged, and when."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry

from app.wiring import App
from domain.devices.commands import RevokeCredential
from domain.telemetry import commands
from domain.telemetry.storing import store_messages
from gateways.mqtt_counts import Counts
from gateways.mqtt_flow import MOST_UNASKED_BYTES, Flow
from gateways.mqtt_payload import Arrived
from gateways.mqtt_reading import Part, read_again
from gateways.mqtt_suspects import LOG_NAME, MARK_NAME, Suspects
from kit.db import open_engine
from kit.errors import Invalid
from tests.house import enrol, house
from tests.mqtt.broker import until
from tests.mqtt.plant import alarms, as_rows, measured, parked, recently, series
from tests.mqtt.ward import Ward, world_with_devices


@pytest.fixture
def ward(sqlite_url: str) -> Iterator[Ward]:
    engine = open_engine(sqlite_url, guarded=False)
    yield world_with_devices(engine)
    engine.dispose()


class Run:
    """A flow that writes down what it acknowledged and whom it suspected."""

    def __init__(self, app: App) -> None:
        self.acknowledged: list[int] = []
        self.suspects: list[Part] = []
        self.counts = Counts(CollectorRegistry())
        self.flow = Flow(
            app, self.counts, lambda one: self.acknowledged.append(one.number),
            self.suspects.append,
        )  # fmt: skip

    def take(self, number: int, said: Any, device: str = "N/MON-1", qos: int = 1) -> None:
        body = said if isinstance(said, bytes) else orjson.dumps(said)
        topic = f"wardgrid/{device}/readings"
        self.flow.take(Arrived(topic, body, qos, number, 1, time.time()))


@contextmanager
def running(app: App) -> Iterator[Run]:
    run = Run(app)
    run.flow.start()
    try:
        yield run
    finally:
        run.flow.stop()


def test_a_batch_is_acknowledged_in_order_once_it_is_stored(
    sqlite_url: str, ward: Ward, tmp_path: Path
) -> None:
    entries = series(recently(), 40)
    with house(sqlite_url, tmp_path) as app, running(app) as run:
        for number, entry in enumerate(entries):
            run.take(number, entry)
        until(lambda: len(run.acknowledged) == 40)
        assert measured(ward.engine) == as_rows("MON-1", entries)
        assert run.acknowledged == list(range(40))
        assert run.counts.readings.labels("stored")._value.get() == 40


def test_a_message_that_cannot_be_stored_is_parked_and_the_others_are_stored(
    sqlite_url: str, ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = series(recently(), 9)
    poison = entries[4]["ts"] * 1_000_000

    def stumbles(work: Any, hospital: Any, messages: Any, *rest: Any) -> Any:
        if any(raw.at.timestamp() * 1e6 == poison for m in messages for raw in m.raws):
            raise ArithmeticError("a fault in our own code")
        return store_messages(work, hospital, messages, *rest)

    monkeypatch.setattr(commands, "store_messages", stumbles)
    with house(sqlite_url, tmp_path) as app, running(app) as run:
        for number, entry in enumerate(entries):
            run.take(number, entry)
        until(lambda: len(run.acknowledged) == 9)
    assert measured(ward.engine) == as_rows("MON-1", [*entries[:4], *entries[5:]])
    assert parked(ward.engine) == {"FAULT": 1}


def test_a_message_of_no_hospital_is_refused_and_one_of_no_device_parked(
    sqlite_url: str, ward: Ward, tmp_path: Path
) -> None:
    with house(sqlite_url, tmp_path) as app, running(app) as run:
        run.take(1, {"hr": 80}, "NOWHERE/MON-1")
        run.take(2, {"hr": 80}, "N/MON-99")
        until(lambda: sorted(run.acknowledged) == [1, 2])
        assert run.counts.refused.labels("HOSPITAL_UNKNOWN")._value.get() == 1
        assert [part.suspect.device_id for part in run.suspects if part.suspect] == [None]
    assert parked(ward.engine) == {"DEVICE_UNKNOWN": 1}
    assert measured(ward.engine) == []


def test_a_revoked_device_is_not_believed_a_moment_later(
    sqlite_url: str, ward: Ward, tmp_path: Path
) -> None:
    technician = enrol(sqlite_url, "device-technician")
    entries = series(recently(), 2)
    with house(sqlite_url, tmp_path) as app, running(app) as run:
        run.take(1, entries[0])
        until(lambda: run.acknowledged == [1])
        app.pipeline.run(technician, RevokeCredential(credential_id=ward.credentials["MON-1"]))
        until(lambda: run.flow._directory._changed)
        run.take(2, entries[1])
        until(lambda: run.acknowledged == [1, 2])
    assert measured(ward.engine) == as_rows("MON-1", entries[:1])
    assert parked(ward.engine) == {"DEVICE_REVOKED": 1}


def test_what_comes_without_being_asked_for_has_an_end(
    sqlite_url: str, ward: Ward, tmp_path: Path
) -> None:
    with house(sqlite_url, tmp_path) as app:
        run = Run(app)  # not started: everything waits
        half = b"x" * (MOST_UNASKED_BYTES // 2 + 1)
        for number in range(5):
            run.take(number, half, qos=0)
        assert len(run.flow._waiting) == 2
        assert run.counts.refused.labels("QOS_0_OVERFLOW")._value.get() == 3
        run.flow.forget()
        run.take(9, half, qos=0)
        assert len(run.flow._waiting) == 1
        run.flow.stop()


def test_a_parked_message_is_not_read_again_in_another_devices_name(ward: Ward) -> None:
    received = ward.world.now
    body = b'{"device": "MON-2", "hr": 80}'
    with pytest.raises(Invalid) as refused:
        read_again(body, ward.devices["MON-1"], received, "wardgrid/N/MON-1/readings")
    assert refused.value.reason == "ANOTHER_DEVICE"
    again = read_again(body, ward.devices["MON-2"], received, "wardgrid/N/MON-2/readings")
    assert [raw.value for raw in again.raws] == [80]


def test_denied_publications_are_read_from_the_log_once_and_whole(
    sqlite_url: str, ward: Ward, tmp_path: Path
) -> None:
    log = tmp_path / LOG_NAME
    line = "1795: Denied PUBLISH from {} (d0, q1, r0, m1, 'wardgrid/N/X/readings', ... (8 bytes))\n"
    log.write_text("1795: Error: something else\n" + line.format("N/MON-1") * 2 + "1795: Denied PU")
    with house(sqlite_url, tmp_path) as app:
        suspects = Suspects(app, Counts(CollectorRegistry()), tmp_path)
        suspects.look()
        suspects.look()
        assert suspects._counts.denied._value.get() == 2
        with log.open("a") as file:
            file.write("BLISH from N/MON-2 (d0, q1, r0, m1, 'x', ... (8 bytes))\n")
            file.write(line.format("NOWHERE/1") + line.format("nobody"))
        suspects.look()
        assert suspects._counts.denied._value.get() == 5
        assert int((tmp_path / MARK_NAME).read_text()) == log.stat().st_size
        log.write_text(line.format("N/MON-1"))  # it has begun anew
        suspects.look()
        assert suspects._counts.denied._value.get() == 6
        suspects.stop()
    assert alarms(ward.engine) == [
        ("IMPERSONATION", "OPEN", f"device:{ward.devices[code]}") for code in ("MON-1", "MON-2")
    ]
