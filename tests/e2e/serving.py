"""`wardgrid serve` on a folder of its own, to be stopped and started like the real thing."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.migrate import upgrade
from app.settings import load
from app.wiring import build
from tests.e2e.screens import ROOT, free_port
from tests.e2e.seeded_ward import Ward, seed

STARTS_WITHIN_S = 60.0
LOGIN = """mutation($n: String!, $p: String!) { login(loginName: $n, password: $p) {
  ... on Tokens { accessToken } ... on Problem { reason } } }"""
BLOCK = """mutation($bed: UUID!, $key: String!) {
  blockBedForLong(bedId: $bed, reason: REPAIR, idempotencyKey: $key) {
    ... on BedBlock { id } ... on Problem { reason message } } }"""
BOARD = "query($w: UUID!) { bedBoard(wardId: $w) { beds { id code } } }"


@dataclass
class WardServer:
    """A running server with one ward on it, and a person who works there."""

    folder: Path
    ward: Ward
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def link(self, language: str, ward: object = None) -> str:
        """What one opens on the screen in the corridor."""
        path = f"/ward/{ward or self.ward.id}?lang={language}"
        return f"{self.address}{path}#token={self.ward.screen_token}"

    def start(self) -> None:
        self.process = _serve(self.folder, self.port)
        self._wait_ready()

    def stop(self) -> None:
        """Pull the plug."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def block_a_bed(self) -> str:
        """Take a ready bed out of service, as a person at a desk does. Returns its code."""
        answer = self._ask(LOGIN, {"n": self.ward.nurse, "p": self.ward.password}, None)
        token = answer["login"]["accessToken"]
        board = self._ask(BOARD, {"w": str(self.ward.id)}, token)["bedBoard"]
        code = self.ward.free.pop()
        bed = next(bed["id"] for bed in board["beds"] if bed["code"] == code)
        answer = self._ask(BLOCK, {"bed": bed, "key": f"e2e-{code}"}, token)
        assert "id" in answer["blockBedForLong"], answer
        return code

    def _ask(self, query: str, variables: dict[str, Any], token: str | None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": query, "variables": variables}
        got = httpx.post(f"{self.address}/graphql", json=body, headers=headers, timeout=30).json()
        assert "errors" not in got, got
        data: dict[str, Any] = got["data"]
        return data

    def _wait_ready(self) -> None:
        ends = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < ends:
            assert self.process is not None
            assert self.process.poll() is None, "the server ended while it started"
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
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _wardgrid(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "app.cli", *arguments], cwd=ROOT, check=True,
                   capture_output=True)  # fmt: skip


def _serve(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    log = (folder / "serve.log").open("ab")
    command = [sys.executable, "-m", "app.cli", "serve", "--data", str(folder), "--port", str(port)]
    environment = os.environ | {"WARDGRID_ORIGINS": f"http://127.0.0.1:{port}"}
    with log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
