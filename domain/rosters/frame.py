"""What a roster is planned from, read once: wards, days, shifts, people and their terms."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, or_, select

from domain.places.model import Ward
from domain.rosters.balances import Burden, burdens
from domain.rosters.demand import WardNeed, ward_need
from domain.rosters.workdays import Workdays, workdays_of
from domain.rosters.worked import BALANCE, Worked, worked_before
from domain.staff.days import days_between
from domain.staff.model import Absence, Contract, StaffMember, StaffSkill
from domain.staff.policies import staffing_policy
from domain.staff.roster_model import Duty, DutyState, ShiftType, Wish
from solvers.roster_ruleset import RosterRules, country_rules

LOOK_BACK = timedelta(days=28)  # duties that rules over rows of days reach back to


@dataclass(slots=True)
class Frame:
    """Rows by person, of the days from `first` until before `until`."""

    wards: Sequence[Ward]
    first: date
    until: date
    rules: RosterRules
    workdays: Workdays
    shifts: Sequence[ShiftType]
    needs: Sequence[WardNeed]
    members: Sequence[StaffMember]
    burdens: dict[UUID, Burden]
    worked: dict[UUID, Worked]
    skills: dict[UUID, list[StaffSkill]] = field(default_factory=lambda: defaultdict(list))
    contracts: dict[UUID, list[Contract]] = field(default_factory=lambda: defaultdict(list))
    absences: dict[UUID, list[Absence]] = field(default_factory=lambda: defaultdict(list))
    wishes: dict[UUID, list[Wish]] = field(default_factory=lambda: defaultdict(list))
    duties: dict[UUID, list[Duty]] = field(default_factory=lambda: defaultdict(list))

    @property
    def days(self) -> list[date]:
        return list(days_between(self.first, self.until))

    @property
    def source(self) -> str:
        """Where the expected census comes from; of several wards, each source once."""
        return ", ".join(sorted({need.census.source for need in self.needs}))


def frame_of(
    session: Session, hospital_id: UUID, wards: Sequence[Ward], first: date, until: date,
    now: datetime,
) -> Frame:  # fmt: skip
    """Everything about these wards and days, of those who may work there."""
    keys = [ward.id for ward in wards]
    shifts = session.exec(
        select(ShiftType)
        .where(col(ShiftType.ward_id).in_(keys), col(ShiftType.retired_at).is_(None))
        .order_by(col(ShiftType.id))
    ).all()
    days = list(days_between(first, until))
    needs = [
        ward_need(session, ward, [one for one in shifts if one.ward_id == ward.id], days, now)
        for ward in wards
    ]
    members = _members(session, hospital_id, keys, shifts, first)
    policy = staffing_policy(session, hospital_id)
    rules, workdays = country_rules(policy.labour_rules.lower()), workdays_of(session, hospital_id)
    frame = Frame(
        wards, first, until, rules, workdays, shifts, needs, members,
        {b.member.id: b for b in burdens(session, members, first - BALANCE, first)},
        worked_before(session, members, keys, days, rules, workdays),
    )  # fmt: skip
    _read_terms(session, frame)
    return frame


def _members(
    session: Session, hospital_id: UUID, wards: Sequence[UUID], shifts: Sequence[ShiftType],
    first: date,
) -> Sequence[StaffMember]:  # fmt: skip
    return session.exec(
        select(StaffMember)
        .where(
            StaffMember.hospital_id == hospital_id,
            col(StaffMember.profession).in_({shift.profession for shift in shifts}),
            or_(col(StaffMember.home_ward_id).is_(None), col(StaffMember.home_ward_id).in_(wards)),
            or_(col(StaffMember.left_on).is_(None), col(StaffMember.left_on) > first),
        )
        .order_by(col(StaffMember.id))
    ).all()


def _read_terms(session: Session, frame: Frame) -> None:
    keys = [member.id for member in frame.members]
    for skill in session.exec(select(StaffSkill).where(col(StaffSkill.staff_id).in_(keys))):
        frame.skills[skill.staff_id].append(skill)
    contracts = select(Contract).where(
        col(Contract.staff_id).in_(keys), col(Contract.from_day) < frame.until,
        or_(col(Contract.until_day).is_(None), col(Contract.until_day) > frame.first),
    )  # fmt: skip
    for contract in session.exec(contracts.order_by(col(Contract.from_day))):
        frame.contracts[contract.staff_id].append(contract)
    absences = select(Absence).where(
        col(Absence.staff_id).in_(keys), col(Absence.withdrawn_at).is_(None),
        col(Absence.from_day) < frame.until, col(Absence.until_day) > frame.first,
    )  # fmt: skip
    for absence in session.exec(absences):
        frame.absences[absence.staff_id].append(absence)
    wishes = select(Wish).where(
        col(Wish.staff_id).in_(keys), col(Wish.withdrawn_at).is_(None),
        col(Wish.day) >= frame.first, col(Wish.day) < frame.until,
    )  # fmt: skip
    for wish in session.exec(wishes):
        frame.wishes[wish.staff_id].append(wish)
    duties = select(Duty).where(
        col(Duty.staff_id).in_(keys), Duty.state != DutyState.CANCELLED,
        col(Duty.day) >= frame.first - LOOK_BACK, col(Duty.day) < frame.until,
    )  # fmt: skip
    for duty in session.exec(duties.order_by(col(Duty.since))):
        frame.duties[duty.staff_id].append(duty)
