"""Duties: given, taken away, and set day by day for one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from domain.places.times import expect_version, store
from domain.staff.commands import require_ward_of
from domain.staff.days import shift_times, zone_of
from domain.staff.fitness import require_fit, require_free
from domain.staff.model import StaffMember
from domain.staff.news import news_of_change
from domain.staff.roster_model import Duty, DutyEnd, DutyState, Roster, RosterState, ShiftType
from domain.staff.shifts import in_use
from kit.command import Command
from kit.errors import Conflict, Invalid, NotFound
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class AssignDuty(Command[Duty]):
    """Put somebody into a shift of a day. In a published roster it holds at once."""

    action = "roster.plan"

    staff_id: UUID
    shift_id: UUID
    day: date

    def scope(self, work: Work) -> Scope:
        return work.get(ShiftType, self.shift_id).scope

    def apply(self, work: Work) -> Duty:
        shift = in_use(work.get(ShiftType, self.shift_id))
        return give_duty(work, work.get(StaffMember, self.staff_id), shift, self.day)


@dataclass(frozen=True, kw_only=True)
class CancelDuty(Command[Duty]):
    """Take somebody out of a shift that they are not needed in."""

    action = "roster.plan"

    duty_id: UUID
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Duty, self.duty_id).scope

    def apply(self, work: Work) -> Duty:
        duty = work.get(Duty, self.duty_id)
        expect_version(duty, self.version)
        return end_duty(work, duty, DutyEnd.NOT_NEEDED)


@dataclass(frozen=True, kw_only=True)
class PlannedDuty:
    """A shift on a day."""

    day: date
    shift_id: UUID


@dataclass(frozen=True, kw_only=True)
class SetRosterLine(Command[StaffMember]):
    """Make the duties of one person in a ward and a span of days exactly these.

    What stands already stays as it is; in published days the change holds at once.
    """

    action = "roster.plan"

    staff_id: UUID
    ward_id: UUID
    from_day: date
    until_day: date
    planned: tuple[PlannedDuty, ...] = ()

    def scope(self, work: Work) -> Scope:
        member = work.get(StaffMember, self.staff_id)
        return require_ward_of(work, self.ward_id, member.hospital_id).scope

    def apply(self, work: Work) -> StaffMember:
        member = work.get(StaffMember, self.staff_id)
        wanted = {(one.day, one.shift_id) for one in self.planned}
        if any(not self.from_day <= day < self.until_day for day, _ in wanted):
            raise Invalid("a duty lies outside the days", field="planned.day")
        standing = self._standing(work)
        for duty in standing:
            if (duty.day, duty.shift_id) not in wanted:
                end_duty(work, duty, DutyEnd.REPLANNED)
        work.session.flush()  # what ended makes room before the rest begins
        for day, shift_id in sorted(wanted - {(duty.day, duty.shift_id) for duty in standing}):
            shift = in_use(work.get(ShiftType, shift_id))
            if shift.ward_id != self.ward_id:
                raise Invalid("a shift is of another ward", field="planned.shiftId")
            give_duty(work, member, shift, day)
        work.subjects.add(member.subject)
        return member

    def _standing(self, work: Work) -> Sequence[Duty]:
        return work.session.exec(
            select(Duty).where(
                Duty.staff_id == self.staff_id, Duty.ward_id == self.ward_id,
                Duty.state != DutyState.CANCELLED,
                col(Duty.day) >= self.from_day, col(Duty.day) < self.until_day,
            )
        ).all()  # fmt: skip


def give_duty(
    work: Work, member: StaffMember, shift: ShiftType, day: date, *, replaces: Duty | None = None
) -> Duty:
    """A duty of that person, after every check. Raises Conflict."""
    if shift.hospital_id != member.hospital_id:
        raise NotFound.of("staffmember", member.id)
    roster = roster_on(work, shift.ward_id, day)
    require_fit(work.session, member, shift, day)
    since, until = shift_times(shift, day, zone_of(work.session, shift.hospital_id))
    published = roster.state is RosterState.PUBLISHED
    duty = Duty(
        hospital_id=shift.hospital_id, ward_id=shift.ward_id, roster_id=roster.id,
        staff_id=member.id, shift_id=shift.id, day=day, since=since, until=until,
        state=DutyState.PUBLISHED if published else DutyState.PLANNED,
        replaces_id=replaces.id if replaces else None,
    )  # fmt: skip
    require_free(work.session, member, duty)
    store(work, duty)
    news_of_change(work, member, duty)
    work.subjects.add(member.subject)
    work.emit("DutyGiven", duty.scope, duty=duty.id, staff=member.id)
    return duty


def end_duty(work: Work, duty: Duty, why: DutyEnd) -> Duty:
    """Cancel a duty. Raises Conflict for one that is over, or cancelled before."""
    if duty.state is DutyState.CANCELLED:
        raise Conflict(f"this duty was cancelled ({duty.ended_by})", reason="DUTY_CANCELLED",
                       blocking=duty.id)  # fmt: skip
    if duty.until <= work.now:
        raise Conflict(f"this duty ended at {duty.until.isoformat()}", reason="DUTY_OVER",
                       blocking=duty.id)  # fmt: skip
    news_of_change(work, work.get(StaffMember, duty.staff_id), duty)
    duty.state, duty.ended_by = DutyState.CANCELLED, why
    work.emit("DutyCancelled", duty.scope, duty=duty.id, staff=duty.staff_id)
    return duty


def roster_on(work: Work, ward_id: UUID, day: date) -> Roster:
    """The ward's roster of that day. Raises Conflict where none is open or it was closed."""
    roster = work.session.exec(
        select(Roster).where(
            Roster.ward_id == ward_id, col(Roster.from_day) <= day, col(Roster.until_day) > day
        )
    ).first()
    if roster is None:
        raise Conflict(f"no roster covers {day.isoformat()}; open one, or ask for a plan",
                       reason="NO_ROSTER", field="day")  # fmt: skip
    if roster.state is RosterState.CLOSED:
        raise Conflict("the roster of that day is closed", reason="ROSTER_CLOSED", field="day",
                       blocking=roster.id)  # fmt: skip
    return roster
