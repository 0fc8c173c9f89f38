"""Rules over working time in the horizon: agreed hours, averages, overtime, one's target."""

from math import ceil
from typing import Any

from solvers.roster_rows import Person, RowRule, never, rule_shape
from solvers.roster_ruleset import Term

WEEK_DAYS = 7
MONTH_DAYS = 31  # a horizon of at most so many days is one month of overtime
HOUR_MIN = 60


def max_minutes(term: Term, person: Person) -> RowRule:
    """At most so many minutes in the horizon; once for each started hour above."""
    return _within(term, person, used_min=0, cap_min=term.limit)


def min_minutes(term: Term, person: Person) -> RowRule:
    """At least so many minutes in the horizon; once for each started hour missing."""
    minutes = person.calendar.minutes

    def step(missing: int, _day: int, duty: int) -> tuple[int, int]:
        return max(0, missing - minutes[duty]), 0

    def close(missing: int) -> int:
        return ceil(missing / HOUR_MIN)

    return RowRule(term.rule, term.weight, rule_shape(term), term.limit, step, close)


def average_week(term: Term, person: Person) -> RowRule:
    """The average week over the window (`weeks`) stays within the limit.

    Without a known window before the horizon, the horizon alone must keep the average.
    """
    history = person.staff.history
    horizon_min = term.limit * person.calendar.days // WEEK_DAYS
    if history.window_min is None:
        return _within(term, person, used_min=0, cap_min=horizon_min)
    window_min = max(term.limit * term.option("weeks", 24), horizon_min)
    return _within(term, person, used_min=history.window_min, cap_min=window_min)


def month_overtime(term: Term, person: Person) -> RowRule:
    """Overtime above the standard `week` stays within the limit a month."""
    days = person.calendar.days
    standard_min = term.option("week", 2400) * days // WEEK_DAYS
    months = max(1, days // MONTH_DAYS)
    cap_min = standard_min + term.limit * months
    return _within(term, person, used_min=person.staff.history.month_overtime_min, cap_min=cap_min)


def hours_above_target(weight: int, person: Person) -> RowRule:
    """Soft: once for each started hour above the person's target, past balance included."""
    return _off_target("HOURS_ABOVE_TARGET", weight, person, sign=1)


def hours_below_target(weight: int, person: Person) -> RowRule:
    """Soft: once for each started hour below the person's target, past balance included."""
    return _off_target("HOURS_BELOW_TARGET", weight, person, sign=-1)


def target_min(person: Person) -> int:
    """Minutes to work in the horizon, before balances: given, or the contract's share of it."""
    if person.staff.target_min is not None:
        return person.staff.target_min
    weekly, days = person.contract.weekly_min, person.calendar.days
    weekdays = sum(
        person.calendar.weekday(day) < 5 for day in person.staff.absent if 0 <= day < days
    )
    return max(0, weekly * days // WEEK_DAYS - weekly * weekdays // 5)


def _off_target(code: str, weight: int, person: Person, *, sign: int) -> RowRule:
    minutes = person.calendar.minutes

    def step(above: int, _day: int, duty: int) -> tuple[int, int]:
        return above + minutes[duty], 0

    def close(above: int) -> int:
        return max(0, ceil(sign * above / HOUR_MIN))

    start = person.staff.history.minutes_balance - target_min(person)
    return RowRule(code, weight, (code, weight), start, step, close)


def _within(term: Term, person: Person, *, used_min: int, cap_min: int) -> RowRule:
    minutes = person.calendar.minutes

    def step(left: int, _day: int, duty: int) -> tuple[int, int]:
        over = max(0, minutes[duty] - left)
        if term.weight is None:
            return max(0, left - minutes[duty]), int(over > 0)
        return left - minutes[duty], 0

    def close(left: int) -> int:
        return ceil(-left / HOUR_MIN) if left < 0 and term.weight is not None else 0

    shape: tuple[Any, ...] = rule_shape(term)
    start = max(0, cap_min - used_min)
    return RowRule(
        term.rule, term.weight, shape, start, step, never if term.weight is None else close
    )
