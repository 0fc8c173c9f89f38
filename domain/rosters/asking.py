"""Asking for a roster, and for the smallest repair of one that people were told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, select

from domain.places.model import Hospital, Ward
from domain.plans.asking import ask
from domain.plans.model import Proposal
from domain.rosters.frame import Frame, frame_of
from domain.rosters.freezing import frozen_bytes, roster_problem, unfit
from domain.rosters.plan_kind import REPAIR, ROSTER
from domain.staff.commands import require_ward_of
from domain.staff.days import today
from domain.staff.queries import published_from
from domain.staff.roster_model import Roster, RosterState, ShiftType
from domain.staff.rosters import LONGEST, open_roster
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work
from solvers.roster_problem import RosterProblem

REPAIR_DAYS = 14
REPAIR_LIMIT_S = 20


@dataclass(frozen=True, kw_only=True)
class RequestRosterPlan(Command[Proposal]):
    """Ask for the duties of a ward, or of all wards with shifts, over 1 to 62 days.

    Answers at once; the plan comes by itself. It is made from what is known now: the nurse ratio
    over the census that is expected, contracts, skills, absences, wishes, who carried how much in
    the last three months, and the hospital's labour rules. Approved lines become a draft.
    """

    action = "roster.plan"

    hospital_id: UUID
    ward_id: UUID | None = None
    from_day: date
    days: int = 28
    time_limit_s: int = 60

    def scope(self, work: Work) -> Scope:
        hospital = work.get(Hospital, self.hospital_id)
        if self.ward_id is None:
            return hospital.scope
        return require_ward_of(work, self.ward_id, hospital.id).scope

    def apply(self, work: Work) -> Proposal:
        if not 1 <= self.days <= LONGEST:
            raise Invalid(f"plan 1 to {LONGEST} days", field="days")
        if self.from_day < today(work.session, self.hospital_id, work.now):
            raise Invalid("a roster begins today or later", field="fromDay")
        wards = wards_with_shifts(work, self.hospital_id, self.ward_id)
        until = self.from_day + timedelta(days=self.days)
        for ward in wards:
            _have_roster(work, ward, self.from_day, until)
        frame = frame_of(work.session, self.hospital_id, wards, self.from_day, until, work.now)
        with unfit():
            problem = roster_problem(frame, frozen_until=_told(work, frame))
        note_source(work, frame)
        return ask_for(work, ROSTER, self.hospital_id, self.ward_id, problem, self.time_limit_s)


@dataclass(frozen=True, kw_only=True)
class RequestRosterRepair(Command[Proposal]):
    """Ask for the fewest changes to a published roster that cover what is open in it now."""

    action = "roster.plan"

    ward_id: UUID
    time_limit_s: int = REPAIR_LIMIT_S

    def scope(self, work: Work) -> Scope:
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> Proposal:
        plan = repair(work, work.get(Ward, self.ward_id), self.time_limit_s)
        if plan is None:
            raise Conflict("no published roster runs today; ask for a plan", reason="NO_ROSTER",
                           field="wardId")  # fmt: skip
        return plan


def repair(work: Work, ward: Ward, time_limit_s: int = REPAIR_LIMIT_S) -> Proposal | None:
    """The plan that was asked for; None where no published roster covers the coming days."""
    first = today(work.session, ward.hospital_id, work.now)
    roster = work.session.exec(
        select(Roster)
        .where(Roster.ward_id == ward.id, Roster.state == RosterState.PUBLISHED,
               col(Roster.until_day) > first)
        .order_by(col(Roster.from_day))
    ).first()  # fmt: skip
    if roster is None:
        return None
    first = max(first, roster.from_day)
    until = min(roster.until_day, first + timedelta(days=REPAIR_DAYS))
    frame = frame_of(work.session, ward.hospital_id, [ward], first, until, work.now)
    with unfit():
        problem = roster_problem(frame)
    note_source(work, frame)
    return ask_for(work, REPAIR, ward.hospital_id, ward.id, problem, time_limit_s)


def ask_for(
    work: Work, kind: str, hospital_id: UUID, ward_id: UUID | None, problem: RosterProblem,
    time_limit_s: int,
) -> Proposal:  # fmt: skip
    """Store the problem and the plan that will answer it."""
    frozen, digest = frozen_bytes(problem)
    return ask(
        work, kind, hospital_id=hospital_id, ward_id=ward_id, problem=frozen, digest=digest,
        rules=problem.rules.version, time_limit_s=time_limit_s,
    )  # fmt: skip


def wards_with_shifts(work: Work, hospital_id: UUID, ward_id: UUID | None) -> Sequence[Ward]:
    """The one ward, or every ward of the hospital that runs shifts. Raises Conflict for none."""
    runs = select(ShiftType.ward_id).where(
        ShiftType.hospital_id == hospital_id, col(ShiftType.retired_at).is_(None)
    )
    query = select(Ward).where(col(Ward.id).in_(runs), col(Ward.closed_at).is_(None))
    if ward_id is not None:
        query = query.where(Ward.id == ward_id)
    found = work.session.exec(query.order_by(col(Ward.id))).all()
    if not found:
        raise Conflict("no shifts are defined here; define them first", reason="NO_SHIFTS",
                       field="wardId")  # fmt: skip
    return found


def note_source(work: Work, frame: Frame) -> None:
    """Leave on record how many people were planned, and whose census it was."""
    work.note(people=len(frame.members), census=frame.source)


def _have_roster(work: Work, ward: Ward, first: date, until: date) -> None:
    """A draft of just these days, or a published roster that holds them; else a new draft."""
    known = work.session.exec(
        select(Roster).where(
            Roster.ward_id == ward.id, col(Roster.from_day) <= first,
            col(Roster.until_day) >= until, Roster.state != RosterState.CLOSED,
        )
    ).first()  # fmt: skip
    if known is None:
        open_roster(work, ward, first, until)


def _told(work: Work, frame: Frame) -> date | None:
    """Where all of it is published, today's duties stand as they are."""
    keys = [ward.id for ward in frame.wards]
    covered = published_from(work.session, keys, frame.first, frame.until)
    if len(covered) < len(keys):
        return None
    return today(work.session, frame.wards[0].hospital_id, work.now) + timedelta(days=1)
