"""A real `wardgrid serve` that can be killed and started again, and clients that talk to it."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Protocol

from sqlmodel import Session

from app.parts import EVERY, Part
from audit.keys import init_keys
from authz.sessions import BEARER
from domain.accounts.model import BearerToken
from domain.accounts.rules import digest
from kit.db import open_engine
from tests.house import enrol

ROOT = Path(__file__).parents[2]
LOG_ORIGIN = "faults.example/log"
START_TIMEOUT_S = 60
ANSWER_TIMEOUT_S = 30

OPEN_HOSPITAL = """
mutation Open($code: String!, $name: String!, $key: String!) {
  openHospital(code: $code, nameZh: $name, nameEn: $name, idempotencyKey: $key) {
    __typename
    ... on Hospital { id code }
    ... on Problem { code reason retryable }
  }
}
"""


class NoAnswer(Exception):
    """The connection broke before the answer: nobody knows whether the change was made."""


def make_folder(folder: Path, url: str) -> None:
    """A data folder as `wardgrid init` makes it, for a database that is there already."""
    folder.mkdir(mode=0o700)
    init_keys(folder / "keys")
    settings = folder / "wardgrid.toml"
    settings.touch(mode=0o600)
    if url.startswith("sqlite:///"):
        shutil.copyfile(url.removeprefix("sqlite:///"), folder / "wardgrid.db")
        (folder / "wardgrid.db").chmod(0o600)
        settings.write_text(f'log_origin = "{LOG_ORIGIN}"\n')
    else:
        settings.write_text(f'log_origin = "{LOG_ORIGIN}"\ndatabase_url = "{url}"\n')


def token_for(url: str, *roles: str) -> str:
    """A long token of a service that holds the roles, arranged past the pipeline."""
    actor, secret, now = enrol(url, *roles), BEARER + os.urandom(16).hex(), datetime.now(UTC)  # noqa: TID251
    engine = open_engine(url, guarded=False)
    with Session(engine) as session:
        session.add(
            BearerToken(
                account_id=actor.id, digest=digest(secret), operations="*", made_at=now,
                expires_at=now + timedelta(days=1),
            )
        )  # fmt: skip
        session.commit()
    engine.dispose()
    return secret


class Starter(Protocol):
    """Begins `wardgrid serve` and answers with its process id."""

    def fork(self, folder: Path, port: int) -> int: ...


@contextmanager
def warm_starter() -> Iterator["WarmStarter"]:
    """A process that has imported the program; it forks servers until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.warm_start"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield WarmStarter(process)
    finally:
        process.communicate()


class WarmStarter:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert self._line() == "ready"

    def fork(
        self, folder: Path, port: int, log: str = "serve.log", parts: Collection[Part] = EVERY
    ) -> int:
        assert self._process.stdin
        self._process.stdin.write(f"{folder} {port} {folder / log} {','.join(parts)}\n")
        self._process.stdin.flush()
        return int(self._line())

    def _line(self) -> str:
        output: IO[str] | None = self._process.stdout
        assert output
        return output.readline().strip()


@dataclass(slots=True)
class Served:
    """One installation, served again and again on the same port."""

    folder: Path
    token: str
    starter: Starter
    port: int = field(default_factory=lambda: free_port())
    log_name: str = "serve.log"
    starts_s: list[float] = field(default_factory=list)
    _process: int = 0

    def start(self) -> None:
        """Start and wait until it is ready; how long that took is kept."""
        began = time.monotonic()
        self._process = self.starter.fork(self.folder, self.port)
        while not self._ready():
            if not self._alive() or time.monotonic() > began + START_TIMEOUT_S:
                raise RuntimeError(f"did not start: {self.log()[-3000:]}")
            time.sleep(0.01)
        self.starts_s.append(time.monotonic() - began)

    def kill(self) -> None:
        """As a crash would: no time to finish anything."""
        os.kill(self._process, signal.SIGKILL)
        self._wait()

    def stop(self) -> None:
        """As an operator would: it drains. Nothing happens to one that is stopped already."""
        if self._alive():
            os.kill(self._process, signal.SIGTERM)
            self._wait()

    @property
    def process(self) -> int:
        """Its id, for /proc."""
        return self._process

    def log(self) -> str:
        return (self.folder / self.log_name).read_text()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while self._alive():
            if time.monotonic() > deadline:
                raise RuntimeError(f"does not end: {self.log()[-3000:]}")
            time.sleep(0.005)

    def _alive(self) -> bool:
        return Path(f"/proc/{self._process}").exists()

    def _ready(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            with closing(connection):
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
        return False


class Client:
    """One client with one connection at a time; a broken one is NoAnswer."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token
        self._connection: http.client.HTTPConnection | None = None

    def open_hospital(self, code: str, key: str, name: str = "Hospital") -> dict[str, Any]:
        """The answer's member of the union. Raises NoAnswer."""
        answer = self.send(OPEN_HOSPITAL, {"code": code, "name": name, "key": key})
        member: dict[str, Any] = answer["data"]["openHospital"]
        return member

    def send(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps({"query": document, "variables": variables})
        try:
            answered = self._post(body)
        except (OSError, http.client.HTTPException, ValueError) as broken:
            self.close()
            raise NoAnswer from broken
        if "data" not in answered or answered.get("errors"):
            raise AssertionError(f"not an answer: {answered}")
        return answered

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _post(self, body: str) -> dict[str, Any]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=ANSWER_TIMEOUT_S
            )
        self._connection.request(
            "POST", "/graphql", body,
            {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )  # fmt: skip
        answered: dict[str, Any] = json.loads(self._connection.getresponse().read())
        return answered


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
