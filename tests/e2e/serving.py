"""`wardgrid serve` on a folder of its own, to be stopped and started like the real thing."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.migrate import upgrade
from app.settings import load
from app.wiring import build
from tests.e2e.desk import Desk
from tests.e2e.screens import ROOT, free_port
from tests.e2e.seeded_ward import Ward, seed

STARTS_WITHIN_S = 60.0


@dataclass
class WardServer:
    """A running server with one ward on it, and a person who works there."""

    folder: Path
    ward: Ward
    port: int
    desk: Desk = field(init=False)
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.desk = Desk(self.address, self.ward)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def link(self, language: str, ward: object = None, key: str | None = None) -> str:
        """What one opens on a screen; without a key of its own, a link for many screens."""
        path = f"/ward/{ward or self.ward.id}?lang={language}"
        return f"{self.address}{path}#token={key or self.ward.screen_token + '&shared'}"

    def start(self) -> None:
        self.process = _serve(self.folder, self.port)
        self._wait_ready(self.process)

    def stop(self) -> None:
        """Pull the plug."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _wait_ready(self, process: "subprocess.Popen[bytes]") -> None:
        ends = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < ends:
            assert process.poll() is None, "the server ended while it started"
            try:
                if httpx.get(f"{self.address}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("the server did not become ready")


@contextmanager
def serving(folder: Path) -> Iterator[WardServer]:
    """Install, fill and start; the process is gone at the end."""
    _wardgrid("init", str(folder), "--log-origin", "ward-screen.test/log")
    settings = load(folder)
    upgrade(settings.database)
    app = build(settings)
    app.start(jobs=False)
    try:
        ward = seed(app, settings.database)
    finally:
        app.stop()
    server = WardServer(folder, ward, free_port())
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _wardgrid(*arguments: str) -> None:
    command = [sys.executable, "-m", "app.cli", *arguments]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def _serve(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "app.cli", "serve", "--data", str(folder), "--port", str(port)]
    environment = os.environ | {"WARDGRID_ORIGINS": f"http://127.0.0.1:{port}"}
    with (folder / "serve.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
