"""A graphql-transport-ws client that shows every message and close code as it is."""

import json
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.edge.toy import WARDS

BOARD = (
    "subscription Board($ward: UUID!) { boardChanged(ward: $ward)"
    " { cursor version board { asOf beds { code patient } } } }"
)
EVERY = "subscription Every($ward: UUID!) { everyChange(ward: $ward) { board { beds { code patient } } } }"
PROTOCOL = "graphql-transport-ws"


class Screen:
    """Use as a context manager. `user=None` leaves connection_init to the test."""

    def __init__(self, port: int, user: int | None = 1, **options: Any) -> None:
        options.setdefault("subprotocols", [Subprotocol(PROTOCOL)])
        options.setdefault("compression", None)
        self._stack = ExitStack()
        self.rest: list[dict[str, Any]] = []  # what came before a close
        address = f"ws://127.0.0.1:{port}/graphql"
        self._socket: ClientConnection = self._stack.enter_context(connect(address, **options))
        if user is not None:
            self.init(user)
            assert self.receive() == {"type": "connection_ack"}

    def init(self, user: int) -> None:
        self.send(type="connection_init", payload={"authorization": f"Bearer user-{user}"})

    def send(self, **message: Any) -> None:
        self._socket.send(json.dumps(message))

    def send_raw(self, message: str | bytes) -> None:
        self._socket.send(message)

    def watch(
        self, ward: UUID = WARDS[0], key: str = "1", query: str = BOARD, **parts: Any
    ) -> None:
        payload = {"query": query, "variables": {"ward": str(ward)}, **parts}
        self.send(type="subscribe", id=key, payload=payload)

    def receive(self, timeout_s: float = 10) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout_s))
        return message

    def board(self) -> dict[str, str | None]:
        """Patients by bed code, of the next message, which must be a `next`."""
        message = self.receive()
        assert message["type"] == "next", message
        (view,) = message["payload"]["data"].values()
        return {bed["code"]: bed.get("patient") for bed in view["board"]["beds"]}

    def quiet(self, key: str = "quiet") -> None:
        """Assert that nothing has been sent: a ping is answered next."""
        self.send(type="ping", payload={"key": key})
        assert self.receive() == {"type": "pong", "payload": {"key": key}}

    def closed(self) -> tuple[int, str]:
        """Wait for the server's close; what comes before it is in `rest`."""
        with pytest.raises(ConnectionClosed) as closed:
            self._read_on()
        close = closed.value.rcvd
        assert close is not None
        return close.code, close.reason

    def _read_on(self) -> None:
        while True:
            self.rest.append(json.loads(self._socket.recv(15)))

    def leave(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
