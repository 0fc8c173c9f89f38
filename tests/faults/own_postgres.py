"""A PostgreSQL that a test may stop, start again and starve: it keeps what it has acknowledged."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.small_disk import mounted
from tests.postgres_server import binaries_of, driver_address

_FLAGS = ("-c", "listen_addresses=", "-c", "shared_buffers=32MB", "-c", "max_wal_size=64MB",
          "-c", "max_connections=100")  # fmt: skip
_TIMEOUT_S = 60


@dataclass(slots=True)
class OwnPostgres:
    """`rows` and the log of its changes in folders of their own; the socket stands in `folder`."""

    folder: Path
    binaries: Path
    rows: Path
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@/postgres?host={self.folder}"

    def start(self) -> None:
        """Returns once it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.rows, "-k", self.folder, *_FLAGS],
                cwd=self.folder, stdout=log, stderr=log, **_unprivileged(),
            )  # fmt: skip
        deadline = time.monotonic() + _TIMEOUT_S
        while not self.answers():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.05)

    def stop(self) -> None:
        """At once, as an operator would: every session is ended. Nothing where it has ended."""
        if self._process is not None:
            self._process.send_signal(2)  # SIGINT: fast shutdown
            self._process.wait(_TIMEOUT_S)
            self._process = None

    def ended(self) -> bool:
        """Waits for the end that it brings about itself."""
        assert self._process is not None
        return self._process.wait(_TIMEOUT_S) != 0

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def answers(self) -> bool:
        try:
            psycopg.connect(driver_address(self.url), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def own_postgres(disk: str | None = None, *, log_too: bool = False) -> Iterator[OwnPostgres]:
    """Started. With `disk` ("160m") its tables lie on a file system of that size, `log_too`: the
    log of its changes as well."""
    folder = Path(tempfile.mkdtemp(prefix="wg-pg-"))
    try:
        with mounted(folder / "disk", disk) if disk else nullcontext(folder) as place:
            server = OwnPostgres(folder, binaries_of(folder), place / "rows")
            _make(server, (place if log_too else folder) / "wal")
            server.start()
            try:
                yield server
            finally:
                server.stop()
    finally:
        shutil.rmtree(folder)


def _make(server: OwnPostgres, log: Path) -> None:
    for place in (server.rows, log):
        place.mkdir()
    for place in (server.folder, server.rows, log) if _unprivileged() else ():
        shutil.chown(place, "nobody")
    subprocess.run(
        [server.binaries / "initdb", "-D", server.rows, f"--waldir={log}",
         "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, cwd=server.folder, **_unprivileged(),
    )  # fmt: skip


def _unprivileged() -> dict[str, Any]:
    """The server refuses to run as root."""
    return {"user": "nobody"} if os.geteuid() == 0 else {}
