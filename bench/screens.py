"""Many graphql-transport-ws clients in one process: a thin RFC 6455 client, so that the
clients do not cost more than the server they measure."""

import asyncio
import base64
import json
import os
import time
from collections.abc import Callable
from functools import partial
from typing import cast

STAMP = b'"stamp":"'
_MASK = b"\x00\x00\x00\x00"  # a mask of zeroes is a mask: the payload stays as it is


class Client(asyncio.Protocol):
    """Connects, subscribes, and tells of each `next`: its newest stamp and when it came."""

    def __init__(self, document: str, token: str, got: Callable[[int, int], None]) -> None:
        self._document = document
        self._token = token
        self._got = got
        self._buffer = b""
        self._open = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET /graphql HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head.split(b"\r\n")[0], head
            self._open, self._buffer = True, rest
            init = {"authorization": f"Bearer {self._token}"}
            self._send({"type": "connection_init", "payload": init})
        while (frame := self._frame()) is not None:
            self._message(*frame)

    def _message(self, opcode: int, text: bytes) -> None:
        if opcode == 9:
            self._transport.write(bytes((0x8A, 0x80 | len(text))) + _MASK + text)
        elif b'"connection_ack"' in text[:80]:
            payload = {"query": self._document}
            self._send({"type": "subscribe", "id": "1", "payload": payload})
        elif b'"next"' in text[:40] or b'"next"' in text[-40:]:
            at = time.time_ns()
            start = text.find(STAMP) + len(STAMP)
            self._got(int(text[start : text.index(b'"', start)]), at)
            if not self.ready.done():
                self.ready.set_result(None)
        elif opcode == 1:
            raise RuntimeError(text[:300].decode())

    def _frame(self) -> tuple[int, bytes] | None:
        data = self._buffer
        if len(data) < 2:
            return None
        length, start = data[1], 2
        if length > 125:
            start = 4 if length == 126 else 10
            length = int.from_bytes(data[2:start], "big")
        if len(data) < start + length:
            return None
        self._buffer = data[start + length :]
        return data[0] & 15, data[start : start + length]

    def _send(self, message: object) -> None:
        text = json.dumps(message).encode()
        size = len(text)
        head = bytes((0x81, 0x80 | size)) if size < 126 else (
            bytes((0x81, 0x80 | 126)) + size.to_bytes(2, "big"))  # fmt: skip
        self._transport.write(head + _MASK + text)


def _same(client: Client) -> Client:
    return client


async def connect(
    port: int, count: int, document: str, got: Callable[[int, int], None]
) -> list[Client]:
    """Open sockets, fifty at a time, and wait until each has its first board."""
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for start in range(0, count, 50):
        batch = []
        for number in range(start, min(start + 50, count)):
            client = Client(document, f"user-{number}", got)
            await loop.create_connection(partial(_same, client), "127.0.0.1", port)
            batch.append(client)
        async with asyncio.timeout(60):
            await asyncio.gather(*(client.ready for client in batch))
        clients += batch
    return clients
