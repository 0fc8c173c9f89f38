"""Rules over weekends, by the weekdays that the contract calls one."""

from collections.abc import Callable
from typing import Any

from solvers.roster_rows import FREE, Person, RowRule, never, rule_shape
from solvers.roster_ruleset import Term


def max_weekends(term: Term, person: Person) -> RowRule:
    """At most so many weekends with a duty in the horizon."""

    def step(state: tuple[int, bool], day: int, duty: int) -> tuple[tuple[int, bool], int]:
        left, counted = state
        if not person.in_weekend(day):
            return (left, False), 0
        if duty == FREE or counted:
            return (left, counted), 0
        return (max(0, left - 1), True), int(left == 0)

    def only_counted(counted: bool, day: int, duty: int) -> tuple[bool, int]:
        return person.in_weekend(day) and (counted or duty != FREE), 0

    start = (term.limit, person.after_past(False, only_counted))
    return RowRule(term.rule, term.weight, _shape(term, person), start, step, never)


def max_weekends_in_row(term: Term, person: Person) -> RowRule:
    """At most so many weekends with a duty one after the other; once for each above."""

    def step(state: tuple[int, bool], day: int, duty: int) -> tuple[tuple[int, bool], int]:
        run, worked = state
        if not person.in_weekend(day):
            return state, 0
        broken = int(duty != FREE and not worked and run >= term.limit)
        worked = worked or duty != FREE
        if person.weekend_ends(day):
            return (min(run + 1, term.limit) if worked else 0, False), broken
        return (run, worked), broken

    start = person.after_past((0, False), step)
    return RowRule(term.rule, term.weight, _shape(term, person), start, step, never)


def min_weekends_in_row(term: Term, person: Person) -> RowRule:
    """Worked weekends come at least so many one after the other; once for each missing."""

    def missing(run: int) -> int:
        return term.limit - run if 0 < run < term.limit else 0

    def step(state: tuple[int, bool], day: int, duty: int) -> tuple[tuple[int, bool], int]:
        run, worked = state
        worked = person.in_weekend(day) and (worked or duty != FREE)
        if not person.weekend_ends(day):
            return (run, worked), 0
        return (min(run + 1, term.limit) if worked else 0, False), 0 if worked else missing(run)

    def missing_at_end(state: tuple[int, bool]) -> int:
        run, worked = state
        return missing(run + worked)

    close: Callable[[Any], int] = missing_at_end if term.option("ends_with_horizon", 0) else never
    start = person.after_past((0, False), step)
    return RowRule(term.rule, term.weight, _shape(term, person), start, step, close)


def complete_weekend(term: Term, person: Person) -> RowRule:
    """All days of a weekend or none: once for each day missing, more if a free day cuts it."""

    def broken(worked: tuple[bool, ...]) -> int:
        if not any(worked):
            return 0
        first, last = worked.index(True), len(worked) - 1 - worked[::-1].index(True)
        cut = not all(worked[first : last + 1])
        return worked.count(False) + (len(worked) if cut else 0)

    def judged(days: tuple[int, ...]) -> int:
        return broken(tuple(duty != FREE for duty in days))

    def seen(duty: int) -> int:
        return int(duty != FREE)

    return _weekend_rule(term, person, judged, seen)


def same_shift_in_weekend(term: Term, person: Person) -> RowRule:
    """A whole weekend is worked in one shift; for each shift once per day that differs."""

    def judged(days: tuple[int, ...]) -> int:
        if FREE in days:
            return 0
        return sum(sum(other != shift for other in days) for shift in set(days))

    return _weekend_rule(term, person, judged, lambda duty: duty)


def no_night_before_free_weekend(term: Term, person: Person) -> RowRule:
    """No night on the eve of a weekend that is free."""
    nights = person.calendar.nights

    def step(night: bool, day: int, duty: int) -> tuple[bool, int]:
        # night: the eve was a night, and nothing was worked since
        if not person.in_weekend(day):
            return duty in nights, 0
        night = night and duty == FREE
        return (False, int(night)) if person.weekend_ends(day) else (night, 0)

    start = person.after_past(False, step)
    return RowRule(term.rule, term.weight, _shape(term, person), start, step, never)


def _weekend_rule(
    term: Term,
    person: Person,
    judged: Callable[[tuple[int, ...]], int],
    seen: Callable[[int], int],
) -> RowRule:
    """A rule over the duties of each weekend that is known from its first day on."""
    length = len(person.contract.weekend)

    def step(days: tuple[int, ...], day: int, duty: int) -> tuple[tuple[int, ...], int]:
        if not person.in_weekend(day):
            return (), 0
        days = (*days, seen(duty))
        if not person.weekend_ends(day):
            return days, 0
        return (), judged(days) if len(days) == length else 0

    start = person.after_past((), step)
    return RowRule(term.rule, term.weight, _shape(term, person), start, step, never)


def _shape(term: Term, person: Person) -> tuple[Any, ...]:
    return rule_shape(term, person.contract.weekend)
