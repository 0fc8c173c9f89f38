"""Another hospital system that listens: a real MLLP server with a plan of what to answer."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from gateways.mllp_frames import Frames, framed


@dataclass
class Hearing:
    """What came, in order; `plan` holds the next answers: AA, AE, or SILENCE (hangs up)."""

    port: int = 0
    heard: list[dict[str, list[str]]] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, timeout_s: float = 30) -> list[dict[str, list[str]]]:
        """The messages that came, at least `count` of them."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.heard) >= count, timeout_s), self.heard
            return list(self.heard)

    def kinds(self) -> list[str]:
        return [one["MSH"][8].split("^")[1] for one in self.heard]

    def answer(self, body: bytes) -> bytes | None:
        text = body.decode()
        segments = {line[:3]: line.split("|") for line in text.split("\r") if line}
        with self.changed:
            code = self.plan.pop(0) if self.plan else "AA"
            self.heard.append(segments)
            self.changed.notify_all()
        if code == "SILENCE":
            return None
        reason = "\rERR||PV1^1^3|204^Unknown key identifier^HL70357|E" if code != "AA" else ""
        return f"MSH|^~\\&|HIS|X|||20260101||ACK|1|P|2.5\rMSA|{code}|{segments['MSH'][9]}{reason}\r".encode()


@contextmanager
def hearing(port: int = 0) -> Iterator[Hearing]:
    """Listens until the block ends."""
    told = Hearing()
    open_ones: list[socket.socket] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            frames = Frames()
            open_ones.append(self.request)
            while chunk := self.request.recv(65536):
                for frame in frames.feed(chunk):
                    answer = told.answer(frame.body)
                    if answer is None:
                        return
                    self.request.sendall(framed(answer))

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A sender that stops is no fault."""

    with Server(("127.0.0.1", port), Handler) as server:
        told.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
            for one in open_ones:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
