"""A PostgreSQL server on an unpacked cluster, for nobody but us: it replays the WAL up to a point.

It listens on a socket in a folder of its own, reads none of the cluster's configuration that could
reach outside, and archives nothing.
"""

import re
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from app.backups.container import BackupRefused
from app.backups.programs import Programs
from app.backups.unpacked import Staged

LONGEST_S = 24 * 3600.0  # of replaying
LOOK_S = 0.05
_LOG, _CONFIGURATION, _AUTO = "server.log", "postgresql.conf", "postgresql.auto.conf"
_RUNS = re.compile("the database system is")  # starting up, not accepting connections yet …
_FATAL = re.compile(r"(?:FATAL|PANIC): +(.+)")
_OTHER = re.compile(r"WAL file is from different database system")
_STOPPED = re.compile(r"LOG: +(recovery stopping .+)")
_LAST = re.compile(r"last completed transaction was at log time (.+)")
_DONE = re.compile(r"redo done at ([0-9A-F]+)/([0-9A-F]+)")


@dataclass(frozen=True, slots=True)
class Target:
    """Where replaying ends: at a moment, with a transaction, or (None, None) with the archive."""

    time: str | None = None
    xid: str | None = None

    @property
    def lines(self) -> list[str]:
        if self.time is not None:
            return [f"recovery_target_time = '{self.time}'"]
        return [] if self.xid is None else [f"recovery_target_xid = '{self.xid}'"]


@dataclass(frozen=True, slots=True)
class Served:
    """`url` is the restored database's. `stopped`: in the server's words, where replaying ended;
    `last`: when the last transaction in it was committed, as the server writes it."""

    url: str
    stopped: str | None
    last: str | None


@contextmanager
def served(
    cluster: Path, staged: Staged, target: Target, url: str, release: int, programs: Programs
) -> Iterator[Served]:
    """The cluster at the target, promoted; stopped afterwards. Raises BackupRefused, with the
    server's reason, where it cannot be reached."""
    control = programs.find("pg_ctl", release)
    room = Path(tempfile.mkdtemp(prefix="wg-"))  # a socket's path must be short
    programs.own(room)
    _configure(cluster, room, staged, target, programs)
    words = f"-c config_file={shlex.quote(str(room / _CONFIGURATION))} -c shared_preload_libraries="
    try:
        done = programs.run(
            control, "start", "-D", cluster, "-w", "-t", str(int(LONGEST_S)), "-s",
            "-l", room / _LOG, "-o", words, at=room,
        )  # fmt: skip
        if done.returncode != 0:
            raise BackupRefused(_reason(_told(room), staged))
        address = _address(url, room)
        try:
            if not _promoted(address, cluster):
                raise BackupRefused(_reason(_told(room), staged))
            told = _told(room)
            _require_all_replayed(told, staged, target)
            yield Served(address, _found(_STOPPED, told), _found(_LAST, told))
        finally:
            programs.run(control, "stop", "-D", cluster, "-w", "-m", "fast", "-s", at=room)
    finally:
        if (room / _AUTO).exists():
            shutil.move(room / _AUTO, cluster / _AUTO)
        shutil.rmtree(room)


def _promoted(url: str, cluster: Path) -> bool:
    """Wait until it has replayed all and lets us in; False where it ended. Raises BackupRefused
    where it has not our database or role."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        try:
            psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string()).close()
        except psycopg.OperationalError as away:
            if _RUNS.search(str(away)) is None and _is_there(cluster):
                lines = str(away).strip().splitlines()
                raise BackupRefused(
                    f"the restored cluster does not let us in: {lines[-1]}"
                ) from None
        else:
            return True
        if not _is_there(cluster):
            return False
        time.sleep(LOOK_S)
    return False


def _is_there(cluster: Path) -> bool:
    """A server that ends takes the file of its process with it."""
    return (cluster / "postmaster.pid").exists()


def _configure(
    cluster: Path, room: Path, staged: Staged, target: Target, programs: Programs
) -> None:
    wal = shlex.quote(str(staged.folder)).replace("%", "%%")
    lines = [
        f"data_directory = {_quoted(str(cluster))}",
        f"hba_file = {_quoted(str(room / 'pg_hba.conf'))}",
        f"ident_file = {_quoted(str(room / 'pg_ident.conf'))}",
        f"unix_socket_directories = {_quoted(str(room))}",
        "listen_addresses = ''",
        "archive_mode = off",
        "hot_standby = off",  # nobody reads before the point is reached
        "ssl = off",
        "autovacuum = off",
        f"restore_command = {_quoted(f'cp {wal}/%f %p')}",
        "recovery_target_action = promote",
        *target.lines,
    ]
    files = {_CONFIGURATION: "\n".join(lines) + "\n", "pg_hba.conf": "local all all trust\n",
             "pg_ident.conf": ""}  # fmt: skip
    for name, content in files.items():
        (room / name).write_text(content)
        programs.own(room / name)
    if (cluster / _AUTO).exists():  # it would come before our file; put back afterwards
        shutil.move(cluster / _AUTO, room / _AUTO)
    (cluster / _AUTO).touch(mode=0o600)
    programs.own(cluster / _AUTO)
    signal = cluster / "recovery.signal"
    signal.touch(mode=0o600)
    programs.own(signal)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _address(url: str, room: Path) -> str:
    """The same database and role, through our socket."""
    parsed = make_url(url)
    ours = parsed.set(host=None, port=5432, password=None, query={"host": str(room)})
    return ours.render_as_string(hide_password=False)


def _told(room: Path) -> str:
    log = room / _LOG
    return log.read_text("utf-8", "replace") if log.exists() else ""


def _found(form: re.Pattern[str], told: str) -> str | None:
    found = form.findall(told)
    return found[-1] if found else None


def _reason(told: str, staged: Staged) -> str:
    fatal = _found(_FATAL, told) or "the server did not start"
    last = _found(_LAST, told)
    parts = [f"PostgreSQL refuses: {fatal}"]
    if _OTHER.search(told):
        parts.append("the WAL is of another cluster than the base backup")
    if staged.ends:
        parts.append(staged.ends)
    if last:
        parts.append(f"the last transaction in the WAL was committed at {last}")
    return "; ".join(parts)


def _require_all_replayed(told: str, staged: Staged, target: Target) -> None:
    """A server takes WAL that it cannot read for the end of it. The archive says where that is."""
    if target.lines:
        return
    done = _DONE.findall(told)
    if staged.ends:
        raise BackupRefused(f"{staged.ends}: give a moment before it with --at, or an older --base")
    if _OTHER.search(told):
        raise BackupRefused("the WAL is of another cluster than the base backup")
    size = (staged.folder / staged.last).stat().st_size
    if done and f"{done[-1][0]:>08}{int(done[-1][1], 16) // size:08X}" < staged.last[8:24]:
        raise BackupRefused(
            f"PostgreSQL could not read the WAL behind {done[-1][0]}/{done[-1][1]}, and the archive"
            f" goes on to {staged.last}"
        )
