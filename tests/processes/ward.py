"""What people do at a house of several processes, over HTTP and a live socket."""

import json
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

BOARD = """subscription Board($ward: UUID!, $after: String) {
  bedBoardChanged(wardId: $ward, after: $after) { cursor board { beds { code } } }
}"""


def until(true: Callable[[], bool], within_s: float) -> float:
    """Wait for it; how long that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + within_s, f"not within {within_s} s"
        time.sleep(0.01)
    return time.monotonic() - began


def metric(port: int, name: str) -> float:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    found = re.search(rf"^wardgrid_{name} (\S+)$", text, re.MULTILINE)
    assert found, name
    return float(found[1])


@dataclass
class Desk:
    """Asks whichever process it is told to."""

    token: str
    ward: dict[str, str] = field(default_factory=dict)  # ids of what `build` made
    added: list[str] = field(default_factory=list)  # codes of beds whose adding was answered
    _keys: Any = field(default_factory=count)

    def ask(self, port: int, document: str, **variables: Any) -> Any:
        answer = httpx.post(
            f"http://127.0.0.1:{port}/graphql", timeout=30,
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {self.token}"},
        ).json()  # fmt: skip
        assert "errors" not in answer, answer
        (result,) = answer["data"].values()
        return result

    def do(self, port: int, call: str, wanted: str = "__typename") -> Any:
        """A mutation, its key not said; the members of its answer."""
        call = call.replace(")", f', idempotencyKey: "p{next(self._keys)}")', 1)
        done = self.ask(
            port, f"mutation {{ {call} {{ ... on Problem {{ reason message }} {wanted} }} }}"
        )
        assert "reason" not in done, done
        return done

    def build(self, port: int) -> None:
        """A hospital with one ward and one room, without beds."""
        hospital = self.do(
            port, 'openHospital(code: "H", nameZh: "院", nameEn: "H")', "... on Hospital { id }"
        )["id"]
        ward = self.do(
            port, f'openWard(hospitalId: "{hospital}", code: "W", nameZh: "区", nameEn: "W",'
            " licensedBeds: 99, staffedBeds: 99)", "... on Ward { id }",
        )["id"]  # fmt: skip
        room = self.do(port, f'addRoom(wardId: "{ward}", code: "1")', "... on Room { id }")["id"]
        self.ward = {"hospital": hospital, "ward": ward, "room": room}

    def add_beds(self, port: int, number: int) -> None:
        for _ in range(number):
            code = f"B{len(self.added):03d}"
            self.do(port, f'addBed(roomId: "{self.ward["room"]}", code: "{code}")')
            self.added.append(code)


class Screen:
    """A live board; `cursor` is that of the newest payload."""

    def __init__(self, port: int, desk: Desk, after: str | None = None) -> None:
        self._stack = ExitStack()
        address, protocol = f"ws://127.0.0.1:{port}/graphql", Subprotocol("graphql-transport-ws")
        self._socket = self._stack.enter_context(
            connect(address, compression=None, subprotocols=[protocol])
        )
        self.cursor = after
        self.beds: list[str] = []
        self._send(type="connection_init", payload={"authorization": f"Bearer {desk.token}"})
        assert self._next()["type"] == "connection_ack"
        variables = {"ward": desk.ward["ward"], "after": after}
        self._send(type="subscribe", id="1", payload={"query": BOARD, "variables": variables})
        self.look()

    def look(self, timeout_s: float = 10) -> None:
        """Take the next payload. Raises ConnectionClosed, TimeoutError."""
        message = self._next(timeout_s)
        assert message["type"] == "next", message
        event = message["payload"]["data"]["bedBoardChanged"]
        self.cursor = event["cursor"]
        self.beds = [bed["code"] for bed in event["board"]["beds"]]

    def look_until(self, beds: list[str], within_s: float) -> None:
        ends = time.monotonic() + within_s
        while sorted(self.beds) != sorted(beds):
            self.look(max(0.01, ends - time.monotonic()))

    def closed_within(self, within_s: float) -> int | None:
        """The code that the server closes with; None where the connection broke."""
        ends = time.monotonic() + within_s
        try:
            while True:
                self._next(max(0.01, ends - time.monotonic()))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    def leave(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def _next(self, timeout_s: float = 10) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout_s))
        return message

    def _send(self, **message: Any) -> None:
        self._socket.send(json.dumps(message))
