"""Sick calls: the duties fall away, and the smallest repair is asked for by itself."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from domain.places.model import Ward
from domain.rosters.asking import repair
from domain.staff.commands import own_membership
from domain.staff.duties import end_duty
from domain.staff.model import Absence, AbsenceKind, StaffMember
from domain.staff.roster_model import Duty, DutyEnd, DutyState
from domain.staff.terms import record_absence
from kit.command import Command
from kit.work import NETWORK, Scope, Work


@dataclass(frozen=True, kw_only=True)
class ReportSick(Command[Absence]):
    """Say that somebody is ill from a day until before another. Never why.

    Their duties of these days fall away; where the roster was published, a repair plan with the
    fewest changes is computed for a planner to approve.
    """

    action = "staff.report_sick"

    staff_id: UUID
    from_day: date
    until_day: date

    def scope(self, work: Work) -> Scope:
        return work.get(StaffMember, self.staff_id).scope

    def apply(self, work: Work) -> Absence:
        member = work.get(StaffMember, self.staff_id)
        return _report(work, member, self.from_day, self.until_day)


@dataclass(frozen=True, kw_only=True)
class ReportOwnSick(Command[Absence]):
    """Say that oneself is ill from a day until before another. Never why."""

    action = "duty.keep_own"

    from_day: date
    until_day: date

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Absence:
        return _report(work, own_membership(work), self.from_day, self.until_day)


def _report(work: Work, member: StaffMember, from_day: date, until_day: date) -> Absence:
    absence = record_absence(work, member, AbsenceKind.SICK, from_day, until_day)
    fallen = work.session.exec(
        select(Duty).where(
            Duty.staff_id == member.id, Duty.state != DutyState.CANCELLED,
            col(Duty.day) >= from_day, col(Duty.day) < until_day, col(Duty.until) > work.now,
        )
    ).all()  # fmt: skip
    for duty in fallen:
        end_duty(work, duty, DutyEnd.SICK)
    work.session.flush()
    for ward_id in sorted({duty.ward_id for duty in fallen}):
        repair(work, work.get(Ward, ward_id))
    work.note(duties=len(fallen))
    return absence
