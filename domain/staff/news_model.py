"""What somebody has still to be told of their roster: published, or changed since."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, Index, text
from sqlmodel import Field

import domain.staff.roster_model  # noqa: F401 - RosterNews points to its table
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope

UNTOLD = text("told_at IS NULL")
PUBLICATION = text("kind = 'PUBLISHED'")
CHANGE_UNTOLD = text("kind = 'CHANGED' AND told_at IS NULL")


class NewsKind(StrEnum):
    PUBLISHED = "PUBLISHED"
    CHANGED = "CHANGED"


class RosterNews(Row, table=True):
    """One thing to tell one person. Changes that nobody was told of yet are one; `days` grow."""

    __tablename__ = "roster_news"
    __table_args__ = (
        one_of("kind", NewsKind),
        Index("published_once_to_each", "roster_id", "staff_id", unique=True,
              sqlite_where=PUBLICATION, postgresql_where=PUBLICATION),
        Index("one_untold_change_of_each", "roster_id", "staff_id", unique=True,
              sqlite_where=CHANGE_UNTOLD, postgresql_where=CHANGE_UNTOLD),
        Index("news_to_tell", "hospital_id", sqlite_where=UNTOLD, postgresql_where=UNTOLD),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    roster_id: UUID = Field(foreign_key="roster.id")
    staff_id: UUID = Field(foreign_key="staff_member.id")
    kind: NewsKind = Field(sa_type=words(NewsKind))
    days: list[str] = Field(default_factory=list, sa_type=JSON)  # that changed, as 2026-12-03
    made_at: datetime = Field(sa_type=UtcTime)
    told_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)
