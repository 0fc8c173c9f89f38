"""Puts on record what became of a backup. The program sends it; nobody else may."""

from dataclasses import dataclass

from domain.backups.model import BackupAct, BackupFault, BackupRun
from kit.command import Command
from kit.work import NETWORK, Scope, Work


@dataclass(frozen=True, kw_only=True)
class RecordBackup(Command[BackupRun]):
    """A backup was made or rehearsed, or could not be."""

    action = "backup.record"

    act: BackupAct
    fault: BackupFault | None = None
    file: str = ""
    size_bytes: int = 0
    leaves: int = 0
    took_ms: int = 0

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> BackupRun:
        run = BackupRun(
            at=work.now, act=self.act, fault=self.fault, file=self.file[:80],
            size_bytes=self.size_bytes, leaves=self.leaves, took_ms=self.took_ms,
        )  # fmt: skip
        work.add(run)
        work.emit("BackupRecorded", NETWORK, run=run.id, ok=run.fault is None)
        return run
