"""A person's row of days as the rules see it: duties by number, and the calendar they fall on."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from solvers.roster_parts import Contract, Pattern, Shift, ShiftKind, Staff
from solvers.roster_problem import RosterProblem
from solvers.roster_ruleset import Term

FREE = 0  # the duty of a free day; duty n is the problem's shift n - 1

State = Hashable
Row = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RowRule:
    """One rule of one person, as a walk along the days.

    `step(state, day, duty)` gives the next state and how often the rule is broken by that day;
    `close(state)` how often it turns out broken at the end. Rules with the same `shape` differ in
    nothing but their `start`. `weight` None: hard.
    """

    code: str
    weight: int | None
    shape: tuple[Any, ...]
    start: State
    step: Callable[[Any, int, int], tuple[State, int]]
    close: Callable[[Any], int]


def never(_state: State) -> int:
    """For rules that are judged day by day: nothing is left to judge at the end."""
    return 0


class Calendar:
    """What rules ask about days and duties. Days may be negative: before the horizon."""

    def __init__(self, problem: RosterProblem) -> None:
        self.problem = problem
        self.days = problem.days
        self.shifts: tuple[Shift | None, ...] = (None, *problem.shifts)
        self.number = {shift.key: index for index, shift in enumerate(problem.shifts, 1)}
        self.nights = self._of_kind(ShiftKind.NIGHT)
        self.on_calls = self._of_kind(ShiftKind.ON_CALL)
        self.minutes = tuple(0 if shift is None else shift.work_min for shift in self.shifts)
        self.patterns: dict[str, Pattern] = {each.key: each for each in problem.patterns}

    def _of_kind(self, kind: ShiftKind) -> frozenset[int]:
        return frozenset(
            index for index, shift in enumerate(self.shifts) if shift and shift.kind is kind
        )

    def weekday(self, day: int) -> int:
        return self.problem.weekday(day)

    @cached_property
    def duties(self) -> range:
        return range(len(self.shifts))


@dataclass(frozen=True)
class Person:
    """A member of staff with what the rules need beside."""

    calendar: Calendar
    staff: Staff
    contract: Contract
    shares: tuple[int, int]  # fair share of nights and of weekends in the horizon

    @cached_property
    def past(self) -> tuple[tuple[int, int], ...]:
        """(day, duty) of every known day before the horizon, oldest first."""
        known = {day: self.calendar.number[shift] for day, shift in self.staff.history.past}
        days = range(-self.staff.history.known_days, 0)
        return tuple((day, known.get(day, FREE)) for day in days)

    def after_past(self, state: Any, step: Callable[[Any, int, int], tuple[Any, int]]) -> Any:
        """The state in which a rule enters the horizon: what was broken before is not judged."""
        for day, duty in self.past:
            state, _ = step(state, day, duty)
        return state

    def weekend_ends(self, day: int) -> bool:
        """Whether `day` is the last of a weekend, by the contract's weekdays."""
        weekend, weekday = self.contract.weekend, self.calendar.weekday
        return weekday(day) in weekend and weekday(day + 1) not in weekend

    def in_weekend(self, day: int) -> bool:
        return self.calendar.weekday(day) in self.contract.weekend


def rule_shape(term: Term, *more: Any) -> tuple[Any, ...]:
    return (term.rule, term.limit, term.weight, term.pattern, term.options, *more)
