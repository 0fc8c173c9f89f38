"""The server process: uvicorn with limits on everything that a client can make grow.

On SIGTERM it stops accepting, lets open requests finish, closes live sockets with 1012, and then
lets the application stop its writer and sign the last checkpoint.
"""

import gc
import logging
import signal
from typing import Any

import uvicorn

from app.settings import Settings

log = logging.getLogger("wardgrid.server")

LARGEST_MESSAGE = 65_536  # bytes, one WebSocket message from a client
LONGEST_QUEUE = 16  # messages that a client may have waiting


class Server(uvicorn.Server):
    """Tells the log where it listens: with port 0 only the system knows."""

    async def startup(self, sockets: Any = None) -> None:
        """Called by uvicorn when the application has started."""
        await super().startup(sockets)
        spare_the_collector()
        for listening in (s for server in self.servers for s in server.sockets):
            log.info("listening", extra={"port": listening.getsockname()[1]})


def spare_the_collector() -> None:
    """What is loaded by now stays: looking through it again and again costs more than the work.

    With it, storing a batch of 5,000 readings took up to three times as long (bench/ingest.py).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def serve_until_signal(application: Any, settings: Settings) -> None:
    """Run until SIGTERM or SIGINT and return when everything has stopped."""
    # uvicorn raises the signal again when it is done; a drained program has ended well
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    Server(server_config(application, settings)).run()
    log.info("stopped")


def server_config(application: Any, settings: Settings) -> uvicorn.Config:
    """How uvicorn is run; logs go through app/logs.py, which keeps addresses and paths out."""
    return uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="api.wire:Wire",  # uvicorn's websockets-sansio, with shared frames
        ws_max_size=LARGEST_MESSAGE,
        ws_max_queue=LONGEST_QUEUE,
        ws_per_message_deflate=False,  # a shared message is sent as it is to every socket
        limit_concurrency=settings.connections,
        timeout_graceful_shutdown=settings.drain_s,
        proxy_headers=settings.behind_proxy,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="on",
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
    )
