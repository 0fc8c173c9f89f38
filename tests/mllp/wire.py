"""The other side of the HL7 door: an open door, and a sender on a real socket."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from gateways.mllp import MllpDoor, door
from gateways.mllp_frames import END, RETURN, framed
from tests.inbound.world import World

PEER = """
[[peer]]
name = "his"
hospital = "GH"
account = "{account}"
addresses = ["127.0.0.0/8"]
messages = ["ADT", "ORU^R01"]
infer_cleaning = true
{more}
"""


class Closed(Exception):
    """The other side ended the connection without an answer."""


@dataclass
class Doorway:
    world: World
    door: MllpDoor

    def sender(self, tls: ssl.SSLContext | None = None) -> "Sender":
        return Sender(self.door.port, tls)

    def metric(self, name: str, **labels: str) -> float:
        found = self.world.app.metrics.registry.get_sample_value(f"wardgrid_hl7_{name}", labels)
        return found or 0.0


@contextmanager
def opened(
    world: World, folder: Path, more: str = "", *, peers: str | None = None, **settings: Any
) -> Iterator[Doorway]:
    """The world's door, its peers in a file, until the block ends."""
    file = folder / "hl7_peers.toml"
    file.write_text((peers or PEER).format(account=world.sender.id, more=more))
    file.chmod(0o600)
    world.app.settings = world.app.settings.model_copy(
        update={"mllp_port": 0, "mllp_peers": file, **settings}
    )
    made = door(world.app)
    assert made is not None
    made.start()
    try:
        yield Doorway(world, made)
    finally:
        made.stop()


@dataclass
class Answer:
    segments: list[list[str]]

    @property
    def code(self) -> str:
        return self._field("MSA", 1)

    @property
    def control_id(self) -> str:
        return self._field("MSA", 2)

    @property
    def reason(self) -> str:
        return self._field("MSA", 3)

    @property
    def error(self) -> list[str]:
        return next((one for one in self.segments if one[0] == "ERR"), [])

    @property
    def told(self) -> tuple[str, str]:
        return self.code, self.reason

    def _field(self, name: str, number: int) -> str:
        segment = next(one for one in self.segments if one[0] == name)
        return segment[number] if number < len(segment) else ""


class Sender:
    """One connection. Closed after `with`."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None, timeout_s: float = 30) -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        try:
            self.socket = tls.wrap_socket(plain, server_hostname="localhost") if tls else plain
        except OSError:
            plain.close()
            raise
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, message: str | bytes) -> Answer:
        """Send one message and wait for its answer. Raises Closed."""
        body = message.encode() if isinstance(message, str) else message
        self.raw(framed(body))
        return self.answer()

    def raw(self, body: bytes) -> None:
        self.socket.sendall(body)

    def answer(self) -> Answer:
        while END + RETURN not in self._rest:
            try:
                chunk = self.socket.recv(65536)
            except ConnectionError:
                raise Closed from None
            if not chunk:
                raise Closed
            self._rest += chunk
        frame, _, self._rest = self._rest.partition(END + RETURN)
        assert frame[:1] == b"\x0b"
        codec = "gb18030" if b"|GB 18030-2000" in frame.split(b"\r")[0] else "utf-8"
        lines = frame[1:].decode(codec, "replace").split("\r")
        return Answer([line.split("|") for line in lines if line])

    def ended(self) -> bool:
        """True once the other side has closed; waits for it."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True
