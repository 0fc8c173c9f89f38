"""A broker, a database with devices, and the program's MQTT door between them."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr
from sqlalchemy import Engine, text

from app.settings import Profile, Settings
from app.wiring import App, build
from gateways.mqtt_broker import GATEWAY
from gateways.mqtt_door import MqttDoor
from kit.db import reading
from tests.house import KEYS, LOG
from tests.mqtt.broker import GATEWAY_PASSWORD, Broker, until
from tests.mqtt.ward import Ward


def settings_for(
    url: str, folder: Path, broker: Broker, name: str = "one", *, keeps_files: bool = True
) -> Settings:
    """As an installation would have them, under its own client id."""
    return Settings(
        data_folder=folder, database_url=SecretStr(url), profile=Profile.DEVELOPMENT,
        log_origin=LOG, mqtt_url=f"mqtt://127.0.0.1:{broker.gateway_port}",
        mqtt_username=GATEWAY, mqtt_password=SecretStr(GATEWAY_PASSWORD),
        mqtt_broker_folder=broker.folder if keeps_files else None, mqtt_client_id=name,
        mqtt_group="test",
    )  # fmt: skip


@contextmanager
def opened(
    url: str, folder: Path, broker: Broker, name: str = "one", *, keeps_files: bool = True
) -> Iterator[tuple[App, MqttDoor]]:
    """The program with nothing but its MQTT door, connected."""
    settings = settings_for(url, folder, broker, name, keeps_files=keeps_files)
    app = build(settings, keys=KEYS, alarm=lambda _what: None)
    app.start(jobs=False)
    door = MqttDoor(app)
    door.start()
    try:
        until(lambda: door.connected)
        yield app, door
    finally:
        door.stop()
        app.stop()


class Device:
    """A monitor at the broker: publishes with QoS 1, and knows what the broker answered."""

    def __init__(self, broker: Broker, ward: Ward, code: str, secret: str | None = None) -> None:
        self.topic = f"wardgrid/N/{code}/readings"
        self.codes: dict[int, int] = {}
        self.let_in: list[bool] = []
        self._sent = 0
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"{code}-test", protocol=paho.MQTTv5
        )
        self._client.max_inflight_messages_set(200)
        self._client.max_queued_messages_set(0)
        self._client.username_pw_set(f"N/{code}", secret or ward.secrets[code])
        self._client.on_publish = self._published
        self._client.on_connect = lambda _c, _d, _f, code, _p: self.let_in.append(
            not code.is_failure
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        until(lambda: True in self.let_in)  # refused until a gateway listens

    @staticmethod
    def can_log_in(broker: Broker, code: str, secret: str) -> bool:
        """Whether the broker knows this device by this secret by now."""
        tried: list[bool] = []
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="", protocol=paho.MQTTv5)
        client.username_pw_set(f"N/{code}", secret)
        client.on_connect = lambda _c, _d, _f, code, _p: tried.append(not code.is_failure)
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        until(lambda: tried)
        client.disconnect()
        client.loop_stop()
        return tried[0]

    def say(self, message: Any, topic: str | None = None) -> int:
        """Hand a message over; bytes go as they are. Returns its number."""
        body = message if isinstance(message, bytes) else orjson.dumps(message)
        self._sent += 1
        return self._client.publish(topic or self.topic, body, qos=1).mid

    def said_all(self, seconds: float = 60.0) -> None:
        """Return once the broker has acknowledged everything."""
        until(lambda: len(self.codes) == self._sent, seconds)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _published(self, _c: Any, _d: Any, mid: int, code: Any, _p: Any) -> None:
        self.codes[mid] = code.value


def measured(engine: Engine) -> list[tuple[str, int, float]]:
    """Every reading: device, time in microseconds, value. Sorted."""
    with reading(engine) as session:
        rows = (
            session.connection()
            .execute(
                text(
                    "SELECT d.code, r.at, r.value FROM reading r"
                    " JOIN channel c ON c.id = r.channel_id JOIN device d ON d.id = c.device_id"
                    " ORDER BY 1, 2"
                )
            )
            .all()
        )
    return [(row[0], row[1], row[2]) for row in rows]


def parked(engine: Engine) -> dict[str, int]:
    """How many messages wait for a person, by reason."""
    with reading(engine) as session:
        rows = (
            session.connection()
            .execute(
                text(
                    "SELECT reason, count(*) FROM inbound_message"
                    " WHERE reason IS NOT NULL GROUP BY reason"
                )
            )
            .all()
        )
    return {reason: count for reason, count in rows}


def alarms(engine: Engine) -> list[tuple[str, str, str]]:
    """Kind, state and entity of every alarm, in the order in which they opened."""
    with reading(engine) as session:
        rows = (
            session.connection()
            .execute(text("SELECT kind, state, entity FROM alarm ORDER BY opened_at, id"))
            .all()
        )
    return [(row[0], row[1], row[2]) for row in rows]


def recently(seconds: int = 3600) -> int:
    """A whole second of the last hours: readings of long ago are stored, but differently."""
    return int(time.time()) - seconds


def series(begin: int, count: int, metric: str = "hr") -> Sequence[dict[str, Any]]:
    """One reading a second from `begin` (epoch seconds) on, each value telling its place."""
    return [
        {"ts": begin + number, "values": {metric: 60 + number % 100}} for number in range(count)
    ]


def as_rows(code: str, entries: Sequence[dict[str, Any]]) -> list[tuple[str, int, float]]:
    """The rows that entries of `series` become, as `measured` tells them."""
    return sorted((code, one["ts"] * 1_000_000, float(one["values"]["hr"])) for one in entries)
