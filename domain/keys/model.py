"""One rotation of a kind of key, from the request to the last batch."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from kit.rows import Row, UtcTime, one_of, words
from kit.work import NETWORK, Scope


class RotationKind(StrEnum):
    KEK = "KEK"  # wraps the keys of people: they are wrapped anew, no field changes
    BLIND = "BLIND"  # indexes sealed names and numbers: every row is indexed anew
    SUBJECT = "SUBJECT"  # a new key for every person, and their fields sealed anew under it


class RotationState(StrEnum):
    REQUESTED = "REQUESTED"  # waits for a second person
    RUNNING = "RUNNING"
    DONE = "DONE"
    WITHDRAWN = "WITHDRAWN"


OPEN = text("state IN ('REQUESTED', 'RUNNING')")


class KeyRotation(Row, table=True):
    """`stage` and `after` are how far it is: a program that was killed goes on from there."""

    __tablename__ = "key_rotation"
    __table_args__ = (
        one_of("kind", RotationKind),
        one_of("state", RotationState),
        CheckConstraint("approved_by <> requested_by", name="two_people"),
        CheckConstraint(
            "(state IN ('RUNNING', 'DONE')) = (approved_by IS NOT NULL)", name="runs_if_approved"
        ),
        CheckConstraint("(state IN ('DONE', 'WITHDRAWN')) = (ended_at IS NOT NULL)", name="ends"),
        Index("one_rotation_of_a_kind", "kind", unique=True, sqlite_where=OPEN,
              postgresql_where=OPEN),
    )  # fmt: skip

    kind: RotationKind = Field(sa_type=words(RotationKind))
    state: RotationState = Field(default=RotationState.REQUESTED, sa_type=words(RotationState))
    requested_by: UUID
    requested_at: datetime = Field(sa_type=UtcTime)
    approved_by: UUID | None = None
    approved_at: datetime | None = Field(default=None, sa_type=UtcTime)
    key_version: int | None = None  # what it moves to; known from the first batch on
    stage: int = 0
    after: UUID | None = None  # the last row of this pass that was looked at
    pass_moved: int = 0  # rows that this pass changed
    moved: int = 0  # of all passes
    damaged: int = 0  # rows that do not open, found by the last pass
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)  # of the next batch
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return NETWORK
