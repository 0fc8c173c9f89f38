"""The frame as the roster solver's problem: pseudonymous keys, days counted from the first."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from domain.rosters.demand import WardNeed
from domain.rosters.frame import LOOK_BACK, Frame
from domain.rosters.past import WORKDAYS_A_WEEK, working_minutes
from domain.staff.days import days_between
from domain.staff.model import Contract, StaffMember
from domain.staff.roster_model import Duty, DutyState, ShiftKind, ShiftType
from kit.canonical import canonical_json
from kit.errors import Invalid
from solvers import roster_parts as parts
from solvers.roster_canonical import problem_hash, to_canonical
from solvers.roster_problem import RosterProblem
from solvers.roster_ruleset import Term

FOUR_WEEKS = 28


@contextmanager
def unfit() -> Iterator[None]:
    """Turns what no roster can be planned from into a refusal that says why."""
    try:
        yield
    except ValueError as why:
        raise Invalid(f"no roster can be planned: {why}", reason="PROBLEM_UNFIT") from why


def frozen_bytes(problem: RosterProblem) -> tuple[bytes, str]:
    """The problem's canonical bytes and their hash."""
    return canonical_json(to_canonical(problem)), problem_hash(problem)


def roster_problem(frame: Frame, frozen_until: date | None = None) -> RosterProblem:
    """Raises ValueError that names what does not fit.

    Published duties of these days are told to the solver: leaving them costs, and before
    `frozen_until` they stand.
    """
    stands = frozen_until or frame.first
    frozen = range(max(0, (stands - frame.first).days))
    published = tuple(_published(frame))
    people = [member for member in frame.members if frame.contracts[member.id]]
    return RosterProblem(
        first_day=frame.first.isoformat(), days=len(frame.days),
        shifts=tuple(_shift(one) for one in frame.shifts),
        contracts=tuple(_contract(frame, one) for one in people),
        staff=tuple(_person(frame, one) for one in people),
        demand=tuple(d for need in frame.needs for d in _demand(frame, need)),
        wishes=tuple(w for one in people for w in _wishes(frame, one)),
        published=published or None,
        frozen=tuple(day for day in frozen if day < len(frame.days)) if published else (),
        holidays=tuple(_holidays(frame)),
        rules=frame.rules,
    )  # fmt: skip


def _holidays(frame: Frame) -> Iterator[int]:
    """Of the plan and of the days before it, of which a substitute rest day may still be owed."""
    for day in days_between(frame.first - LOOK_BACK, frame.until):
        if frame.workdays.is_holiday(day):
            yield _index(frame, day)


def _shift(row: ShiftType) -> parts.Shift:
    return parts.Shift(
        key=str(row.id), kind=parts.ShiftKind(row.kind.value), start_min=row.starts_minute,
        length_min=row.minutes, counted_min=working_minutes(row),
        skills=(row.skill,) if row.skill else (),
    )  # fmt: skip


def _demand(frame: Frame, ward: WardNeed) -> Iterator[parts.Demand]:
    for need in ward.needs:
        day, shift = (need.day - frame.first).days, str(need.shift.id)
        for skill, count in (*need.mix, ("", need.others)):
            if count:
                yield parts.Demand(day=day, shift=shift, skill=skill, minimum=count,
                                   preferred=count)  # fmt: skip


def _contract(frame: Frame, member: StaffMember) -> parts.Contract:
    """One for each person: hours and caps, and the shifts of their profession and wards."""
    row = frame.contracts[member.id][0]
    allowed = [str(one.id) for one in frame.shifts if may_work(member, one)]
    return parts.Contract(
        key=str(member.id), weekly_min=row.weekly_minutes, shifts=tuple(allowed),
        terms=(
            Term(rule="WEEK_MINUTES", limit=row.most_weekly_minutes, source="contract"),
            Term(rule="MAX_NIGHTS", limit=_nights_left(frame, row), source="contract"),
            Term(rule="MAX_WEEKENDS", limit=_weekends_left(frame, row), source="contract"),
        ),
    )  # fmt: skip


def may_work(member: StaffMember, shift: ShiftType) -> bool:
    """By profession and ward; skills are judged day by day."""
    return member.profession is shift.profession and member.home_ward_id in (None, shift.ward_id)


def _person(frame: Frame, member: StaffMember) -> parts.Staff:
    skills, away = frame.skills[member.id], tuple(_away(frame, member))
    return parts.Staff(
        key=str(member.id), contract=str(member.id),
        skills=tuple(
            parts.HeldSkill(skill=one.skill,
                            until=None if one.expires_on is None else _index(frame, one.expires_on))
            for one in skills if one.valid_from < frame.until
            and (one.expires_on is None or one.expires_on > frame.first)
        ),
        absent=away, barred=tuple(_not_yet(frame, member)),
        target_min=_target(frame, member, away), history=_history(frame, member),
    )  # fmt: skip


def _target(frame: Frame, member: StaffMember, away: Sequence[int]) -> int:
    """A fifth of the contracted week for each working day on which they can be planned."""
    days = sum(frame.workdays.works(day) for n, day in enumerate(frame.days) if n not in away)
    return frame.contracts[member.id][0].weekly_minutes * days // WORKDAYS_A_WEEK


def _away(frame: Frame, member: StaffMember) -> Iterator[int]:
    """Absent, not employed, without a contract, or on duty where this plan does not reach."""
    here = {ward.id for ward in frame.wards}
    elsewhere = {duty.day for duty in frame.duties[member.id] if duty.ward_id not in here}
    for index, day in enumerate(frame.days):
        absent = any(one.from_day <= day < one.until_day for one in frame.absences[member.id])
        gone = day < member.joined_on or (member.left_on is not None and member.left_on <= day)
        bound = any(one.from_day <= day and (one.until_day is None or day < one.until_day)
                    for one in frame.contracts[member.id])  # fmt: skip
        if absent or gone or not bound or day in elsewhere:
            yield index


def _not_yet(frame: Frame, member: StaffMember) -> Iterator[tuple[int, str]]:
    """Shifts before their skill begins to count; the solver knows only when one ends."""
    for skill in frame.skills[member.id]:
        late = max(0, (skill.valid_from - frame.first).days)
        for shift in frame.shifts:
            if shift.skill == skill.skill:
                yield from ((day, str(shift.id)) for day in range(min(late, len(frame.days))))


def _history(frame: Frame, member: StaffMember) -> parts.History:
    burden, worked = frame.burdens[member.id], frame.worked[member.id]
    past: dict[int, str] = {}
    known = {str(shift.id) for shift in frame.shifts}
    for duty in frame.duties[member.id]:
        if duty.day < frame.first and str(duty.shift_id) in known:
            past.setdefault((duty.day - frame.first).days, str(duty.shift_id))
    return parts.History(
        known_days=LOOK_BACK.days, past=tuple(past.items()),
        nights_balance=burden.nights_above, weekends_balance=burden.weekends_above,
        wishes_missed=burden.wishes_missed, minutes_balance=worked.balance_min,
        window_min=worked.window_min, month_overtime_min=worked.month_overtime_min,
        sundays_worked=worked.sundays,
    )  # fmt: skip


def _wishes(frame: Frame, member: StaffMember) -> Iterator[parts.Wish]:
    known = {shift.id for shift in frame.shifts}
    for wish in frame.wishes[member.id]:
        if wish.shift_id is None or wish.shift_id in known:
            yield parts.Wish(
                staff=str(member.id), day=_index(frame, wish.day), weight=wish.weight,
                wanted=parts.Wanted(wish.want.value),
                shift=None if wish.shift_id is None else str(wish.shift_id),
            )  # fmt: skip


def _published(frame: Frame) -> Iterator[parts.Duty]:
    known = {shift.id for shift in frame.shifts}
    for member in frame.members:
        if frame.contracts[member.id]:
            told: dict[date, Duty] = {}
            for duty in frame.duties[member.id]:
                if (duty.state is DutyState.PUBLISHED and duty.day >= frame.first
                        and duty.shift_id in known):  # fmt: skip
                    told.setdefault(duty.day, duty)
            for day, duty in told.items():
                yield parts.Duty(staff=str(member.id), day=_index(frame, day),
                                 shift=str(duty.shift_id))  # fmt: skip


def _nights_left(frame: Frame, row: Contract) -> int:
    """The cap of four weeks less the nights of those of its days that lie before the plan."""
    nights = {shift.id for shift in frame.shifts if shift.kind is ShiftKind.NIGHT}
    return _left(frame, row.staff_id, row.most_nights_in_28, nights)


def _weekends_left(frame: Frame, row: Contract) -> int:
    """Likewise, by weekends with a duty."""
    days = _days_before(frame, row.staff_id)
    worked = len({day.isocalendar()[:2] for day, _ in days if day.weekday() >= 5})
    return max(0, row.most_weekends_in_28 * _windows(frame) - worked)


def _left(frame: Frame, staff_id: UUID, most: int, shifts: set[UUID]) -> int:
    used = sum(shift in shifts for _, shift in _days_before(frame, staff_id))
    return max(0, most * _windows(frame) - used)


def _days_before(frame: Frame, staff_id: UUID) -> list[tuple[date, UUID]]:
    """Duties before the plan that share a window of four weeks with its last day."""
    behind = FOUR_WEEKS * _windows(frame) - len(frame.days)
    return [
        (duty.day, duty.shift_id) for duty in frame.duties[staff_id]
        if 0 < (frame.first - duty.day).days <= behind
    ]  # fmt: skip


def _windows(frame: Frame) -> int:
    """So many windows of four weeks hold the plan's days."""
    return -(-len(frame.days) // FOUR_WEEKS)


def _index(frame: Frame, day: date) -> int:
    return (day - frame.first).days
