"""Flagged reads: who read whom, why it was flagged, and what was found."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel
from sqlmodel._compat import SQLModelConfig

from domain.places.model import LEDGERED
from kit.rows import Row, UtcTime, one_of, words
from kit.sealed import Sealed, SealedColumn, SealedPlace
from kit.work import Scope

OPEN = text("state = 'OPEN'")


class FlagKind(StrEnum):
    COLLEAGUE = "COLLEAGUE"
    VIP = "VIP"
    SAME_FAMILY_NAME = "SAME_FAMILY_NAME"
    NO_CARE_RELATION = "NO_CARE_RELATION"
    BREAK_GLASS = "BREAK_GLASS"


class ReviewState(StrEnum):
    OPEN = "OPEN"
    SIGNED_OFF = "SIGNED_OFF"


class ReviewVerdict(StrEnum):
    APPROPRIATE = "APPROPRIATE"
    INAPPROPRIATE = "INAPPROPRIATE"
    UNCLEAR = "UNCLEAR"  # is followed up elsewhere


class ReviewItem(Row, table=True):
    """One reader's reads of one person for one reason, until they are signed off.

    `leaf` is the first read's number in the log, `last_leaf` that of the newest of `reads`.
    """

    __tablename__ = "review_item"
    model_config = SQLModelConfig(arbitrary_types_allowed=True)  # Sealed
    __table_args__: Any = (
        one_of("kind", FlagKind),
        one_of("state", ReviewState),
        one_of("verdict", ReviewVerdict),
        CheckConstraint("reads >= 1", name="read_at_least_once"),
        CheckConstraint("reviewed_by <> reader_id", name="nobody_signs_off_their_own"),
        CheckConstraint("(state = 'SIGNED_OFF') = (reviewed_by IS NOT NULL)", name="signed_off_by"),
        Index("one_open_item", "kind", "reader_id", "subject", unique=True,
              sqlite_where=OPEN, postgresql_where=OPEN),
        Index("review_items_by_state", "state", "id"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    kind: FlagKind = Field(sa_type=words(FlagKind))
    subject: UUID
    reader_id: UUID = Field(foreign_key="account.id")
    role: str = Field(max_length=40, sa_column_kwargs=LEDGERED)
    leaf: int = Field(sa_type=BigInteger)
    last_leaf: int = Field(sa_type=BigInteger)
    reads: int = 1
    first_at: datetime = Field(sa_type=UtcTime)
    last_at: datetime = Field(sa_type=UtcTime)
    due_at: datetime = Field(sa_type=UtcTime)
    state: ReviewState = Field(default=ReviewState.OPEN, sa_type=words(ReviewState))
    verdict: ReviewVerdict | None = Field(default=None, sa_type=words(ReviewVerdict))
    note: Sealed | None = Field(default=None, sa_type=SealedColumn)
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)

    def note_place(self) -> SealedPlace:
        """Where the sealed note lives: under the person who was read about."""
        return SealedPlace(self.hospital_id, "review_item", "note", self.id, self.subject)


class ReviewCursor(SQLModel, table=True):
    """How far the record has been looked through; a single row."""

    __tablename__ = "review_cursor"

    name: str = Field(primary_key=True, max_length=16)
    leaf: int = Field(sa_type=BigInteger, nullable=False)
