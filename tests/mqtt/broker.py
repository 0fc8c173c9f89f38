"""A real Mosquitto on free ports, started from the files that the project writes."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gateways.mqtt_broker import CONF, PID, RUN, Listeners, signal_broker, sync, write_broker
from kit.db import reading

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
GATEWAY_PASSWORD = "the gateway of a test may log in with this"
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="no mosquitto is installed")


class Broker:
    """Its folder as `wardgrid mqtt broker` makes it; `start` and `stop` as often as wanted."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self.folder = folder
        self.port, self.gateway_port, self.certificate_port = free_ports(3)
        write_broker(
            folder,
            Listeners(
                port=self.port, gateway_port=self.gateway_port,
                certificate_port=self.certificate_port, **given,
            ),
            GATEWAY_PASSWORD,
        )  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        path = f"{os.environ.get('PATH', '')}:/usr/sbin"
        self._process = subprocess.Popen([self.folder / RUN], env={"PATH": path})
        until(lambda: answers(self.gateway_port) and answers(self.port))

    def let_devices_in(self, engine: Engine) -> None:
        """What the program does once it listens; by hand."""
        with reading(engine) as session:
            sync(session, self.folder)
        assert signal_broker(self.folder / PID)

    def stop(self) -> None:
        """As a service manager would: SIGTERM, and wait until it has ended."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None

    @property
    def conf(self) -> str:
        return (self.folder / CONF).read_text()


def until(condition: Callable[[], object], seconds: float = 20.0, pause: float = 0.01) -> None:
    """Wait for something that another thread or process brings about."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(pause)


def answers(port: int) -> bool:
    with socket.socket() as tried:
        tried.settimeout(1)
        return tried.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now, from 20000 up."""
    found: list[int] = []
    candidate = 20_000 + (os.getpid() * 37 + time.monotonic_ns() // 1000) % 12_000
    while len(found) < count:
        candidate += 1
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", candidate))
            except OSError:
                continue
        found.append(candidate)
    return found
