"""A real uvicorn on loopback in a thread, as `wardgrid serve` sets it up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


@contextmanager
def served(app: ASGIApp) -> Iterator[int]:
    """Serve until the block ends; gives the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", ws="api.wire:Wire", ws_max_size=65_536,
        ws_max_queue=16, ws_per_message_deflate=False, log_config=None, lifespan="on",
        server_header=False, timeout_graceful_shutdown=2, access_log=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        thread.join(0.005)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    listening.close()
