"""The real server of a check, on a free port."""

import importlib
import threading
import time

import uvicorn

from app.demo_ears import CheckFailed
from app.server import Server, server_config
from app.wiring import App


class Served:
    """The real server on a free port, in a thread of its own."""

    def __init__(self, app: App) -> None:
        serve = importlib.import_module("api.program").serve  # api lies above app
        config: uvicorn.Config = server_config(serve(app), app.settings)
        self._server = Server(config)
        self._thread = threading.Thread(target=self._server.run, name="server", daemon=True)

    def start(self) -> int:
        """The port, once the server answers."""
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise CheckFailed("the server did not start")
            time.sleep(0.02)
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        return port

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=30)
