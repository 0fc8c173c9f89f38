"""A PostgreSQL cluster of a test's own that archives its WAL, and folders its user can reach."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from app.backups.programs import Programs
from app.backups.wal import archive
from app.migrate import upgrade
from kit.clock import utc_now
from tests.house import KEYS
from tests.postgres_server import start

NOBODY = "nobody" if os.geteuid() == 0 else None
PROGRAMS = Programs(run_as=NOBODY)


@dataclass
class Cluster:
    """`url`: of a migrated database in it; `shelf`: the folder of backups it archives to."""

    url: str
    shelf: Path
    room: Path

    def switch(self) -> str:
        """Hand the WAL written so far over; the segment's name, once it stands in the archive."""
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            row = connection.execute("SELECT pg_walfile_name(pg_switch_wal() - 1)").fetchone()
            assert row is not None
            name = str(row[0])
            while not (self.shelf / "wal" / f"{name}.wgw").exists():
                connection.execute("SELECT pg_sleep(0.02)")
        return name


@contextmanager
def cluster() -> Iterator[Cluster]:
    """With a migrated database, as long as the test lasts: its server hands WAL to the program."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of our own
    room = Path(tempfile.mkdtemp(prefix="wg-wal-", dir=memory))
    for folder in (room / "spool", room / "new", room / "shelf"):
        folder.mkdir()
    for path in (room, room / "spool", room / "new"):
        if NOBODY:
            shutil.chown(path, NOBODY)
    owner = subprocess.Popen(["sleep", "3600"])  # the server ends with it
    try:
        with _archiver(room / "spool", room / "shelf" / "wal"):
            command = _COMMAND.format(spool=room / "spool")
            flags = (
                "fsync=off", "listen_addresses=", "shared_buffers=32MB", "max_connections=40",
                "archive_mode=on", "log_min_messages=error", f"archive_command={command}",
            )  # fmt: skip
            words = tuple(word for flag in flags for word in ("-c", flag))
            url = start(owner.pid, words, ("--wal-segsize=1",))
            upgrade(url)
            yield Cluster(url, room / "shelf", room)
    finally:
        owner.kill()
        owner.wait()
        shutil.rmtree(room)


# The server may be nobody, who cannot reach the program: it asks, and waits for the answer.
_COMMAND = (
    "cp %p {spool}/%f && touch {spool}/%f.ask &&"
    " while [ -e {spool}/%f.ask ]; do sleep 0.02; done && test -e {spool}/%f.kept"
)


@contextmanager
def _archiver(spool: Path, shelf: Path) -> Iterator[None]:
    over = threading.Event()

    def answer() -> None:
        while not over.wait(0.01):
            for ask in sorted(spool.glob("*.ask")):
                archive(ask.with_suffix(""), shelf, KEYS, utc_now())
                ask.with_suffix(".kept").touch()
                ask.unlink()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def bare_server() -> Iterator[str]:
    """Another cluster, empty."""
    owner = subprocess.Popen(["sleep", "3600"])
    try:
        yield start(owner.pid)
    finally:
        owner.kill()
        owner.wait()
