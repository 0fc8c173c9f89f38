"""One person's row judged by every rule: points of the soft ones, hard ones kept or broken.

The same functions serve the plan, the swap check and the explanation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from solvers.roster_days import Day, Told, day_forbidden, day_terms, meets
from solvers.roster_parts import Duty
from solvers.roster_plan import Terms
from solvers.roster_rows import FREE, Person, Row, RowRule
from solvers.roster_rules import PersonRules


@dataclass(frozen=True, slots=True)
class Judged:
    """`kept`: hard rules in force that hold; `broken`: those that do not; `waived`: broken with
    leave."""

    terms: Terms
    kept: tuple[str, ...]
    waived: tuple[str, ...]
    broken: tuple[str, ...]

    @property
    def penalty(self) -> int:
        return sum(points for _, points in self.terms)


def judge(
    person: Person, rules: PersonRules, told: Told, row: Row, skills: Sequence[str]
) -> Judged:
    """`skills[day]`: the skill for which the duty counts; empty on free days."""
    points: dict[str, int] = {}
    broken: set[str] = set()
    hard: set[str] = {rule.code for rule in rules.enforced if rule.weight is None}
    for rule in (*rules.enforced, *rules.waived):
        times = times_broken(rule, row)
        if times and rule.weight is None:
            broken.add(rule.code)
        elif times:
            points[rule.code] = points.get(rule.code, 0) + times * (rule.weight or 0)
    for day, duty in enumerate(row):
        choice = Day(person, told, day, duty, skills[day])
        broken.update(day_forbidden(choice))
        for code, more in day_terms(choice).items():
            points[code] = points.get(code, 0) + more
    waived = broken & rules.waived_codes
    return Judged(
        tuple(sorted(points.items())),
        tuple(sorted((hard | {"ABSENT", "SKILL_HELD", "SHIFT_ALLOWED"}) - broken)),
        tuple(sorted(waived)),
        tuple(sorted(broken - waived)),
    )


def times_broken(rule: RowRule, row: Row) -> int:
    """How often a row breaks a rule."""
    state, times = rule.start, 0
    for day, duty in enumerate(row):
        state, broken = rule.step(state, day, duty)
        times += broken
    return times + rule.close(state)


def row_of(person: Person, duties: Sequence[Duty]) -> tuple[Row, tuple[str, ...]]:
    """(row, skills) of a person's duties."""
    row, skills = [FREE] * person.calendar.days, [""] * person.calendar.days
    for duty in duties:
        if duty.staff == person.staff.key:
            row[duty.day] = person.calendar.number[duty.shift]
            skills[duty.day] = duty.skill
    return tuple(row), tuple(skills)


def duties_of(person: Person, row: Row, skills: Sequence[str]) -> tuple[Duty, ...]:
    shifts = person.calendar.shifts
    return tuple(
        Duty(staff=person.staff.key, day=day, shift=shift.key, skill=skills[day])
        for day, duty in enumerate(row)
        if (shift := shifts[duty]) is not None
    )


def wishes_of(person: Person, told: Told, row: Row) -> tuple[int, int]:
    """(weights of wishes met, of wishes missed)."""
    met = missed = 0
    for day, duty in enumerate(row):
        choice = Day(person, told, day, duty)
        for wish in told.wishes.get((person.staff.key, day), ()):
            kept = meets(wish, choice)
            met, missed = met + wish.weight * kept, missed + wish.weight * (not kept)
    return met, missed


def weekends_worked(person: Person, row: Row) -> int:
    """Weekends with a duty."""
    count, counted = 0, False
    for day, duty in enumerate(row):
        if not person.in_weekend(day):
            counted = False
        elif duty != FREE and not counted:
            count, counted = count + 1, True
    return count
