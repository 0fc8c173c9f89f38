"""Rules over runs and counts of duties: how many, how many in a row, what must follow what."""

from collections.abc import Callable
from typing import Any

from solvers.roster_rows import FREE, Person, RowRule, State, never, rule_shape
from solvers.roster_ruleset import Term

Belongs = Callable[[int], bool]


def min_duties(term: Term, person: Person) -> RowRule:
    """At least so many duties in the horizon; broken once for each that is missing."""
    return _at_least(term, lambda duty: duty != FREE)


def max_duties(term: Term, person: Person) -> RowRule:
    """At most so many duties in the horizon; broken once for each above."""
    return _at_most(term, lambda duty: duty != FREE)


def max_nights(term: Term, person: Person) -> RowRule:
    """At most so many nights in the horizon."""
    return _at_most(term, lambda duty: duty in person.calendar.nights)


def max_on_calls(term: Term, person: Person) -> RowRule:
    """At most so many on-calls in the horizon."""
    return _at_most(term, lambda duty: duty in person.calendar.on_calls)


def min_days_in_row(term: Term, person: Person) -> RowRule:
    """Who works, works at least so many days in a row; once for each day that is missing."""
    return _run_at_least(term, person, lambda duty: duty != FREE)


def max_days_in_row(term: Term, person: Person) -> RowRule:
    """At most so many working days in a row; once for each day above."""
    return _run_at_most(term, person, lambda duty: duty != FREE)


def min_free_in_row(term: Term, person: Person) -> RowRule:
    """Who is free, is free at least so many days in a row."""
    return _run_at_least(term, person, lambda duty: duty == FREE)


def max_free_in_row(term: Term, person: Person) -> RowRule:
    """At most so many free days in a row."""
    return _run_at_most(term, person, lambda duty: duty == FREE)


def min_nights_in_row(term: Term, person: Person) -> RowRule:
    """Nights come in blocks of at least so many."""
    return _run_at_least(term, person, lambda duty: duty in person.calendar.nights)


def max_nights_in_row(term: Term, person: Person) -> RowRule:
    """At most so many nights in a row."""
    return _run_at_most(term, person, lambda duty: duty in person.calendar.nights)


def max_on_call_in_row(term: Term, person: Person) -> RowRule:
    """At most so many on-calls in a row."""
    return _run_at_most(term, person, lambda duty: duty in person.calendar.on_calls)


def free_after_nights(term: Term, person: Person) -> RowRule:
    """After a block of nights so many free days; once for each that is missing."""
    nights = person.calendar.nights

    def step(owed: int, _day: int, duty: int) -> tuple[int, int]:
        # owed: free days still due; -1 during the block itself
        if duty in nights:
            return -1, max(owed, 0)
        if duty == FREE:
            return (term.limit if owed < 0 else owed) - 1 if owed else 0, 0
        return 0, term.limit if owed < 0 else owed

    start = person.after_past(0, step)
    return RowRule(term.rule, term.weight, rule_shape(term), start, step, never)


def same_shift_in_block(term: Term, person: Person) -> RowRule:
    """Continuity of care: who works two days in a row, works the same shift."""

    def step(before: int, _day: int, duty: int) -> tuple[int, int]:
        return duty, int(before != FREE and duty not in (FREE, before))

    start = person.after_past(FREE, step)
    return RowRule(term.rule, term.weight, rule_shape(term), start, step, never)


def unwanted_pattern(term: Term, person: Person) -> RowRule:
    """A run of days that the contract does not want; once for each time it occurs."""
    pattern = person.calendar.patterns[term.pattern]
    weekday, number = person.calendar.weekday, person.calendar.number
    wanted: list[Belongs] = [_entry(name, number) for name in pattern.days]

    def step(begun: frozenset[int], day: int, duty: int) -> tuple[frozenset[int], int]:
        # begun: how many days of the pattern have been met, for each beginning still alive
        starts = pattern.weekday is None or weekday(day) == pattern.weekday
        lengths = begun | {0} if starts else begun
        met = {length + 1 for length in lengths if wanted[length](duty)}
        return frozenset(met - {len(wanted)}), int(len(wanted) in met)

    start = person.after_past(frozenset[int](), step)
    return RowRule(term.rule, term.weight, rule_shape(term), start, step, never)


def _entry(name: str, number: dict[str, int]) -> Belongs:
    if name == "ANY":
        return lambda duty: duty != FREE
    if name == "FREE":
        return lambda duty: duty == FREE
    return lambda duty: duty == number[name]


def _at_least(term: Term, counts: Belongs) -> RowRule:
    def step(missing: int, _day: int, duty: int) -> tuple[int, int]:
        return max(0, missing - counts(duty)), 0

    def close(missing: int) -> int:
        return missing

    return RowRule(term.rule, term.weight, rule_shape(term), term.limit, step, close)


def _at_most(term: Term, counts: Belongs) -> RowRule:
    def step(left: int, _day: int, duty: int) -> tuple[int, int]:
        used = int(counts(duty))
        return max(0, left - used), int(used > left)

    return RowRule(term.rule, term.weight, rule_shape(term), term.limit, step, never)


def _run_at_most(term: Term, person: Person, belongs: Belongs) -> RowRule:
    def step(length: int, _day: int, duty: int) -> tuple[int, int]:
        if not belongs(duty):
            return 0, 0
        return min(length + 1, term.limit), int(length >= term.limit)

    start = person.after_past(0, step)
    return RowRule(term.rule, term.weight, rule_shape(term), start, step, never)


def _run_at_least(term: Term, person: Person, belongs: Belongs) -> RowRule:
    def missing(length: int) -> int:
        return term.limit - length if 0 < length < term.limit else 0

    def step(length: int, _day: int, duty: int) -> tuple[int, int]:
        if belongs(duty):
            return min(length + 1, term.limit), 0
        return 0, missing(length)

    # A run that reaches the last day may go on in the next month, unless the term says otherwise.
    close: Callable[[Any], int] = missing if term.option("ends_with_horizon", 0) else never
    start: State = person.after_past(0, step)
    return RowRule(term.rule, term.weight, rule_shape(term), start, step, close)
