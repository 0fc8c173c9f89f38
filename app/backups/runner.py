"""Makes the house's backups and rehearses their restore, on a thread of its own.

Of several processes one does it: whoever holds the lock in the folder. A backup that fails is on
record, counted and tried again after the next period; the house goes on.
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
from app.backups.making import make_backup
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
        """Since the newest backup that stands; since the epoch where there is none. One of a time
        that is yet to come was made on a wrong clock, and says nothing."""
        now = self.clock().timestamp()
        kept = [one.at.timestamp() for one in standing(self.settings.backups)]
        return now - max((at for at in kept if at <= now), default=0.0)

    def look(self) -> None:
        """Make, tidy and rehearse what is due."""
        if self.paused() or not self._alone():
            return
        if self._due(BackupAct.MADE, self.settings.backup_period_s):
            self._attempt(BackupAct.MADE, self._make)
            for old in too_old(standing(self.settings.backups), self.clock()):
                old.path.unlink(missing_ok=True)
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

    def _attempt(self, act: BackupAct, work: Callable[[], tuple[Path, int]]) -> None:
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
            log.error("backup failed", extra={"reason": fault.value})
        took_ms = round((perf_counter() - began) * 1000)
        path, leaves = done or (Path(), 0)
        self.do(RecordBackup(
            act=act, fault=fault, file=path.name, leaves=leaves, took_ms=took_ms,
            size_bytes=path.stat().st_size if done else 0,
        ))  # fmt: skip

    def _make(self) -> tuple[Path, int]:
        made = make_backup(
            self.settings, self.keys, self.engine, self.settings.backups, self.clock()
        )
        return made.path, made.manifest.leaves

    def _rehearse(self) -> tuple[Path, int]:
        kept = standing(self.settings.backups)
        if not kept:
            raise BackupRefused("there is no backup to rehearse with")
        return kept[-1].path, check(self.settings, self.keys, kept[-1].path).leaves
