"""The door for HL7 v2 over MLLP: open where the setting `mllp_port` names a port."""

import asyncio
import logging
import ssl
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from app.settings import Settings
from app.wiring import App

if TYPE_CHECKING:  # the reader of HL7 is an extra: only whoever opens the door needs it
    from gateways.mllp_listener import Listener

log = logging.getLogger("wardgrid.hl7")

T = TypeVar("T")


def door(app: App) -> "MllpDoor | None":
    """The listener, or None where no port is set. Raises PeersUnusable."""
    if app.settings.mllp_port is None:
        return None
    from gateways.mllp_counts import Counts
    from gateways.mllp_listener import Limits, Listener
    from gateways.mllp_peers import Peers, PeersUnusable
    from gateways.mllp_taking import Taking

    settings = app.settings
    limits = Limits(
        host=settings.mllp_host, port=settings.mllp_port or 0,
        connections=settings.mllp_connections, idle_s=settings.mllp_idle_s,
    )  # fmt: skip
    try:
        peers = Peers(settings.mllp_peers_file)
    except PeersUnusable:
        log.error("the peers of the HL7 door are not usable; wardgrid ingest peers check says why")
        raise
    return MllpDoor(
        Listener(
            limits, peers, Taking(app).take, Counts(app.metrics.registry), server_tls(settings)
        ),
        drain_s=settings.drain_s,
    )  # fmt: skip


class MllpDoor:
    """Runs the listener in an event loop and a thread of its own."""

    def __init__(self, listener: "Listener", drain_s: float) -> None:
        self._listener = listener
        self._drain_s = drain_s
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hl7", daemon=True)
        self.port = 0  # known once it is open

    def start(self) -> None:
        """Open the port. Raises OSError if it cannot be had."""
        self._thread.start()
        self.port = self._do(self._listener.start())
        log.info("HL7 door open", extra={"port": self.port})

    def stop(self) -> None:
        """Answer what was received, close every connection, end the thread."""
        self._do(self._listener.stop(self._drain_s))
        self._do(_settle())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        done: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result()


async def _settle() -> None:
    """Let cancelled connections end, so that the loop closes without leftovers."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=5)


def server_tls(settings: Settings) -> ssl.SSLContext | None:
    """TLS 1.2 or newer; with `mllp_client_ca` a peer may, by its fingerprint must, prove itself."""
    if settings.mllp_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.mllp_certificate, settings.mllp_key)
    if settings.mllp_client_ca is not None:
        context.load_verify_locations(settings.mllp_client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context
