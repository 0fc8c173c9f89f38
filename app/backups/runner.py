"""Makes the house's backups, sends them away and rehearses their restore, on a thread of its own.

Of several processes one does it: whoever holds the lock in the folder. A backup that fails is on
record, counted and tried again after the next period; the house goes on. One that cannot be sent
away stays here and is tried again.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import Engine

from app.backups.container import BackupRefused
from app.backups.far import far_of, fetched_newest, is_waiting, newest_sent, send
from app.backups.making import make_backup, private_folder
from app.backups.restoring import check
from app.backups.shelf import standing, too_old
from app.settings import Settings
from audit.keys import KeyKind, Keys, KeyTrouble
from domain.backups.commands import RecordBackup
from domain.backups.model import BackupAct, BackupFault
from domain.backups.queries import last_passed
from kit.clock import Clock
from kit.command import Command
from kit.db import reading

log = logging.getLogger("wardgrid.backups")

LOOK_S = 5.0
AGAIN_S = 300.0  # after a store far away did not take a backup


@dataclass(frozen=True, slots=True)
class Done:
    """What went well, for the record."""

    file: str
    size: int
    leaves: int


@dataclass(slots=True)
class Backups:
    """`start` it, `stop` it; `look` does what is due, for tests too."""

    settings: Settings
    keys: Keys
    engine: Engine
    clock: Clock
    do: Callable[[Command[Any]], Any]
    paused: Callable[[], bool] = lambda: False  # there is no room for one
    tried: dict[BackupAct, datetime] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _lock: int | None = None

    def start(self) -> None:
        if not self.keys.versions(KeyKind.BACKUP):
            log.warning("there is no backup key: nothing is backed up")
            return
        self._thread = threading.Thread(target=self._loop, name="backups", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def age_s(self) -> float:
        """Since the newest backup that stands, far away where it must; since the epoch where there
        is none. One of a time that is yet to come was made on a wrong clock, and says nothing."""
        now, folder = self.clock().timestamp(), self.settings.backups
        if self.settings.backup_target is None:
            kept = [one.at.timestamp() for one in standing(folder)]
        else:
            kept = [at.timestamp() for at in (newest_sent(folder),) if at is not None]
        return now - max((at for at in kept if at <= now), default=0.0)

    def look(self) -> None:
        """Make, tidy, send away and rehearse what is due."""
        if self.paused() or not self._alone():
            return
        if self._due(BackupAct.MADE, self.settings.backup_period_s):
            self._attempt(BackupAct.MADE, self._make)
            for old in too_old(standing(self.settings.backups), self.clock()):
                old.path.unlink(missing_ok=True)
        if self._must_send():
            self._attempt(BackupAct.SENT, self._send)
        if self._due(BackupAct.REHEARSED, self.settings.backup_drill_s):
            self._attempt(BackupAct.REHEARSED, self._rehearse)

    def _loop(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self.look()
            except Exception as fault:  # the runner outlives any backup
                log.error("backup round failed", extra={"fault": type(fault).__name__})

    def _alone(self) -> bool:
        """True for the one process that holds the lock."""
        if self._lock is None:
            folder = self.settings.backups
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
            descriptor = os.open(folder / ".lock", flags, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._lock = descriptor
        return True

    def _due(self, act: BackupAct, period_s: float) -> bool:
        if not period_s:
            return False
        last = self.tried.get(act)
        if last is None:
            with reading(self.engine) as session:
                last = last_passed(session, act)
        if last is None:
            return True
        passed = self.clock() - last  # negative where the clock was put back: then it is due
        return not timedelta(0) <= passed < timedelta(seconds=period_s)

    def _must_send(self) -> bool:
        """As soon as one was made, else again and again until it stands there."""
        if self.settings.backup_target is None or not is_waiting(self.settings.backups):
            return False
        last, made = (self.tried.get(act) for act in (BackupAct.SENT, BackupAct.MADE))
        if last is None or (made is not None and made > last):
            return True
        return not timedelta(0) <= self.clock() - last < timedelta(seconds=AGAIN_S)

    def _attempt(self, act: BackupAct, work: Callable[[], Done]) -> None:
        self.tried[act] = self.clock()
        began, fault, done = perf_counter(), None, None
        try:
            done = work()
        except KeyTrouble:
            fault = BackupFault.NO_KEY
        except BackupRefused:
            fault = BackupFault.REFUSED
        except OSError:
            fault = BackupFault.STORAGE
        except Exception as problem:
            fault = BackupFault.FAULT
            log.error("backup failed", extra={"fault": type(problem).__name__})
        if fault is not None:
            log.error("backup failed", extra={"reason": fault.value, "act": act.value})
        took_ms = round((perf_counter() - began) * 1000)
        done = done or Done("", 0, 0)
        self.do(RecordBackup(
            act=act, fault=fault, file=done.file, leaves=done.leaves, took_ms=took_ms,
            size_bytes=done.size,
        ))  # fmt: skip

    def _make(self) -> Done:
        made = make_backup(
            self.settings, self.keys, self.engine, self.settings.backups, self.clock()
        )
        return Done(made.path.name, made.size, made.manifest.leaves)

    def _send(self) -> Done:
        newest = standing(self.settings.backups)[-1]
        told = Done(newest.name, newest.size, newest.leaves())
        if (far := far_of(self.settings)) is not None:
            send(self.settings, self.keys, far, self.clock, self._enough)
        return told

    def _enough(self) -> bool:
        """A store that is slow must not keep the next backup waiting."""
        return self._stop.is_set() or self._due(BackupAct.MADE, self.settings.backup_period_s)

    def _rehearse(self) -> Done:
        """With what a disaster would leave."""
        if self.settings.backup_target is not None:
            with private_folder(self.settings.data_folder) as staging:
                return self._checked(fetched_newest(self.settings, staging))
        kept = standing(self.settings.backups)
        if not kept:
            raise BackupRefused("there is no backup to rehearse with")
        return self._checked(kept[-1].path)

    def _checked(self, archive: Path) -> Done:
        leaves = check(self.settings, self.keys, archive).leaves
        return Done(archive.name, archive.stat().st_size, leaves)
