"""Reads of backups. They belong to the network: only a right there shows them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from domain.backups.model import BackupAct, BackupRun
from kit.work import NETWORK, Scope


def backup_runs(
    session: Session, scopes: Sequence[Scope], *, limit: int, after: UUID | None = None
) -> Sequence[BackupRun]:
    """The newest first."""
    if NETWORK not in scopes:
        return []
    asked = select(BackupRun).order_by(col(BackupRun.id).desc()).limit(limit)
    if after is not None:
        asked = asked.where(col(BackupRun.id) < after)
    return session.exec(asked).all()


def last_passed(session: Session, act: BackupAct) -> datetime | None:
    """When it last went well."""
    asked = select(BackupRun.at).where(BackupRun.act == act, col(BackupRun.fault).is_(None))
    return session.exec(asked.order_by(col(BackupRun.id).desc()).limit(1)).first()
