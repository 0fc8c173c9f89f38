"""Wake-ups between processes: NOTIFY on PostgreSQL. A lost one costs a poll, never a row.

They are sent on a connection of their own after the commit: a NOTIFY inside the writing
transaction would make all writers queue for one lock.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine

CHANNEL = "wardgrid_feed"
RETRY_S = 1.0
LISTEN_S = 0.5

log = logging.getLogger("wardgrid.feed")


class Hints:
    """Listens in a thread and tells in another, at most one hint on its way at a time."""

    def __init__(self, engine: Engine, wake: Callable[[], None]) -> None:
        self._engine = engine
        self._wake = wake
        self._stopping = threading.Event()
        self._changed = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_on, args=(step,), name=name, daemon=True)
            for name, step in (("feed-ear", self._hear), ("feed-mouth", self._say))
        ]
        for thread in self._threads:
            thread.start()

    def tell(self) -> None:
        """Hint to the other processes, soon."""
        self._changed.set()

    def stop(self) -> None:
        self._stopping.set()
        self._changed.set()
        for thread in self._threads:
            thread.join()

    def _keep_on(self, step: Callable[[Any], None]) -> None:
        import psycopg

        while not self._stopping.is_set():
            try:
                with self._own_connection() as connection:
                    step(connection)
            except psycopg.Error as fault:
                log.warning("hints are cut off", extra={"reason": type(fault).__name__})
                self._stopping.wait(RETRY_S)

    def _hear(self, connection: Any) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        while not self._stopping.is_set():
            for _ in connection.notifies(timeout=LISTEN_S, stop_after=1):
                self._wake()

    def _say(self, connection: Any) -> None:
        while not self._stopping.is_set():
            self._changed.wait()
            self._changed.clear()
            if not self._stopping.is_set():
                connection.execute(f"NOTIFY {CHANNEL}")

    def _own_connection(self) -> Any:
        import psycopg

        url = self._engine.url.set(drivername="postgresql")
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


def hints_of(engine: Engine, wake: Callable[[], None]) -> Hints | None:
    """Hints where the database carries them; SQLite has one process, or is polled."""
    return Hints(engine, wake) if engine.dialect.name == "postgresql" else None
