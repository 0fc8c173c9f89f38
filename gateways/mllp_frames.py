"""MLLP by the book: 0x0B, a message, 0x1C 0x0D. Nothing between two frames is ever a message."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateways.hl7_reading import MESSAGE_LIMIT

START, END, RETURN = b"\x0b", b"\x1c", b"\x0d"
_AFTER_END = b"\r\n"  # some senders write 0x1C 0x0A; neither byte can follow 0x1C in a message


@dataclass(frozen=True, slots=True)
class Frame:
    """One message. Of an oversized one, the first bytes only: the stream is not readable on."""

    body: bytes
    oversized: bool = False


class Frames:
    """Cuts a stream into frames. Holds one message and one chunk at most."""

    def __init__(self, limit: int = MESSAGE_LIMIT) -> None:
        self._limit = limit
        self._body: bytearray | None = None
        self.garbage = 0  # bytes outside frames
        self.broken = 0  # frames that a new one interrupted

    @property
    def open(self) -> bool:
        """True while a frame has begun and not ended."""
        return self._body is not None

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The frames that this chunk completes; after an oversized one feed nothing more."""
        while chunk:
            if self._body is None:
                before, start, chunk = chunk.partition(START)
                self.garbage += len(before.strip(_AFTER_END))
                if not start:
                    return
                self._body = bytearray()
            chunk, frame = self._take(chunk)
            if frame is not None:
                self._body = None
                yield frame

    def _take(self, chunk: bytes) -> tuple[bytes, Frame | None]:
        body = self._body
        if body is None:
            raise AssertionError("no frame is open")
        begun = max(len(body) - 1, 0)  # the end mark may lie across two chunks
        body += chunk
        body, again = self._restart(body, begun)
        end = _end(body, 0 if again else begun)
        if end >= 0 and end <= self._limit:
            rest = bytes(body[end + 2 :])
            return rest, Frame(bytes(body[:end]))
        if end > self._limit or len(body) > self._limit + 1:
            return b"", Frame(bytes(body[: self._limit + 1]), oversized=True)
        self._body = body
        return b"", None

    def _restart(self, body: bytearray, begun: int) -> tuple[bytearray, bool]:
        """A start inside a frame: whatever began before it will never end."""
        end = _end(body, begun)
        last = body.rfind(START, begun, end if end >= 0 else len(body))
        if last < 0:
            return body, False
        self.broken += body.count(START, begun, last + 1)
        return body[last + 1 :], True


def framed(body: bytes) -> bytes:
    """The message as it goes over the wire."""
    return START + body + END + RETURN


def _end(body: bytearray, begun: int) -> int:
    """Where the first end mark begins, or -1."""
    at = body.find(END, begun)
    while at >= 0:
        if at + 1 < len(body) and body[at + 1] in _AFTER_END:
            return at
        at = body.find(END, at + 1)
    return -1
