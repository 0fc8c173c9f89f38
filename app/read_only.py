"""A full disk makes the house read-only, at once and until there is room again.

Three lines stand before an unrecorded disclosure. Below a floor of free space changes are refused
while there is still room for the record of reads and refusals. A reserve file is given up when a
write fails in spite of it. When even that is used, a read that has to be on record is refused too.
"""

import errno
import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from app.settings import Settings
from kit.clock import Clock
from kit.errors import ReadOnly

log = logging.getLogger("wardgrid.disk")

LOOK_S = 1.0
MIB = 1 << 20
# Small, and needed so that people can read, hear of alarms and say that they have.
ESSENTIAL = frozenset(
    {
        "alarm.acknowledge", "alarm.acknowledge_device", "alarm.resolve", "alarm.step",
        "alarm_rule.report", "notice.plan", "notice.send", "session.end", "session.refresh",
        "session.refuse", "session.revoke", "session.start",
    }
)  # fmt: skip
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_POSTGRES_FULL = "53100"


@dataclass(slots=True)
class DiskRoom:
    """`start` it, `stop` it; `look` does a round, for tests too.

    `record(began)` makes an entry durable that says so; it raises while that cannot be done.
    """

    folder: Path
    floor: int  # bytes
    reserve: int  # bytes
    clock: Clock
    record: Callable[[bool], None] = lambda _began: None
    alarm: Callable[[str], None] = lambda _what: None
    since: datetime | None = None  # read-only since then; None: changes are taken
    refused: int = 0  # changes, since then
    _told: bool = False
    _writable: bool = True  # else the folder is mounted to read only: others keep the reserve
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def file(self) -> Path:
        """The reserve."""
        return self.folder / "disk.reserve"

    @property
    def on(self) -> bool:
        return self.since is not None

    def start(self) -> None:
        self._writable = os.access(self.folder, os.W_OK)
        self._keep_reserve()
        self._thread = threading.Thread(target=self._loop, name="disk", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._give_up_reserve()

    def require_room(self, action: str) -> None:
        """Raises ReadOnly for a change that would take room which others need more."""
        if self.on and action not in ESSENTIAL:
            self.refused += 1
            raise refusal()

    def caught(self, why: BaseException) -> bool:
        """True where a write failed for want of room; from then on the house is read-only."""
        if not full(why):
            return False
        self._begin()
        return True

    def look(self) -> None:
        """Begin below the floor; end when there is room and a record proves it."""
        free = shutil.disk_usage(self.folder).free
        if not self.on:
            if free < self.floor:
                self._begin()
            elif not self.file.exists():
                self._keep_reserve()  # another process of this folder gave it up
            return
        if not self._told:
            with suppress(Exception):  # there may be no room to say so; the end says it again
                self.record(True)
                self._told = True
        if free >= self._enough():
            self._try_to_end()

    def _enough(self) -> int:
        """More than the floor, or a house at the floor would go back and forth."""
        missing = 0 if self.file.exists() else self.reserve
        return self.floor + self.floor // 8 + missing

    def _begin(self) -> None:
        with self._lock:
            if self.on:
                return
            self.since, self.refused, self._told = self.clock(), 0, False
            self._give_up_reserve()
        log.error("the disk is full: read-only")
        self.alarm("read-only: the disk is full")

    def _try_to_end(self) -> None:
        try:
            self._keep_reserve()
            self.record(False)
        except Exception as why:  # not yet: a quota, or the disk of the database elsewhere
            self._give_up_reserve()
            log.warning("still no room to write", extra={"fault": type(why).__name__})
            return
        with self._lock:
            self.since = None
        log.info("there is room again", extra={"count": self.refused})

    def _give_up_reserve(self) -> None:
        if self._writable:
            self.file.unlink(missing_ok=True)

    def _keep_reserve(self) -> None:
        """Take the room for the reserve while there is more than the floor."""
        if not (self.reserve and self._writable):
            return
        if shutil.disk_usage(self.folder).free < self.floor + self.reserve:
            return
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self.reserve)
        finally:
            os.close(descriptor)

    def _loop(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self.look()
            except Exception as fault:  # the watch goes on
                log.error("the disk cannot be looked at", extra={"fault": type(fault).__name__})


def refusal() -> ReadOnly:
    """What whoever wanted to change something is told."""
    return ReadOnly("the disk is full: nothing can be changed, reading goes on; nothing was done, "
                    "send it again when there is room")  # fmt: skip


def full(why: BaseException) -> bool:
    """True where a write failed because no room was left, whoever says so."""
    cause: BaseException | None = why
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _FULL:
            return True
        if isinstance(cause, DBAPIError) and _database_full(cause.orig):
            return True
        if _database_full(cause):
            return True
        cause = cause.__cause__
    return False


def _database_full(told: BaseException | None) -> bool:
    if isinstance(told, sqlite3.Error):
        code = getattr(told, "sqlite_errorcode", None) or 0
        return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, _SHM_SIZE)
    return getattr(told, "sqlstate", None) == _POSTGRES_FULL


_SHM_SIZE = sqlite3.SQLITE_IOERR_SHMSIZE  # the file beside the log could not grow


def room_of(settings: Settings, clock: Clock, alarm: Callable[[str], None]) -> DiskRoom:
    """As the settings say; nothing runs yet."""
    return DiskRoom(settings.data_folder, settings.disk_floor_mib * MIB,
                    settings.disk_reserve_mib * MIB, clock, alarm=alarm)  # fmt: skip
