"""A backup that was made or sent away, or whose restore was rehearsed; also where that failed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer
from sqlmodel import Field

from domain.places.model import LEDGERED
from kit.rows import Row, UtcTime, one_of, words
from kit.work import NETWORK, Scope

_NUMBER = BigInteger().with_variant(Integer, "sqlite")


class BackupAct(StrEnum):
    MADE = "MADE"
    REHEARSED = "REHEARSED"
    SENT = "SENT"  # to the store far away


class BackupFault(StrEnum):
    """Why it failed; the program's log says more."""

    NO_KEY = "NO_KEY"
    STORAGE = "STORAGE"
    REFUSED = "REFUSED"
    FAULT = "FAULT"


class BackupRun(Row, table=True):
    """One attempt. Without a `fault` the backup stands, or its rehearsal passed."""

    __tablename__ = "backup_run"
    __table_args__ = (
        one_of("act", BackupAct),
        one_of("fault", BackupFault),
        CheckConstraint("size_bytes >= 0 AND leaves >= 0 AND took_ms >= 0", name="counts"),
        Index("backup_runs_by_act", "act", "id"),
    )

    at: datetime = Field(sa_type=UtcTime)
    act: BackupAct = Field(sa_type=words(BackupAct))
    fault: BackupFault | None = Field(default=None, sa_type=words(BackupFault))
    file: str = Field(max_length=80, sa_column_kwargs=LEDGERED)  # "" where none was made
    size_bytes: int = Field(sa_type=_NUMBER)
    leaves: int = Field(sa_type=_NUMBER)  # of the ledger in it
    took_ms: int = Field(sa_type=_NUMBER)

    @property
    def scope(self) -> Scope:
        return NETWORK
