"""A connection to somebody else's HL7 listener: one message, its answer, the next one."""

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path

from gateways.mllp_frames import Frames, framed

CONNECT_S = 10.0
CHUNK = 65_536


class NoAnswer(Exception):
    """Nobody knows whether the message arrived: it must be sent again."""


class MllpClient:
    """Connects when there is something to send; after NoAnswer it connects anew."""

    def __init__(
        self, host: str, port: int, *, tls: ssl.SSLContext | None = None, answer_s: float = 30.0
    ) -> None:
        self._host, self._port, self._tls, self._answer_s = host, port, tls, answer_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, body: bytes) -> bytes:
        """Send one message and wait for what comes back. Raises NoAnswer."""
        try:
            reader, writer = self._streams or await self._connect()
            async with asyncio.timeout(self._answer_s):
                writer.write(framed(body))
                await writer.drain()
                return await _frame(reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as broken:
            await self.close()
            raise NoAnswer(type(broken).__name__) from broken

    async def close(self) -> None:
        """End the connection; what was on its way is nobody's any more."""
        if self._streams is not None:
            writer, self._streams = self._streams[1], None
            writer.close()
            with suppress(OSError, TimeoutError, ssl.SSLError):
                async with asyncio.timeout(1.0):
                    await writer.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(CONNECT_S):
            self._streams = await asyncio.open_connection(
                self._host, self._port, ssl=self._tls, limit=CHUNK
            )
        return self._streams


async def _frame(reader: asyncio.StreamReader) -> bytes:
    frames = Frames()
    while chunk := await reader.read(CHUNK):
        for frame in frames.feed(chunk):
            return frame.body
    raise ConnectionResetError


def client_tls(
    ca: Path | None, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext | None:
    """Trust what `ca` signed and nothing else; None without one. Shows `certificate`, if given."""
    if ca is None:
        return None
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context
