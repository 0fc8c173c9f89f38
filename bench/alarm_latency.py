"""From a device's message to the alarm on a subscribed screen, beside 5,000 readings a second.

Devices, broker, the whole program with its server and jobs, and the screen share this machine.
"""

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from api.program import serve
from app.migrate import upgrade
from app.server import Server, server_config
from app.wiring import App, build
from authz.sessions import BEARER, new_secret
from bench.mqtt_house import METRICS, publish_rules, senders
from bench.write_house import databases
from domain.accounts.devices import IssueServiceToken
from gateways.mqtt_door import MqttDoor
from kit.db import open_engine
from kit.ids import new_id
from kit.work import Actor, ActorKind
from tests.house import KEYS, enrol
from tests.mqtt.broker import Broker, free_ports, until
from tests.mqtt.plant import settings_for
from tests.mqtt.ward import Ward, world_with_devices

LOAD, PATIENTS, SECONDS, ENTRIES = 10, 6, 15, 4
READINGS_PER_S, GOAL_MS = 5_000, 300


def main() -> dict[str, object]:
    with databases() as made:
        return {
            kind: _measured(made.urls[kind], Path(made.folder) / f"alarm-{kind}")
            for kind in ("postgresql", "sqlite")
        } | {"readings_per_s": READINGS_PER_S, "goal_p99_ms": GOAL_MS}


def _measured(url: str, folder: Path) -> dict[str, object]:
    folder.mkdir(mode=0o700)
    upgrade(url)
    engine = open_engine(url, guarded=False)
    ward = world_with_devices(engine, tuple(f"MON-{n}" for n in range(LOAD + PATIENTS)))
    publish_rules(ward)
    engine.dispose()
    people = (
        enrol(url, "system-administrator", "security-administrator"),
        enrol(url, "charge-nurse"),
    )
    broker = Broker(folder / "broker")
    broker.start()
    try:
        with _served(url, folder, broker) as (app, port):
            late = sorted(_told(port, broker, ward, _token(app, *people)))
    finally:
        broker.stop()
    p99 = late[int(len(late) * 0.99)]
    return {
        "alarms": len(late), "p50_ms": statistics.median(late), "p99_ms": p99,
        "of_goal": round(p99 / GOAL_MS, 2),
    }  # fmt: skip


def _told(port: int, broker: Broker, ward: Ward, token: str) -> list[float]:
    """How late each alarm was on the screen."""
    codes = list(ward.devices)
    loud = {code: ward.secrets[code] for code in codes[:LOAD]}
    per_second = READINGS_PER_S / (ENTRIES * len(METRICS))
    load = {"messages": round(per_second * (SECONDS + 4) / LOAD), "entries": ENTRIES,
            "per_second": per_second, "ago_s": 60}  # fmt: skip
    screen = {
        "http_port": port, "port": broker.port, "token": token, "seconds": SECONDS,
        "hospital": str(ward.hospital), "patients": codes[LOAD:], "secrets": ward.secrets,
        "devices": {code: str(key) for code, key in ward.devices.items()},
    }  # fmt: skip
    with senders(broker.port, loud, load) as process:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        time.sleep(2)
        told = subprocess.run(
            [sys.executable, "-m", "bench.alarm_screen", json.dumps(screen)],
            stdout=subprocess.PIPE, text=True, check=True, timeout=SECONDS * 4,
        )  # fmt: skip
    return cast(list[float], json.loads(told.stdout))


@contextmanager
def _served(url: str, folder: Path, broker: Broker) -> Iterator[tuple[App, int]]:
    (port,) = free_ports(1)
    settings = settings_for(url, folder, broker, "bench").model_copy(update={"port": port})
    app = build(settings, keys=KEYS, alarm=lambda _what: None)
    server = Server(server_config(serve(app), settings))
    thread = threading.Thread(target=server.run, name="server", daemon=True)
    thread.start()
    try:
        until(lambda: server.started)
        door: Any = next(door for door in app._doors if isinstance(door, MqttDoor))
        until(lambda: door.connected)
        yield app, port
    finally:
        server.should_exit = True
        thread.join(timeout=30)


def _token(app: App, maker: Actor, viewer: Actor) -> str:
    """Of a service account that sees alarms."""
    secret = new_secret(BEARER)
    actor = Actor(maker.id, ActorKind.SERVICE, session=new_id())
    command = IssueServiceToken(account_id=viewer.id, days=1, secret=secret)
    app.pipeline.run(actor, command, key=str(new_id()))
    return secret


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))
