"""A TCP proxy that loses answers: the change is made, but the client never hears of it."""

import random
import socket
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress

CHUNK = 65_536
FATES = ("answered", "request lost", "answer lost", "answer cut short")


class LossyProxy:
    """Listens on its own port; each request through it meets a fate that the dice choose.

    A client must use one connection per request, so that a fate is the fate of one request.
    """

    def __init__(self, server_port: int, seed: int) -> None:
        self.fates: Counter[str] = Counter()
        self._server = ("127.0.0.1", server_port)
        self._dice = random.Random(seed)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._begin(self._accept)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads = [known for known in self._threads if known.is_alive()] + [thread]
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._begin(lambda client=client: self._carry(client))  # type: ignore[misc] # bound now

    def _carry(self, client: socket.socket) -> None:
        with self._lock:
            fate = self._dice.choice(FATES)
            self.fates[fate] += 1
        with closing(client), suppress(OSError):
            request = _whole_request(client)
            if fate == "request lost":
                return
            with closing(socket.create_connection(self._server)) as server:
                server.sendall(request)
                answer = _whole_answer(server)  # the server is done before anything is lost
            if fate == "answered":
                client.sendall(answer)
            elif fate == "answer cut short":
                client.sendall(answer[: len(answer) // 2])


def _whole_request(client: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += _more(client)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    )
    while len(body) < length:
        body += _more(client)
    return head + b"\r\nConnection: close\r\n\r\n" + body


def _whole_answer(server: socket.socket) -> bytes:
    got = b""
    while chunk := server.recv(CHUNK):
        got += chunk
    return got


def _more(source: socket.socket) -> bytes:
    chunk = source.recv(CHUNK)
    if not chunk:
        raise ConnectionResetError
    return chunk
