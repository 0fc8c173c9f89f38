"""What people worked before a plan, as labour rules and fairness over months count it.

Only published duties count. A day is known where a published roster of the person's ward ran, or
they had a duty; a day that is not known is neutral: it counts as the rule's own average, so that
neither a hospital that begins to plan here nor a person who has just joined gains or owes hours.
Absent working days are neutral too, at the contract's hours (Directive 2003/88/EC art. 16).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from domain.rosters.past import Past, pasts
from domain.rosters.workdays import Workdays
from domain.staff.days import days_between
from domain.staff.model import StaffMember
from solvers.roster_law_rules import SUNDAYS_A_YEAR
from solvers.roster_ruleset import RosterRules, Term

WEEK = 7
SUNDAY = 6
BALANCE = timedelta(days=91)  # over which fairness is kept


@dataclass(frozen=True, slots=True)
class Worked:
    """`balance_min`: above what the contract asks for, in three months; negative below it.

    `window_min`: in the averaging window, but for the plan's own days; None where these fill it.
    `month_overtime_min` and `sundays`: since the month, the year of the plan's first day began.
    """

    balance_min: int
    window_min: int | None
    month_overtime_min: int
    sundays: int


@dataclass(frozen=True, slots=True)
class Spans:
    """The days before a plan over which each rule looks back; empty where no rule does."""

    plan: Sequence[date]
    balance: Sequence[date]
    window: Sequence[date]
    month: Sequence[date]
    sundays: Sequence[date]

    @property
    def since(self) -> date:
        return min((days[0] for days in (self.balance, self.window, self.month, self.sundays)
                    if days), default=self.plan[0])  # fmt: skip


def worked_before(
    session: Session, members: Sequence[StaffMember], wards: Sequence[UUID],
    plan: Sequence[date], rules: RosterRules, workdays: Workdays,
) -> dict[UUID, Worked]:  # fmt: skip
    """For everybody who may be planned in these wards on the days of the plan."""
    terms = {term.rule: term for term in rules.labour}
    spans = _spans(plan, terms)
    found = pasts(session, members, wards, spans.since, plan[0], plan[-1] + timedelta(days=1))
    return {key: _worked(past, spans, terms, workdays) for key, past in found.items()}


def _spans(plan: Sequence[date], terms: dict[str, Term]) -> Spans:
    first = plan[0]
    average = terms.get("AVERAGE_WEEK")
    weeks = average.option("weeks", 24) if average else 0
    behind = max(0, weeks * WEEK - len(plan))
    year = days_between(first.replace(month=1, day=1), first)
    return Spans(
        plan=plan,
        balance=list(days_between(first - BALANCE, first)),
        window=list(days_between(first - timedelta(days=behind), first)),
        month=list(days_between(first.replace(day=1), first)) if "MONTH_OVERTIME" in terms else (),
        sundays=[day for day in year if day.weekday() == SUNDAY]
        if "FREE_SUNDAYS_A_YEAR" in terms else (),
    )  # fmt: skip


def _worked(past: Past, spans: Spans, terms: dict[str, Term], workdays: Workdays) -> Worked:
    window = None
    if spans.window:
        window = _averaged(past, spans.window, terms["AVERAGE_WEEK"].limit, workdays)
        window += _leave(past, spans.plan, workdays)
    overtime = 0
    if spans.month:
        standard = terms["MONTH_OVERTIME"].option("week", 2400)
        overtime = _averaged(past, spans.month, standard, workdays)
        overtime -= standard * len(spans.month) // WEEK
    return Worked(
        balance_min=sum(past.minutes.get(day, 0) - owed(past, day, workdays)
                        for day in spans.balance if past.knows(day)),
        window_min=window, month_overtime_min=max(0, overtime),
        sundays=_sundays(past, spans.sundays, terms),
    )  # fmt: skip


def owed(past: Past, day: date, workdays: Workdays) -> int:
    """Minutes that the contract asks for on this day: a fifth of a week on each working day."""
    return past.fifth(day) if workdays.works(day) and not past.away(day) else 0


def _averaged(past: Past, days: Sequence[date], week_min: int, workdays: Workdays) -> int:
    """Minutes worked; leave and days that are not known are neutral."""
    unknown = sum(not past.knows(day) for day in days)
    worked = sum(past.minutes.get(day, 0) for day in days)
    return worked + _leave(past, filter(past.knows, days), workdays) + week_min * unknown // WEEK


def _leave(past: Past, days: Iterable[date], workdays: Workdays) -> int:
    return sum(past.fifth(day) for day in days if workdays.works(day) and past.away(day))


def _sundays(past: Past, sundays: Sequence[date], terms: dict[str, Term]) -> int:
    """Of those that are not known, as many as the rule allows of a year."""
    if not sundays:
        return 0
    may_work = SUNDAYS_A_YEAR - terms["FREE_SUNDAYS_A_YEAR"].limit
    unknown = sum(not past.knows(day) for day in sundays)
    return sum(day in past.minutes for day in sundays) + unknown * may_work // SUNDAYS_A_YEAR
