"""A real Mosquitto, a database with monitors, the program's MQTT door, and senders of their own.

The senders are plain paho clients in a process apart: they publish with QoS 1, as devices do.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import func, select

from app.migrate import upgrade
from app.server import spare_the_collector
from app.wiring import App, build
from domain.alarms.rule_commands import DraftRule, PublishRule
from domain.readings.model import READING
from gateways.mqtt_counts import OUTCOMES
from gateways.mqtt_door import MqttDoor
from kit.db import open_engine, reading
from kit.work import Actor
from tests.house import KEYS
from tests.mqtt.broker import Broker, until
from tests.mqtt.plant import settings_for
from tests.mqtt.ward import Ward, world_with_devices

METRICS = ("hr", "spo2", "rr", "nibp_sys", "temp")
LIMITS = {"hr": (">", 130), "spo2": ("<", 90), "rr": (">", 25), "nibp_sys": ("<", 90),
          "temp": (">", 39)}  # fmt: skip


@dataclass(slots=True)
class MqttHouse:
    """Running: what is published is stored."""

    ward: Ward
    broker: Broker
    app: App
    door: MqttDoor

    def stored(self) -> int:
        counted = select(func.count()).select_from(READING)
        with reading(self.ward.engine) as session:
            count: int = session.connection().execute(counted).scalar_one()
        return count


@contextmanager
def senders(
    port: int, secrets: Mapping[str, str], plan: Mapping[str, float]
) -> Iterator["subprocess.Popen[str]"]:
    """A process that publishes by the plan (see bench/mqtt_senders.py) once told to begin."""
    told = {**plan, "port": port, "secrets": secrets}
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.mqtt_senders", json.dumps(told)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def mqtt_house(url: str, folder: Path, devices: int) -> Iterator[MqttHouse]:
    """Everything on a database of its own, which is migrated here."""
    folder.mkdir(mode=0o700)
    upgrade(url)
    engine = open_engine(url, guarded=False)
    ward = world_with_devices(engine, tuple(f"MON-{number}" for number in range(devices)))
    publish_rules(ward)
    broker = Broker(folder / "broker")
    broker.start()
    app = build(settings_for(url, folder, broker, "bench"), keys=KEYS, alarm=lambda _what: None)
    app.start(jobs=False)
    door = MqttDoor(app)
    door.start()
    try:
        until(lambda: door.connected)
        spare_the_collector()  # as the server does
        yield MqttHouse(ward, broker, app, door)
    finally:
        door.stop()
        app.stop()
        broker.stop()
        engine.dispose()


def publish_rules(ward: Ward) -> None:
    """A limit for each metric; one person drafts, another one publishes."""
    for metric, (op, threshold) in LIMITS.items():
        plain = {"id": f"limit-{metric}", "kind": "threshold", "metric": metric, "op": op,
                 "threshold": threshold, "severity": "high",
                 "text": {"zh": "超出界限", "en": "beyond the limit"}}  # fmt: skip
        drafted = ward.world.run(DraftRule(hospital_id=ward.hospital, rule=plain))
        ward.world.actor = Actor(uuid4())
        ward.world.run(PublishRule(rule_id=drafted.id))


def wait_for(house: MqttHouse, readings: int, seconds: float) -> float:
    """When all of them were stored, by time.monotonic()."""
    deadline = time.monotonic() + seconds
    while True:
        accepted = sum(
            house.door.counts.readings.labels(outcome)._value.get()
            for outcome in ("stored", "duplicate")
        )
        if accepted >= readings:
            return time.monotonic()
        if time.monotonic() > deadline:
            counts = house.door.counts
            told = {o: counts.readings.labels(o)._value.get() for o in OUTCOMES}
            raise SystemExit(
                f"{accepted:.0f} of {readings} readings were stored in {seconds} s: {told},"
                f" {counts.messages._value.get():.0f} messages"
            )
        time.sleep(0.01)
