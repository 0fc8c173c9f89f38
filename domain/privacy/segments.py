"""Closing segments of the ledger, and reading which there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from domain.privacy.archive_model import FLOOR_DAYS, LedgerSegment, Pruning, PruningState
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import NETWORK, Scope, Work


@dataclass(frozen=True, kw_only=True)
class CloseSegment(Command[LedgerSegment]):
    """Say that leaves of the ledger were put away. The program does it, once the files stand."""

    action = "segment.close"

    segment_number: int
    first_leaf: int
    last_leaf: int
    first_at: datetime
    last_at: datetime
    manifest: str
    keep_days: int

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> LedgerSegment:
        if self.keep_days < FLOOR_DAYS:
            raise Invalid(f"the ledger is kept for at least {FLOOR_DAYS} days", field="keepDays")
        before = last_segment(work.session)
        expected = (before.number + 1, before.last_leaf + 1) if before else (1, 0)
        if (self.segment_number, self.first_leaf) != expected:
            raise Conflict("another process closed this segment already", reason="SEGMENT_CLOSED")
        segment = LedgerSegment(
            number=self.segment_number, first_leaf=self.first_leaf, last_leaf=self.last_leaf,
            first_at=self.first_at, last_at=self.last_at, manifest=self.manifest,
            keep_days=self.keep_days, closed_at=work.now,
        )  # fmt: skip
        work.add(segment)
        work.emit("SegmentClosed", NETWORK, segment=segment.id)
        return segment


def last_segment(session: Session) -> LedgerSegment | None:
    """The newest one; None before the first."""
    asked = select(LedgerSegment).order_by(col(LedgerSegment.number).desc()).limit(1)
    return session.exec(asked).first()


def every_segment(session: Session) -> Sequence[LedgerSegment]:
    """The oldest first."""
    return session.exec(select(LedgerSegment).order_by(col(LedgerSegment.number))).all()


def segment_before(session: Session, number: int) -> LedgerSegment | None:
    """None before the first."""
    asked = select(LedgerSegment).where(LedgerSegment.number == number - 1)
    return session.exec(asked).first()


def segments(
    session: Session, scopes: Sequence[Scope], *, limit: int, after: UUID | None = None
) -> Sequence[LedgerSegment]:
    """The newest first, for whoever looks at the whole network."""
    asked = select(LedgerSegment).order_by(col(LedgerSegment.id).desc()).limit(limit)
    if NETWORK not in scopes:
        return ()
    return session.exec(
        asked if after is None else asked.where(col(LedgerSegment.id) < after)
    ).all()


def prunings(
    session: Session, scopes: Sequence[Scope], *, limit: int, after: UUID | None = None
) -> Sequence[Pruning]:
    """Likewise."""
    asked = select(Pruning).order_by(col(Pruning.id).desc()).limit(limit)
    if NETWORK not in scopes:
        return ()
    if after is not None:
        asked = asked.where(col(Pruning.id) < after)
    return session.exec(asked).all()


def prunings_in(session: Session, *states: PruningState) -> list[tuple[Pruning, LedgerSegment]]:
    """Those in one of the states, the oldest first."""
    asked = (
        select(Pruning, LedgerSegment)
        .join(LedgerSegment, col(LedgerSegment.id) == col(Pruning.segment_id))
        .where(col(Pruning.state).in_(states))
        .order_by(col(Pruning.id))
    )
    return list(session.exec(asked).all())
