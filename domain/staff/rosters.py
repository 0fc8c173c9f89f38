"""The life of a roster: DRAFT while people plan, PUBLISHED when it is told, CLOSED when over."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, or_, select

from domain.places.commands import require_open
from domain.places.model import Ward
from domain.places.times import expect_version, store
from domain.staff.days import require_span, today
from domain.staff.model import StaffMember
from domain.staff.news import news_of_publication
from domain.staff.roster_model import Duty, DutyState, Roster, RosterState, Want, Wish
from kit.command import Command
from kit.errors import Conflict
from kit.work import Scope, Work

LONGEST = 62  # days, as long as a plan may be
NEXT: dict[RosterState, tuple[RosterState, ...]] = {
    RosterState.DRAFT: (RosterState.PUBLISHED,),
    RosterState.PUBLISHED: (RosterState.CLOSED,),
    RosterState.CLOSED: (),
}


@dataclass(frozen=True, kw_only=True)
class OpenRoster(Command[Roster]):
    """Begin a roster of a ward. It stays a draft, seen by planners only, until it is published."""

    action = "roster.plan"

    ward_id: UUID
    from_day: date
    until_day: date

    def scope(self, work: Work) -> Scope:
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> Roster:
        return open_roster(work, work.get(Ward, self.ward_id), self.from_day, self.until_day)


@dataclass(frozen=True, kw_only=True)
class PublishRoster(Command[Roster]):
    """Tell people their duties: what is planned holds from now on, and changes cost something.

    Says of every wish of these days whether it was granted.
    """

    action = "roster.publish"

    roster_id: UUID
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Roster, self.roster_id).scope

    def apply(self, work: Work) -> Roster:
        roster = work.get(Roster, self.roster_id)
        expect_version(roster, self.version)
        _go(roster, RosterState.PUBLISHED)
        roster.published_at, roster.published_by = work.now, work.actor.id
        planned = work.session.exec(
            select(Duty).where(Duty.roster_id == roster.id, Duty.state == DutyState.PLANNED)
        ).all()
        for duty in planned:
            duty.state = DutyState.PUBLISHED
        work.session.flush()
        _answer_wishes(work, roster)
        news_of_publication(work, roster, [duty.staff_id for duty in planned])
        work.note(duties=len(planned))
        work.emit("RosterPublished", roster.scope, roster=roster.id)
        return roster


@dataclass(frozen=True, kw_only=True)
class CloseRoster(Command[Roster]):
    """Let nobody change a roster any more, once its last day is over."""

    action = "roster.publish"

    roster_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Roster, self.roster_id).scope

    def apply(self, work: Work) -> Roster:
        roster = work.get(Roster, self.roster_id)
        if today(work.session, roster.hospital_id, work.now) < roster.until_day:
            raise Conflict(f"the roster runs until {roster.until_day.isoformat()}",
                           reason="ROSTER_RUNS", blocking=roster.id)  # fmt: skip
        _go(roster, RosterState.CLOSED)
        work.emit("RosterClosed", roster.scope, roster=roster.id)
        return roster


def open_roster(work: Work, ward: Ward, from_day: date, until_day: date) -> Roster:
    """A new draft. Raises Conflict that names the roster of the ward that lies in the way."""
    require_open(ward)
    require_span(from_day, until_day, most_days=LONGEST)
    other = work.session.exec(
        select(Roster).where(
            Roster.ward_id == ward.id, col(Roster.from_day) < until_day,
            col(Roster.until_day) > from_day,
        )
    ).first()  # fmt: skip
    if other is not None:
        raise Conflict(
            f"the ward has a roster from {other.from_day.isoformat()} until"
            f" {other.until_day.isoformat()}; plan just these days, or others",
            reason="ROSTER_OVERLAP", field="fromDay", blocking=other.id,
        )  # fmt: skip
    roster = store(work, Roster(hospital_id=ward.hospital_id, ward_id=ward.id, from_day=from_day,
                                until_day=until_day))  # fmt: skip
    work.emit("RosterOpened", roster.scope, roster=roster.id)
    return roster


def _go(roster: Roster, state: RosterState) -> None:
    allowed = NEXT[roster.state]
    if state not in allowed:
        raise Conflict(f"the roster is {roster.state}", reason="ROSTER_STATE", blocking=roster.id,
                       allowed=tuple(allowed))  # fmt: skip
    roster.state = state


def _answer_wishes(work: Work, roster: Roster) -> None:
    """A wish counts as granted by what its person does on that day, in whichever ward."""
    here = select(Duty.staff_id).where(Duty.roster_id == roster.id)
    people = select(StaffMember.id).where(
        or_(StaffMember.home_ward_id == roster.ward_id, col(StaffMember.id).in_(here))
    )
    wishes = work.session.exec(
        select(Wish).where(
            col(Wish.staff_id).in_(people), col(Wish.day) >= roster.from_day,
            col(Wish.day) < roster.until_day, col(Wish.withdrawn_at).is_(None),
        )
    ).all()  # fmt: skip
    duties = work.session.exec(
        select(Duty).where(
            col(Duty.staff_id).in_(people), col(Duty.day) >= roster.from_day,
            col(Duty.day) < roster.until_day, Duty.state == DutyState.PUBLISHED,
        )
    ).all()  # fmt: skip
    given = {(duty.staff_id, duty.day, duty.shift_id) for duty in duties}
    days = {(duty.staff_id, duty.day) for duty in duties}
    for wish in wishes:
        works = ((wish.staff_id, wish.day) in days if wish.shift_id is None
                 else (wish.staff_id, wish.day, wish.shift_id) in given)  # fmt: skip
        wish.granted = works is (wish.want is Want.ON)
