"""The HL7 listener: connections of known peers, one message at a time on each.

A connection that is silent, or whose frame does not end, for `idle_s` is closed. No thread
waits for a socket, so a stuck peer costs the others nothing.
"""

import asyncio
import hashlib
import logging
import ssl
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from gateways.mllp_counts import Counts
from gateways.mllp_frames import Frame, Frames, framed
from gateways.mllp_peers import Peer, Peers
from gateways.mllp_taking import Answered

log = logging.getLogger("wardgrid.hl7")

CHUNK = 65_536
WORKERS = 8  # messages being stored at the same time
HANDSHAKE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    host: str
    port: int
    connections: int = 64
    idle_s: float = 30.0


@dataclass(slots=True)
class Listener:
    """Lives in one event loop. `take` blocks and is called in threads."""

    limits: Limits
    peers: Peers
    take: Callable[[Peer, bytes], Answered]
    counts: Counts
    tls: ssl.SSLContext | None = None
    _server: asyncio.Server | None = None
    _open: Counter[str] = field(default_factory=Counter)
    _idle: dict["asyncio.Task[None]", bool] = field(default_factory=dict)
    _workers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(WORKERS, thread_name_prefix="hl7")
    )
    _stopping: bool = False

    async def start(self) -> int:
        """Listen; answers the port. Raises OSError."""
        self._server = await asyncio.start_server(
            self._met, self.limits.host, self.limits.port, ssl=self.tls, limit=CHUNK,
            ssl_handshake_timeout=HANDSHAKE_S if self.tls else None,
        )  # fmt: skip
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self, drain_s: float) -> None:
        """Accept nobody more; whoever waits for an answer gets it."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for task, idle in list(self._idle.items()):
            if idle:
                task.cancel()
        if self._idle:
            await asyncio.wait(self._idle, timeout=drain_s)
        for task in self._idle:
            task.cancel()
        self._workers.shutdown(wait=False, cancel_futures=True)

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = self._known(writer)
        try:
            if peer is not None:
                await self._serve(peer, reader, writer)
        finally:
            writer.close()

    def _known(self, writer: asyncio.StreamWriter) -> Peer | None:
        address = writer.get_extra_info("peername")[0]
        secured = writer.get_extra_info("ssl_object")
        certificate = secured.getpeercert(binary_form=True) if secured else None
        fingerprint = hashlib.sha256(certificate).hexdigest() if certificate else None
        peer = self.peers.find(address, fingerprint)
        if peer is None:
            why = "unknown"
        elif self._stopping or sum(self._open.values()) >= self.limits.connections:
            why = "too_many"
        elif self._open[peer.name] >= peer.connections:
            why = "too_many_of_peer"
        else:
            return peer
        self.counts.refused(why)
        log.warning("HL7 connection refused", extra={"reason": why, "origin": address})
        return None

    async def _serve(
        self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a connection is served by a task")
        self._open[peer.name] += 1
        self._idle[task] = True
        self.counts.opened(peer.name)
        frames, why = Frames(), "gone"
        try:
            why = await self._converse(peer, frames, reader, writer, task)
        except asyncio.CancelledError:
            why = "stopping"
        except OSError:  # the other side broke the connection
            why = "broken"
        finally:
            self._open[peer.name] -= 1
            del self._idle[task]
            self.counts.garbage(peer.name, frames.garbage)
            self.counts.closed(peer.name, why)

    async def _converse(
        self, peer: Peer, frames: Frames, reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter, task: "asyncio.Task[None]",
    ) -> str:  # fmt: skip
        """Until either side ends it; answers why."""
        clock = asyncio.get_running_loop().time
        until = clock() + self.limits.idle_s
        while not self._stopping:
            try:
                async with asyncio.timeout_at(until):
                    chunk = await reader.read(CHUNK)
            except TimeoutError:
                return "half_frame" if frames.open else "idle"
            if not chunk:
                return "half_frame" if frames.open else "closed"
            begun = frames.open
            self._idle[task] = False
            for frame in frames.feed(chunk):
                if (over := await self._answer(peer, frame, writer)) is not None:
                    return over
                begun = False
            self._idle[task] = True
            if not (begun and frames.open):  # a frame has this long from its first byte
                until = clock() + self.limits.idle_s
        return "stopping"

    async def _answer(self, peer: Peer, frame: Frame, writer: asyncio.StreamWriter) -> str | None:
        """Take one message and send its answer; a text if the connection has to end."""
        loop = asyncio.get_running_loop()
        try:
            done = await loop.run_in_executor(self._workers, self.take, peer, frame.body)
        except Exception as fault:  # not stored: without an answer the sender repeats it
            self.counts.unanswered(peer.name)
            log.error("HL7 message not stored",
                      extra={"fault": type(fault).__name__, "peer": peer.name})  # fmt: skip
            return "fault"
        self.counts.answered(peer.name, done.code)
        log.debug("HL7 message", extra={"peer": peer.name, "code": done.code,
                                        "reason": done.reason})  # fmt: skip
        if done.body is not None:
            writer.write(framed(done.body))
            try:
                async with asyncio.timeout(self.limits.idle_s):
                    await writer.drain()
            except TimeoutError:
                writer.transport.abort()  # what it does not read would wait for ever
                return "stuck"
        return "oversized" if frame.oversized else None
