"""Notes down whom a published roster, or a change of it, is news to. Notices tell them later."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from domain.places.times import store
from domain.staff.model import StaffMember
from domain.staff.news_model import NewsKind, RosterNews
from domain.staff.roster_model import Duty, DutyState, Roster
from kit.work import Work


def news_of_publication(work: Work, roster: Roster, people: Iterable[UUID]) -> None:
    """Everybody with a duty in the roster is to be told that it was published."""
    for staff_id in sorted(set(people)):
        if _is_news_to(work, work.get(StaffMember, staff_id)):
            store(work, RosterNews(
                hospital_id=roster.hospital_id, ward_id=roster.ward_id, roster_id=roster.id,
                staff_id=staff_id, kind=NewsKind.PUBLISHED, made_at=work.now,
            ))  # fmt: skip


def news_of_change(work: Work, member: StaffMember, duty: Duty) -> None:
    """Who gets or loses a published duty that is not over is to be told its day."""
    told_before = duty.state is DutyState.PUBLISHED and duty.until > work.now
    if not told_before or not _is_news_to(work, member):
        return
    day = duty.day.isoformat()
    open_still = work.session.exec(
        select(RosterNews).where(
            RosterNews.roster_id == duty.roster_id, RosterNews.staff_id == member.id,
            RosterNews.kind == NewsKind.CHANGED, col(RosterNews.told_at).is_(None),
        )
    ).first()  # fmt: skip
    if open_still is None:
        store(work, RosterNews(
            hospital_id=duty.hospital_id, ward_id=duty.ward_id, roster_id=duty.roster_id,
            staff_id=member.id, kind=NewsKind.CHANGED, days=[day], made_at=work.now,
        ))  # fmt: skip
    elif day not in open_still.days:
        open_still.days = sorted((*open_still.days, day))


def hospitals_with_news(session: Session) -> Sequence[UUID]:
    """Where somebody is still to be told."""
    asked = select(RosterNews.hospital_id).where(col(RosterNews.told_at).is_(None)).distinct()
    return sorted(session.exec(asked))


def untold(session: Session, hospital_id: UUID, *, limit: int) -> Sequence[RosterNews]:
    """What is to be told now, as it came."""
    asked = select(RosterNews).where(
        RosterNews.hospital_id == hospital_id, col(RosterNews.told_at).is_(None)
    )
    return session.exec(asked.order_by(col(RosterNews.id)).limit(limit)).all()


def _is_news_to(work: Work, member: StaffMember) -> bool:
    """Nobody is told what they did themselves; without an account nobody can be told."""
    return member.account_id is not None and member.account_id != work.actor.id
