"""One person's published duties, contracts and absences over the months, read for all at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, or_, select

from domain.staff.days import days_between
from domain.staff.model import Absence, Contract, StaffMember
from domain.staff.roster_model import (
    Duty,
    DutyState,
    Roster,
    RosterState,
    ShiftKind,
    ShiftType,
)

ON_CALL_COUNTS = 4  # a quarter of the hours of an on-call duty at home is working time
WORKDAYS_A_WEEK = 5


def working_minutes(shift: ShiftType) -> int:
    """What a duty in this shift counts as working time."""
    on_call = shift.kind is ShiftKind.ON_CALL
    return shift.minutes // ON_CALL_COUNTS if on_call else shift.minutes


@dataclass(slots=True)
class Past:
    """`minutes`: worked, by the day on which the duty began; `covered`: by a published roster."""

    member: StaffMember
    covered: frozenset[date]
    minutes: dict[date, int] = field(default_factory=dict)
    contracts: list[Contract] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)

    def knows(self, day: date) -> bool:
        """Whether it is known what the person did on this day."""
        return day in self.minutes or (day in self.covered and self.fifth(day) > 0)

    def away(self, day: date) -> bool:
        return any(one.from_day <= day < one.until_day for one in self.absences)

    def fifth(self, day: date) -> int:
        """A fifth of the week agreed for this day; 0 where nobody was employed or agreed on any."""
        member = self.member
        if day < member.joined_on or (member.left_on is not None and member.left_on <= day):
            return 0
        for one in self.contracts:
            if one.from_day <= day and (one.until_day is None or day < one.until_day):
                return one.weekly_minutes // WORKDAYS_A_WEEK
        return 0


def pasts(
    session: Session, members: Sequence[StaffMember], wards: Sequence[UUID],
    since: date, first: date, until: date,
) -> dict[UUID, Past]:  # fmt: skip
    """Duties from `since` until before `first`, the day a plan begins; terms until its end."""
    covered = _covered(session, wards, since, first)
    everywhere = frozenset[date]().union(*covered.values())
    found = {
        one.id: Past(one, covered[one.home_ward_id] if one.home_ward_id else everywhere)
        for one in members
    }
    for contract in session.exec(
        select(Contract).where(
            col(Contract.staff_id).in_(found), col(Contract.from_day) < until,
            or_(col(Contract.until_day).is_(None), col(Contract.until_day) > since),
        )
    ):  # fmt: skip
        found[contract.staff_id].contracts.append(contract)
    for absence in session.exec(
        select(Absence).where(
            col(Absence.staff_id).in_(found), col(Absence.withdrawn_at).is_(None),
            col(Absence.from_day) < until, col(Absence.until_day) > since,
        )
    ):  # fmt: skip
        found[absence.staff_id].absences.append(absence)
    _add_duties(session, found, since, first)
    return found


def _add_duties(session: Session, found: dict[UUID, Past], since: date, first: date) -> None:
    duties = session.exec(
        select(Duty, ShiftType).where(
            col(Duty.staff_id).in_(found), Duty.state == DutyState.PUBLISHED,
            col(Duty.day) >= since, col(Duty.day) < first, ShiftType.id == Duty.shift_id,
        )
    )  # fmt: skip
    for duty, shift in duties:
        minutes = found[duty.staff_id].minutes
        minutes[duty.day] = minutes.get(duty.day, 0) + working_minutes(shift)


def _covered(
    session: Session, wards: Sequence[UUID], since: date, first: date
) -> dict[UUID, frozenset[date]]:
    """Days before the plan for which each ward had told its people who works."""
    days: dict[UUID, set[date]] = defaultdict(set)
    for roster in session.exec(
        select(Roster).where(
            col(Roster.ward_id).in_(wards), Roster.state != RosterState.DRAFT,
            col(Roster.from_day) < first, col(Roster.until_day) > since,
        )
    ):  # fmt: skip
        days[roster.ward_id].update(days_between(roster.from_day, min(roster.until_day, first)))
    return {ward: frozenset(days[ward]) for ward in wards}
