"""Reads of what planning knows: coverage of shifts, and how fairly burdens lie."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, or_, select

from domain.places.reach import hospital_in_reach, ward_in_reach
from domain.rosters.balances import Burden, burdens
from domain.rosters.demand import Need, WardNeed, ward_need
from domain.staff.days import days_between, today
from domain.staff.model import StaffMember, StaffSkill
from domain.staff.roster_model import Duty, DutyState, ShiftType
from kit.errors import Invalid
from kit.work import Scope

MONTH_DAYS = 30.4375
MOST_MONTHS = 24
MOST_STAFF = 400  # of one answer about fairness


@dataclass(frozen=True, slots=True)
class Coverage:
    """A shift of a day: who is needed, who is there, and which skills of its mix are short."""

    need: Need
    have: int
    short_skills: tuple[str, ...]

    @property
    def short_by(self) -> int:
        return max(0, self.need.people - self.have)


@dataclass(frozen=True, slots=True)
class Fairness:
    """Burdens of a hospital's people over a span, and how wide they lie apart."""

    since: date
    until: date
    burdens: Sequence[Burden]

    @property
    def nights_spread(self) -> int:
        """Between who is most above a fair share of nights and who is most below it."""
        return _width([one.nights_above for one in self.burdens])

    @property
    def weekends_spread(self) -> int:
        return _width([one.weekends_above for one in self.burdens])

    @property
    def wishes_granted_percent(self) -> float | None:
        """Of all that were answered; None where none was."""
        asked = sum(one.wishes for one in self.burdens)
        return 100 * sum(one.granted for one in self.burdens) / asked if asked else None


def coverage(
    session: Session, scopes: Sequence[Scope], ward_id: UUID, first: date, until: date,
    now: datetime,
) -> tuple[WardNeed, list[Coverage]]:  # fmt: skip
    """Every shift of every day, drafts counted as planned. Raises NotFound."""
    ward = ward_in_reach(session, scopes, ward_id)
    shifts = session.exec(
        select(ShiftType)
        .where(ShiftType.ward_id == ward.id, col(ShiftType.retired_at).is_(None))
        .order_by(col(ShiftType.starts_minute), col(ShiftType.code))
    ).all()
    need = ward_need(session, ward, shifts, list(days_between(first, until)), now)
    have, skilled = _present(session, ward_id, first, until)
    found = []
    for one in need.needs:
        key = (one.day, one.shift.id)
        short = [skill for skill, count in one.mix if skilled[*key, skill] < count]
        found.append(Coverage(one, have[key], tuple(short)))
    return need, found


def fairness(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, months: int, now: datetime
) -> Fairness:
    """Of everybody who works there now. Raises NotFound, and Invalid for a silly span."""
    if not 1 <= months <= MOST_MONTHS:
        raise Invalid(f"look back 1 to {MOST_MONTHS} months", field="months")
    hospital = hospital_in_reach(session, scopes, hospital_id)
    until = today(session, hospital.id, now)
    since = until - timedelta(days=round(months * MONTH_DAYS))
    members = session.exec(
        select(StaffMember)
        .where(StaffMember.hospital_id == hospital.id,
               or_(col(StaffMember.left_on).is_(None), col(StaffMember.left_on) > until))
        .order_by(col(StaffMember.number))
        .limit(MOST_STAFF)
    ).all()  # fmt: skip
    return Fairness(since, until, burdens(session, members, since, until))


def _present(
    session: Session, ward_id: UUID, first: date, until: date
) -> tuple[Counter[tuple[date, UUID]], Counter[tuple[date, UUID, str]]]:
    have: Counter[tuple[date, UUID]] = Counter()
    skilled: Counter[tuple[date, UUID, str]] = Counter()
    duties = session.exec(
        select(Duty).where(
            Duty.ward_id == ward_id, Duty.state != DutyState.CANCELLED,
            col(Duty.day) >= first, col(Duty.day) < until,
        )
    ).all()  # fmt: skip
    held = session.exec(
        select(StaffSkill).where(col(StaffSkill.staff_id).in_({one.staff_id for one in duties}))
    ).all()
    for duty in duties:
        have[duty.day, duty.shift_id] += 1
        for skill in held:
            valid = skill.valid_from <= duty.day and (
                skill.expires_on is None or duty.day < skill.expires_on
            )
            if skill.staff_id == duty.staff_id and valid:
                skilled[duty.day, duty.shift_id, skill.skill] += 1
    return have, skilled


def _width(values: Sequence[int]) -> int:
    return max(values) - min(values) if values else 0
