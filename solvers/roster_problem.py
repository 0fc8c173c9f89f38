"""The frozen roster problem: days, shifts, demand, staff, wishes, what was and what was published.

Everything is sorted on construction, so that the order in which rows came from a database changes
neither the hash nor the plan.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from solvers.roster_checks import calendar_day, known, sorted_rows, unique
from solvers.roster_parts import (
    Contract,
    Demand,
    Duty,
    HeldSkill,
    History,
    Pattern,
    RosterWaiver,
    Shift,
    ShiftKind,
    Staff,
    Wanted,
    Wish,
)
from solvers.roster_ruleset import RosterRules

__all__ = [
    "Contract",
    "Demand",
    "Duty",
    "HeldSkill",
    "History",
    "Pattern",
    "RosterProblem",
    "RosterWaiver",
    "Shift",
    "ShiftKind",
    "Staff",
    "Wanted",
    "Wish",
]

MAX_DAYS = 62
MAX_STAFF = 400
MAX_SHIFTS = 24


@dataclass(frozen=True, kw_only=True)
class RosterProblem:
    """Everything a roster may depend on. Raises ValueError that names the field at fault.

    `published`: the roster people were told; leaving it costs CHANGED_DUTY, and on `frozen` days
    it stands. `holidays`: days that count as Sundays. Demand that is not named is none.
    """

    first_day: str  # ISO date
    days: int
    shifts: tuple[Shift, ...]
    contracts: tuple[Contract, ...]
    staff: tuple[Staff, ...]
    demand: tuple[Demand, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    wishes: tuple[Wish, ...] = ()
    published: tuple[Duty, ...] | None = None
    frozen: tuple[int, ...] = ()
    holidays: tuple[int, ...] = ()
    waivers: tuple[RosterWaiver, ...] = ()
    rules: RosterRules = field(default_factory=lambda: RosterRules(version="rosters-1"))

    def __post_init__(self) -> None:
        for name in ("shifts", "contracts", "staff", "patterns"):
            rows = tuple(sorted(getattr(self, name), key=lambda row: row.key))
            object.__setattr__(self, name, rows)
            unique(name, (row.key for row in rows))
        sorted_rows(self, "demand", "frozen", "holidays", "waivers")
        by_wish = sorted(
            set(self.wishes), key=lambda w: (w.staff, w.day, w.shift or "", w.wanted, w.weight)
        )
        object.__setattr__(self, "wishes", tuple(by_wish))
        if self.published is not None:
            sorted_rows(self, "published")
        check_problem(self)

    @cached_property
    def monday(self) -> int:
        """The weekday of day 0, 0 for Monday."""
        return date.fromisoformat(self.first_day).weekday()

    def weekday(self, day: int) -> int:
        return (self.monday + day) % 7

    def rest_day(self, day: int) -> bool:
        """A Sunday or holiday."""
        return self.weekday(day) == 6 or day in self.holidays

    def date_of(self, day: int) -> date:
        return date.fromisoformat(self.first_day) + timedelta(days=day)


def check_problem(problem: RosterProblem) -> None:
    """What no part can check alone."""
    calendar_day("first_day", problem.first_day)
    if not 1 <= problem.days <= MAX_DAYS:
        raise ValueError(f"days: {problem.days} is not 1 to {MAX_DAYS}")
    if len(problem.staff) > MAX_STAFF or len(problem.shifts) > MAX_SHIFTS:
        raise ValueError(
            f"staff, shifts: beyond {MAX_STAFF} people or {MAX_SHIFTS} shifts; plan ward by ward"
        )
    shifts = {shift.key for shift in problem.shifts}
    _check_contracts(problem, shifts)
    _check_days(problem, shifts)


def _check_contracts(problem: RosterProblem, shifts: set[str]) -> None:
    contracts = {contract.key for contract in problem.contracts}
    patterns = {pattern.key for pattern in problem.patterns}
    if shifts & {"ANY", "FREE"}:
        raise ValueError("shifts.key: ANY and FREE are words of patterns")
    for pattern in problem.patterns:
        for name in pattern.days:
            known("patterns.days", name, shifts | {"ANY", "FREE"})
    for contract in problem.contracts:
        for key in contract.shifts:
            known("contracts.shifts", key, shifts)
        for term in contract.terms:
            if term.rule == "UNWANTED_PATTERN":
                known("contracts.terms.pattern", term.pattern, patterns)
    for person in problem.staff:
        known("staff.contract", person.contract, contracts)
        for _, shift in (*person.history.past, *person.barred):
            known("staff.history, staff.barred", shift, shifts)


def _check_days(problem: RosterProblem, shifts: set[str]) -> None:
    people = {person.key for person in problem.staff}
    horizon = range(problem.days)
    unique("demand", ((row.day, row.shift, row.skill) for row in problem.demand))
    unique("published", ((duty.staff, duty.day) for duty in problem.published or ()))
    for demand in problem.demand:
        known("demand.shift", demand.shift, shifts)
    for duty in problem.published or ():
        known("published.staff", duty.staff, people)
        known("published.shift", duty.shift, shifts)
    for wish in problem.wishes:
        known("wishes.staff", wish.staff, people)
        if wish.shift is not None:
            known("wishes.shift", wish.shift, shifts)
    for waiver in problem.waivers:
        if waiver.staff:
            known("waivers.staff", waiver.staff, people)
    for name in ("demand", "wishes"):
        if any(row.day not in horizon for row in getattr(problem, name)):
            raise ValueError(f"{name}.day: not a day of the horizon")
    if problem.frozen and problem.published is None:
        raise ValueError("frozen: days can only be frozen where a roster is published")
    if any(day not in horizon for day in problem.frozen):
        raise ValueError("frozen: not a day of the horizon")
    if any(duty.day not in horizon for duty in problem.published or ()):
        raise ValueError("published.day: not a day of the horizon")
