"""Simulated monitors at the beds of a ward, over MQTT or, without a broker, in process.

One of them falls silent now and then: its alarm is raised, escalated, and over when it is back.
"""

import importlib
import json
import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import select

from app.demo_broker import DemoBroker
from app.demo_seed import PlacedWard, Seeder
from app.demo_vitals import Vitals
from app.jobs import PROGRAM
from app.wiring import App
from domain.alarms.commands import AcknowledgeAlarm
from domain.alarms.model import Alarm, AlarmKind, AlarmState
from domain.alarms.rule_commands import DraftRule, PublishRule
from domain.devices.commands import AttachDevice, RegisterDevice
from domain.devices.model import DeviceKind
from domain.devices.verifiers import new_device_secret
from domain.places.model import Hospital
from domain.telemetry.commands import StoreReadings
from kit.db import reading
from kit.errors import Refusal
from kit.work import Actor

EVERY_S = 2.0
SILENT_AFTER_S = 5
SILENT_FOR_S, HEARD_FOR_S = 40.0, 120.0  # of the monitor that falls silent
SILENCE = {
    "id": "monitor-silent",
    "kind": "absence",
    "scope": {"deviceKind": "MONITOR"},
    "severity": "medium",
    "text": {"zh": "监护仪没有数据", "en": "no data from a monitor"},
    "escalate": [{"after": "PT4S", "unacked": True, "to": "role:charge-nurse", "severity": "high"}],
}

log = logging.getLogger("wardgrid.demo")


class Wire(Protocol):
    """How one monitor's messages travel."""

    def say(self, body: bytes) -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Monitor:
    """A simulated device and what it is attached to."""

    code: str
    device_id: UUID
    vitals: Vitals
    wire: Wire
    silent: bool = False


class Monitors:
    """`begin` puts them at beds; they speak in a thread until `end`."""

    def __init__(self, app: App, seeder: Seeder, broker: DemoBroker | None, seed: int) -> None:
        self._app = app
        self._seeder = seeder
        self._broker = broker
        self._dice = Random(seed)  # noqa: S311 - a demonstration, not a secret
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.all: list[Monitor] = []

    @property
    def over(self) -> str:
        """How their messages travel."""
        return "MQTT" if self._broker else "in process"

    def begin(
        self, hospital: Hospital, placed: PlacedWard, count: int, *, moody: bool = True
    ) -> None:
        """Monitors at `count` beds. With `moody` the first falls silent by itself."""
        technician = self._seeder.hire("device-technician", hospital)
        _publish_silence(self._seeder, technician, placed)
        for bed in placed.beds[:count]:
            user = f"{hospital.code}/MON-{bed.code}"
            self.all.append(self._placed(technician, placed, bed.id, user))
        self._thread = threading.Thread(
            target=self._run, args=(moody,), name="demo-monitors", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        for monitor in self.all:
            monitor.wire.close()

    def _placed(self, technician: Actor, placed: PlacedWard, bed: UUID, user: str) -> Monitor:
        secret, code = new_device_secret(), user.partition("/")[2]
        device = self._seeder.run_as(technician, RegisterDevice(
            hospital_id=placed.ward.hospital_id, ward_id=placed.ward.id, code=code,
            kind=DeviceKind.MONITOR, model="Simulated monitor", silent_after_s=SILENT_AFTER_S,
            secret=secret.plain, verifier=secret.verifier,
        )).device  # fmt: skip
        self._seeder.run_as(technician, AttachDevice(device_id=device.id, bed_id=bed))
        wire: Wire
        if self._broker is None:
            wire = _InProcess(self._app, placed.ward.hospital_id, device.id)
        else:
            wire = _OverMqtt(self._broker.port, user, secret.plain)
        return Monitor(code, device.id, Vitals(self._dice), wire)

    def _run(self, moody: bool) -> None:
        elapsed = 0.0
        while not self._stop.wait(EVERY_S):
            elapsed += EVERY_S
            if moody:
                self.all[0].silent = elapsed % (HEARD_FOR_S + SILENT_FOR_S) > HEARD_FOR_S
                self._attend()
            self._speak([monitor for monitor in self.all if not monitor.silent])

    def _attend(self) -> None:
        """Somebody takes note of the silence once it was escalated."""
        with reading(self._app.read_engine) as session:
            found = session.exec(select(Alarm).where(
                Alarm.kind == AlarmKind.NO_DATA, Alarm.state == AlarmState.OPEN,
                Alarm.device_id == self.all[0].device_id, Alarm.level > 0,
            )).all()  # fmt: skip
        for alarm in found:
            with suppress(Refusal):  # a person in the browser was quicker
                self._seeder.run(AcknowledgeAlarm(alarm_id=alarm.id))

    def _speak(self, monitors: Sequence[Monitor]) -> None:
        ts = self._app.clock().isoformat()
        for monitor in monitors:
            message = {"ts": ts, "values": monitor.vitals.next(),
                       "battery": monitor.vitals.battery}  # fmt: skip
            try:
                monitor.wire.say(json.dumps(message).encode())
            except Refusal as why:
                log.warning("a monitor was refused", extra={"reason": why.reason})


class _InProcess:
    """Without a broker: the same payload, by the same command."""

    def __init__(self, app: App, hospital_id: UUID, device_id: UUID) -> None:
        self._app = app
        self._hospital_id = hospital_id
        self._device_id = device_id
        self._read = importlib.import_module("gateways.mqtt_reading").read_again

    def say(self, body: bytes) -> None:
        message = self._read(body, self._device_id, self._app.clock())
        self._app.pipeline.run(PROGRAM, StoreReadings(
            hospital_id=self._hospital_id, messages=(message,)
        ))  # fmt: skip

    def close(self) -> None:
        """Nothing is open."""


class _OverMqtt:
    """A connection to the broker with the device's own password."""

    def __init__(self, port: int, user: str, secret: str) -> None:
        paho: Any = importlib.import_module("paho.mqtt.client")  # an extra
        self._topic = f"wardgrid/{user}/readings"
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.username_pw_set(user, secret)
        self._client.reconnect_delay_set(1, 2)
        self._client.max_queued_messages_set(1000)
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def say(self, body: bytes) -> None:
        self._client.publish(self._topic, body, qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def _publish_silence(seeder: Seeder, technician: Actor, placed: PlacedWard) -> None:
    """The technician drafts the rule, the house supervisor publishes it."""
    drafted = seeder.run_as(technician, DraftRule(
        hospital_id=placed.ward.hospital_id, rule=SILENCE
    ))  # fmt: skip
    seeder.run(PublishRule(rule_id=drafted.id))
