"""A ward screen's ears, for the check of the demonstration: counts the boards it is sent."""

import json
from contextlib import suppress
from typing import Any
from uuid import UUID

LIVE = """subscription BoardHeard($ward: UUID!) {
  bedBoardChanged(wardId: $ward) { cursor board { asOf occupied held waiting { id state } } }
}"""


class CheckFailed(Exception):
    """A part did not do what it must; the sentence says which."""


class Ears:
    """A graphql-transport-ws client that counts the boards it is sent."""

    def __init__(self, port: int, token: str, ward: UUID) -> None:
        from websockets.sync.client import connect
        from websockets.typing import Subprotocol

        self._socket = connect(
            f"ws://127.0.0.1:{port}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]
        )
        self._heard = 0
        self._say({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        if self._next()["type"] != "connection_ack":
            raise CheckFailed("the live feed did not let us in")
        payload = {"query": LIVE, "variables": {"ward": str(ward)}}
        self._say({"id": "1", "type": "subscribe", "payload": payload})
        self.heard_more_than(0)

    def heard_more_than(self, boards: int) -> None:
        """Wait until that many boards and one more have come."""
        while self._heard <= boards:
            message = self._next()
            if message["type"] == "next":
                if message["payload"].get("errors"):
                    raise CheckFailed("the live feed sent an error")
                self._heard += 1
            elif message["type"] in ("error", "complete"):
                raise CheckFailed(f"the live feed answered {message['type']}")

    def close(self) -> None:
        """One more board after the plan's holds, then good-bye."""
        self.heard_more_than(self._heard)
        with suppress(OSError):
            self._socket.close()

    def _say(self, message: dict[str, Any]) -> None:
        self._socket.send(json.dumps(message))

    def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=10))
        if message["type"] == "ping":
            self._say({"type": "pong"})
            return self._next()
        return message
