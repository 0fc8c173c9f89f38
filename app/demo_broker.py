"""The demonstration's own Mosquitto, where one is installed: on free ports of this machine."""

import importlib
import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WAIT_S = 5.0
_PATH = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin"


@dataclass(slots=True)
class DemoBroker:
    """Running. Devices come in at `port`, the program itself at `gateway_port`."""

    folder: Path
    port: int
    gateway_port: int
    password: str
    process: "subprocess.Popen[bytes]"

    def settings(self) -> dict[str, Any]:
        """What the program has to know of it."""
        return {
            "mqtt_url": f"mqtt://127.0.0.1:{self.gateway_port}", "mqtt_username": "gateway",
            "mqtt_password": self.password, "mqtt_broker_folder": self.folder,
        }  # fmt: skip

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def start_broker(folder: Path) -> DemoBroker | None:
    """None where no Mosquitto or no client library is installed, or it does not answer."""
    if shutil.which("mosquitto", path=_PATH) is None or importlib.util.find_spec("paho") is None:
        return None
    files = importlib.import_module("gateways.mqtt_broker")  # gateways lie above app
    port, gateway_port = _free_ports()
    password = secrets.token_urlsafe(24)
    files.write_broker(folder, files.Listeners(port=port, gateway_port=gateway_port), password)
    process = subprocess.Popen(  # noqa: S603 - our own script
        [folder / files.RUN], env={"PATH": _PATH}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    broker = DemoBroker(folder, port, gateway_port, password, process)
    deadline = time.monotonic() + _WAIT_S
    while not (_answers(gateway_port) and _answers(port)):
        if time.monotonic() > deadline or process.poll() is not None:
            broker.stop()
            return None
        time.sleep(0.05)
    return broker


def _answers(port: int) -> bool:
    with socket.socket() as tried:
        tried.settimeout(1)
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]
