"""Segments: leaves of the ledger that were put away together, and will be pruned together."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, String, text
from sqlmodel import Field

from kit.rows import Row, UtcTime, one_of, words
from kit.work import NETWORK, Scope

FLOOR_DAYS = 183  # no ledger is kept for less: half a year (Cybersecurity Law of the PRC, art. 21)
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
_OPEN = text("state <> 'CANCELLED'")


class LedgerSegment(Row, table=True):
    """Leaves from the first to the last, both included. `manifest` is the SHA-256 of its manifest,
    `keep_days` for how long at least its entries stay, counted from the last of them."""

    __tablename__ = "ledger_segment"
    __table_args__ = (
        CheckConstraint("number >= 1", name="counted_from_one"),
        CheckConstraint("first_leaf >= 0 AND last_leaf >= first_leaf", name="leaves_in_order"),
        CheckConstraint(f"keep_days >= {FLOOR_DAYS}", name="kept_half_a_year"),
    )

    number: int = Field(sa_type=Integer, unique=True)
    first_leaf: int = Field(sa_type=_NUMBER)
    last_leaf: int = Field(sa_type=_NUMBER)
    first_at: datetime = Field(sa_type=UtcTime)
    last_at: datetime = Field(sa_type=UtcTime)
    manifest: str = Field(sa_column=Column(String(64), nullable=False, info={"ledger": True}))
    keep_days: int = Field(sa_type=Integer)
    closed_at: datetime = Field(sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return NETWORK


class PruningState(StrEnum):
    REQUESTED = "REQUESTED"  # waits for a second person
    CANCELLED = "CANCELLED"  # by a person, or by the program because a hold came between
    APPROVED = "APPROVED"  # nothing is gone yet: the program looks at the segment and the holds
    BEGUN = "BEGUN"  # entries go
    DONE = "DONE"  # none is left in the database


class Pruning(Row, table=True):
    """Takes the entries of a segment out of the database; their hashes stay."""

    __table_args__ = (
        one_of("state", PruningState),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_when"),
        CheckConstraint("(decided_by IS NULL) = (state = 'REQUESTED')", name="decided_by_somebody"),
        CheckConstraint("state = 'CANCELLED' OR decided_by <> requested_by", name="four_eyes"),
        CheckConstraint("state NOT IN ('BEGUN', 'DONE') OR begun_at IS NOT NULL",
                        name="begun_when"),
        CheckConstraint("state <> 'DONE' OR done_at IS NOT NULL", name="done_when"),
        Index("one_pruning_at_a_time", "segment_id", unique=True,
              sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("prunings_by_state", "state", "id"),
    )  # fmt: skip

    segment_id: UUID = Field(foreign_key="ledger_segment.id")
    first_leaf: int = Field(sa_type=_NUMBER)
    last_leaf: int = Field(sa_type=_NUMBER)
    state: PruningState = Field(default=PruningState.REQUESTED, sa_type=words(PruningState))
    requested_by: UUID
    requested_at: datetime = Field(sa_type=UtcTime)
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UtcTime)
    begun_at: datetime | None = Field(default=None, sa_type=UtcTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return NETWORK
