"""Bytes to many sockets: a payload is made JSON once, and one frame serves every equal id.

`Wire` is uvicorn's WebSocket protocol with two doors more: a finished frame goes straight to
the transport, and a peer that does not read can be dropped, which ASGI has no word for.
"""

from typing import Any

import orjson
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "wardgrid.wire"
_FINAL_TEXT = 0x81


class Parcel:
    """One message: its text, and the frame that carries it (RFC 6455, 5.2; servers do not mask)."""

    __slots__ = ("_frame", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._frame: bytes | None = None

    @property
    def frame(self) -> bytes:
        if self._frame is None:
            self._frame = _header(len(self.text)) + self.text
        return self._frame

    def __len__(self) -> int:
        return len(self.text)


class Payload:
    """One `next` payload and its parcels, one per operation id that subscribers chose."""

    __slots__ = ("_parcels", "body")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self._parcels: dict[str, Parcel] = {}

    def parcel(self, key: str) -> Parcel:
        known = self._parcels.get(key)
        if known is None:
            text = b"".join(
                (b'{"id":', orjson.dumps(key), b',"type":"next","payload":', self.body, b"}")
            )
            known = self._parcels[key] = Parcel(text)
        return known


def message(kind: str, **parts: Any) -> Parcel:
    """A message of the protocol that is not `next`."""
    return Parcel(orjson.dumps({"type": kind, **parts}))


class Wire(WebSocketsSansIOProtocol):
    """Give it to uvicorn as `ws`. The application finds it in the scope's extensions."""

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = self
        await super().run_asgi()

    @property
    def clear(self) -> bool:
        """True while the peer keeps up: what is written now does not pile up."""
        return (
            self.writable.is_set()
            and self.handshake_complete
            and not self.close_sent
            and not self.disconnected
            and not self.transport.is_closing()
        )

    def push(self, frame: bytes) -> None:
        """Write a whole frame. Only while `clear`."""
        self.transport.write(frame)

    def drop(self) -> None:
        """End the connection without a word, as the peer would not read it."""
        self.transport.abort()


def _header(length: int) -> bytes:
    if length < 126:
        return bytes((_FINAL_TEXT, length))
    if length < 1 << 16:
        return bytes((_FINAL_TEXT, 126)) + length.to_bytes(2, "big")
    return bytes((_FINAL_TEXT, 127)) + length.to_bytes(8, "big")
