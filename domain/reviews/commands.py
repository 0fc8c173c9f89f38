"""Putting flagged reads before somebody, and signing them off."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import and_, or_
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from domain.patients.identity import family_blind
from domain.places.times import store
from domain.reviews.flags import Read, flag_rules, flags_of
from domain.reviews.model import (
    FlagKind,
    ReviewCursor,
    ReviewItem,
    ReviewState,
    ReviewVerdict,
)
from domain.staff.identity import staff_place
from domain.staff.model import StaffMember
from kit.blind import columns_of, put
from kit.command import Command
from kit.errors import Conflict, Denied, Invalid
from kit.work import NETWORK, Scope, Work

CURSOR = "reads"
AT_ONCE = 200
SHORTEST, LONGEST = 3, 1000  # characters of a note


@dataclass(frozen=True, kw_only=True)
class FlagReads(Command[int]):
    """Look through new reads of the record; answers how many were flagged."""

    action = "review.flag"

    reads: tuple[Read, ...]
    after: int  # the leaf up to which the record was looked through before
    upto: int

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> int:
        cursor = work.session.get(ReviewCursor, CURSOR)
        if (cursor.leaf if cursor else -1) != self.after:
            raise Conflict("another process has looked through these", reason="LOOKED_THROUGH")
        if cursor is None:
            work.add(ReviewCursor(name=CURSOR, leaf=self.upto))
        else:
            cursor.leaf = self.upto
        found = [flag for read in self.reads for flag in flags_of(work.session, work.vault, read)]
        for flag in found:
            _put(work, flag.kind, flag.hospital, flag.subject, flag.read)
        work.note(flags=len(found))
        for hospital in sorted({flag.hospital for flag in found}):
            work.emit("ReadsFlagged", Scope(hospital))
        return len(found)


@dataclass(frozen=True, kw_only=True)
class IndexStaffNames(Command[int]):
    """Make the blind indexes of family names that were sealed before there were any."""

    action = "review.flag"

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> int:
        members = work.session.exec(without_index().limit(AT_ONCE)).all()
        for member in members:
            for column in ("family_zh", "family_en"):
                sealed = getattr(member, column)
                if sealed is not None:
                    name = work.open(sealed, staff_place(member, column))
                    put(member, f"{column}_blind", family_blind(work.vault, column, name))
        work.note(indexed=len(members))
        return len(members)


@dataclass(frozen=True, kw_only=True)
class SignOffReview(Command[ReviewItem]):
    """Say what became of a flagged read. Nobody signs off their own."""

    action = "review.sign_off"

    review_id: UUID
    verdict: ReviewVerdict
    note: str = field(repr=False)

    def scope(self, work: Work) -> Scope:
        return work.get(ReviewItem, self.review_id).scope

    def apply(self, work: Work) -> ReviewItem:
        item = work.get(ReviewItem, self.review_id)
        if item.reader_id == work.actor.id:
            raise Denied("somebody else signs it off", reason="OWN_READ")
        if item.state is not ReviewState.OPEN:
            raise Conflict(f"signed off as {item.verdict}", reason="SIGNED_OFF", blocking=item.id)
        if not SHORTEST <= len(self.note.strip()) <= LONGEST:
            raise Invalid(f"say what was found in {SHORTEST} to {LONGEST} characters",
                          field="note", reason="REVIEW_NOTE")  # fmt: skip
        item.note = work.seal(self.note.strip(), item.note_place())
        item.state, item.verdict = ReviewState.SIGNED_OFF, self.verdict
        item.reviewed_by, item.reviewed_at = work.actor.id, work.now
        work.emit("ReviewSignedOff", item.scope, item=item.id)
        return item


def without_index() -> SelectOfScalar[StaffMember]:
    """Staff whose family name has no blind index yet."""
    missing = or_(
        *(
            and_(col(getattr(StaffMember, name)).is_not(None),
                 *(col(getattr(StaffMember, each)).is_(None)
                   for each in columns_of(f"{name}_blind")))
            for name in ("family_zh", "family_en")
        )
    )  # fmt: skip
    return select(StaffMember).where(missing).order_by(col(StaffMember.id))


def _put(work: Work, kind: FlagKind, hospital: UUID, subject: UUID, read: Read) -> None:
    """Once per reader, person and kind while it is open; further reads count up."""
    known = work.session.exec(
        select(ReviewItem).where(
            ReviewItem.kind == kind, ReviewItem.reader_id == read.reader,
            ReviewItem.subject == subject, ReviewItem.state == ReviewState.OPEN,
        )
    ).first()  # fmt: skip
    work.subjects.add(subject)
    if known is None:
        store(work, ReviewItem(
            hospital_id=hospital, kind=kind, subject=subject, reader_id=read.reader,
            role=read.role, leaf=read.leaf, last_leaf=read.leaf, first_at=read.at,
            last_at=read.at, due_at=work.now + flag_rules()[kind].due,
        ))  # fmt: skip
    elif known.last_leaf < read.leaf:
        known.reads, known.last_leaf, known.last_at = known.reads + 1, read.leaf, read.at
        work.session.flush()
