"""The demonstration's monitors: what they say is plausible, and it repeats."""

from pathlib import Path
from random import Random

import pytest

from app import demo_broker
from app.demo_broker import start_broker
from app.demo_vitals import Vitals
from domain.readings.metrics import metric_named
from gateways.mqtt_broker import ACL
from tests.mqtt.broker import answers, needs_mosquitto, until


def test_vital_signs_stay_within_their_limits_and_repeat() -> None:
    one, two = Vitals(Random(3)), Vitals(Random(3))
    for _ in range(500):
        values = one.next()
        assert values == two.next()
        assert 45 <= values["hr"] <= 125
        assert 92 <= values["spo2"] <= 100
        assert 0 <= one.battery <= 100
    assert {metric_named(name).code for name in values} == set(values)


def test_without_a_mosquitto_there_is_no_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_broker, "_PATH", str(tmp_path))
    assert start_broker(tmp_path / "broker") is None
    assert not (tmp_path / "broker").exists()


@needs_mosquitto
def test_the_demonstrations_own_broker_answers_until_it_is_stopped(tmp_path: Path) -> None:
    broker = start_broker(tmp_path / "broker")
    assert broker is not None
    try:
        assert answers(broker.gateway_port)
        assert (broker.folder / ACL).exists()
        assert broker.settings()["mqtt_url"] == f"mqtt://127.0.0.1:{broker.gateway_port}"
    finally:
        broker.stop()
    until(lambda: not answers(broker.port))
