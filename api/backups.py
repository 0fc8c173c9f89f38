"""Backups in GraphQL: when they were made and rehearsed, for those who answer for them."""

from datetime import datetime
from typing import Self

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.query import Reader, query
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.backups import queries
from domain.backups.model import BackupAct, BackupFault, BackupRun
from kit.work import NETWORK

for _words in (BackupAct, BackupFault):
    strawberry.enum(_words)


@classified(DataClass.ACCOUNTS)
@strawberry.type(name="BackupRun")
class BackupRunView(View):
    """A backup that was made, or whose restore was rehearsed. Without a fault it went well."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    at: datetime = shows(DataClass.GENERAL)
    act: BackupAct = shows(DataClass.GENERAL)
    fault: BackupFault | None = shows(DataClass.GENERAL)
    file: str
    size_bytes: float
    leaves: int = shows(DataClass.GENERAL)
    took_ms: int

    @classmethod
    def of(cls, row: BackupRun, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            at=row.at,
            act=row.act,
            fault=row.fault,
            file=row.file,
            size_bytes=float(row.size_bytes),
            leaves=row.leaves,
            took_ms=row.took_ms,
        )


@strawberry.type
class BackupQueries:
    @query("backup.read")
    def backup_runs(
        self, reader: Reader, first: int, after: str | None = None
    ) -> Connection[BackupRunView]:
        """Backups and rehearsals, the newest first."""
        rows = queries.backup_runs(
            reader.session, reader.scopes, limit=page_size(first) + 1, after=after_key(after)
        )
        return page_of(rows, first, after, lambda row: BackupRunView.of(row, reader.sight(NETWORK)))
