"""A thin HTTP/1.1 client with kept connections: asking must not cost more than answering."""

import asyncio
import time

MOST = 400  # connections; a request waits for one beyond that


class Client:
    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._head = (
            "POST /graphql HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: "
        ).encode()
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._places = asyncio.Semaphore(MOST)

    async def post(self, body: bytes) -> tuple[int, float]:
        """The status, 0 where the connection broke, and the seconds since it was asked."""
        began = time.perf_counter()
        async with self._places:
            try:
                status = await self._ask(body)
            except (OSError, asyncio.IncompleteReadError, ValueError):
                status = 0
        return status, time.perf_counter() - began

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()

    async def _ask(self, body: bytes) -> int:
        if self._idle:
            try:
                return await self._over(*self._idle.pop(), body)
            except (OSError, asyncio.IncompleteReadError):
                pass  # the server had closed it meanwhile, as it may one that is idle
        return await self._over(*await asyncio.open_connection("127.0.0.1", self._port), body)

    async def _over(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes
    ) -> int:
        writer.write(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        self._idle.append((reader, writer))
        return int(head[9:12])
