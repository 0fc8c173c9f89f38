"""Reads of the review queue, cut to the viewer's scopes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from domain.patients.model import Patient
from domain.places.reach import by_keyset, within
from domain.reviews.commands import CURSOR, without_index
from domain.reviews.model import ReviewCursor, ReviewItem, ReviewState
from domain.staff.model import StaffMember
from kit.errors import NotFound
from kit.work import Scope

PAGE = 101


@dataclass(frozen=True, slots=True)
class Backlog:
    open: int
    overdue: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the record calls by a surrogate: a patient or a member of staff, never a name."""

    kind: str
    id: UUID
    scope: Scope


def review_items(
    session: Session, scopes: Sequence[Scope], *, state: ReviewState | None = None,
    after: UUID | None = None, limit: int = PAGE,
) -> Sequence[ReviewItem]:  # fmt: skip
    """Items by id: the oldest first, as they are to be worked off."""
    asked = select(ReviewItem).where(
        within(scopes, ReviewItem.hospital_id), by_keyset(ReviewItem.id, after)
    )
    if state is not None:
        asked = asked.where(ReviewItem.state == state)
    return session.exec(asked.order_by(col(ReviewItem.id)).limit(min(limit, PAGE))).all()


def backlog(session: Session, scopes: Sequence[Scope], now: datetime) -> Backlog:
    """What is open and what should have been signed off by now."""
    here = (within(scopes, ReviewItem.hospital_id), ReviewItem.state == ReviewState.OPEN)
    count = select(func.count(), func.min(ReviewItem.first_at)).where(*here)
    late = select(func.count()).where(*here, col(ReviewItem.due_at) < now)
    many, oldest = session.exec(count).one()
    return Backlog(many, session.exec(late).one(), oldest)


def looked_through(session: Session) -> int:
    """The last leaf that was looked at; -1 before the first."""
    cursor = session.get(ReviewCursor, CURSOR)
    return cursor.leaf if cursor else -1


def names_to_index(session: Session) -> bool:
    return session.exec(without_index().limit(1)).first() is not None


def person_of(session: Session, scopes: Sequence[Scope], subject: UUID) -> Person:
    """Raises NotFound for an unknown and for a foreign one alike."""
    patient = session.exec(select(Patient).where(Patient.subject == subject)).first()
    staff = session.exec(select(StaffMember).where(StaffMember.subject == subject)).first()
    row = patient or staff
    if row is not None and any(one.covers(Scope(row.hospital_id)) for one in scopes):
        return Person("PATIENT" if patient else "STAFF", row.id, Scope(row.hospital_id))
    raise NotFound.of("person", subject)
