"""`python -m tests.mqtt.gateway URL FOLDER BROKER_FOLDER PORT NAME`: one gateway, to be killed."""

import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from app.wiring import build
from gateways.mqtt_door import MqttDoor
from tests.house import KEYS
from tests.mqtt.broker import Broker, until
from tests.mqtt.plant import settings_for


def main(url: str, folder: str, broker_folder: str, port: str, name: str) -> None:
    """Say "ready" once connected, then run until somebody kills it."""
    broker = SimpleNamespace(folder=Path(broker_folder), gateway_port=int(port))
    settings = settings_for(url, Path(folder), cast(Broker, broker), name)
    app = build(settings, keys=KEYS, alarm=lambda _what: None)
    app.start(jobs=False)
    door = MqttDoor(app)
    door.start()
    until(lambda: door.connected)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
