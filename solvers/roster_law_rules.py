"""Labour law that is judged day by day or week by week: rest, length of duty, days of rest."""

from solvers.roster_rows import FREE, Person, RowRule, never, rule_shape
from solvers.roster_ruleset import Term

DAY_MIN = 1_440
SUNDAYS_A_YEAR = 52


def rest_between_duties(term: Term, person: Person) -> RowRule:
    """Minutes of rest between the end of a duty and the next.

    Where the law allows it, a rest may be `shortened` once if another of at least
    `compensated_by` minutes follows `within_days`; a second one before that is a breach.
    """
    shifts = person.calendar.shifts
    shortest = term.option("shortened", term.limit)
    makes_good = term.option("compensated_by", term.limit)
    within = term.option("within_days", 0)
    enough = max(term.limit, makes_good)

    def step(state: tuple[int, int], _day: int, duty: int) -> tuple[tuple[int, int], int]:
        rested, owed = state  # minutes of rest by midnight; days left to make a short one good
        shift = shifts[duty]
        if shift is None:
            rested = min(rested + DAY_MIN, enough)
            return (rested, 0 if rested >= makes_good else max(0, owed - 1)), 0
        rest = rested + shift.start_min
        after = DAY_MIN - shift.start_min - shift.length_min
        if rest < shortest or (rest < term.limit and owed):
            return (after, owed), 1
        if rest < term.limit:
            return (after, within), 0
        if rest >= makes_good:
            return (after, 0), 0
        return (after, max(0, owed - 1)), int(owed == 1)

    start = person.after_past((enough, 0), step)
    return RowRule(term.rule, term.weight, rule_shape(term), start, step, never)


def duty_length(term: Term, person: Person) -> RowRule:
    """No duty counts more than so many minutes of work."""
    minutes = person.calendar.minutes

    def step(state: None, _day: int, duty: int) -> tuple[None, int]:
        return state, int(minutes[duty] > term.limit)

    return RowRule(term.rule, term.weight, rule_shape(term), None, step, never)


def day_overtime(term: Term, person: Person) -> RowRule:
    """No duty is more than so many minutes longer than the standard `day`."""
    minutes, day_min = person.calendar.minutes, term.option("day", 480)

    def step(state: None, _day: int, duty: int) -> tuple[None, int]:
        return state, int(minutes[duty] > day_min + term.limit)

    return RowRule(term.rule, term.weight, rule_shape(term), None, step, never)


def week_minutes(term: Term, person: Person) -> RowRule:
    """At most so many minutes from Monday to Sunday."""
    minutes, weekday = person.calendar.minutes, person.calendar.weekday

    def step(left: int, day: int, duty: int) -> tuple[int, int]:
        left = term.limit if weekday(day) == 0 else left
        return max(0, left - minutes[duty]), int(minutes[duty] > left)

    start = person.after_past(term.limit, step)
    return RowRule(term.rule, term.weight, rule_shape(term), start, step, never)


def rest_day_a_week(term: Term, person: Person) -> RowRule:
    """So many days off from Monday to Sunday; days that are not known count as off."""
    weekday = person.calendar.weekday

    def step(missing: int, day: int, duty: int) -> tuple[int, int]:
        missing = term.limit if weekday(day) == 0 else missing
        missing = max(0, missing - (duty == FREE))
        return (0, missing) if weekday(day) == 6 else (missing, 0)

    start = person.after_past(0, step)
    return RowRule(term.rule, term.weight, rule_shape(term), start, step, never)


def free_sundays_a_year(term: Term, person: Person) -> RowRule:
    """So many Sundays of the year stay free, those worked before the horizon included."""
    weekday = person.calendar.weekday

    def step(left: int, day: int, duty: int) -> tuple[int, int]:
        worked = int(weekday(day) == 6 and duty != FREE)
        return max(0, left - worked), int(worked > left)

    start = max(0, SUNDAYS_A_YEAR - term.limit - person.staff.history.sundays_worked)
    return RowRule(term.rule, term.weight, rule_shape(term), start, step, never)


def substitute_rest_day(term: Term, person: Person) -> RowRule:
    """Who works on a Sunday or holiday has another day off within so many days, that one included.

    Each worked Sunday needs a day of its own; one taken in the days before counts as well as one
    after, but here only those after are looked at: stricter than the law, never laxer.
    """
    rest_day = person.calendar.problem.rest_day

    def step(owed: tuple[int, ...], day: int, duty: int) -> tuple[tuple[int, ...], int]:
        if duty == FREE and not rest_day(day):
            owed = owed[1:]  # the oldest first
        late = sum(left <= 1 for left in owed)
        owed = tuple(left - 1 for left in owed if left > 1)
        if duty != FREE and rest_day(day):
            owed = (*owed, term.limit - 1)
        return owed, late

    start = person.after_past((), step)
    return RowRule(term.rule, term.weight, rule_shape(term), start, step, never)
