"""What keeps people from a duty: for each rule, for how many it would newly be broken."""

from collections import Counter
from collections.abc import Mapping, Sequence

from solvers.roster_judge import Judged, judge
from solvers.roster_model import NO_POST, RosterModel
from solvers.roster_plan import Hindrance
from solvers.roster_rows import FREE, Row

WORKS = "WORKS_THEN"  # has another duty that day
NO_DEMAND = "NO_DEMAND"  # nobody is wanted in that shift


def hindrances(
    model: RosterModel, rows: Sequence[Row], day: int, duty: int, skill: str
) -> tuple[Hindrance, ...]:
    """Per rule, how many people it keeps from one more duty of the day, for that skill."""
    forbids: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for number, row in enumerate(rows):
        reasons: tuple[str, ...] = (WORKS,)
        if row[day] == FREE:
            taken = with_duty(row, day, duty)
            reasons = newly_broken(model, number, row, taken, {day: skill})
        forbids.update(reasons)
        if len(reasons) == 1:
            alone.update(reasons)
    return tuple(
        Hindrance(rule, count, alone[rule])
        for rule, count in sorted(forbids.items(), key=lambda pair: (-pair[1], pair[0]))
    )


def newly_broken(
    model: RosterModel, number: int, before: Row, after: Row, skills: Mapping[int, str]
) -> tuple[str, ...]:
    """Hard rules that a person's row breaks `after` and not `before`."""
    now = judged_row(model, number, before).broken
    then = judged_row(model, number, after, skills).broken
    return tuple(rule for rule in then if rule not in now)


def judged_row(
    model: RosterModel, number: int, row: Row, skills: Mapping[int, str] | None = None
) -> Judged:
    """A row judged; where `skills` do not say for which skill a duty counts, any that fits."""
    given = skills or {}
    named = [
        given.get(day, wanted_skill(model, number, day, duty) or "") for day, duty in enumerate(row)
    ]
    return judge(model.people[number], model.rules[number], model.told, row, named)


def wanted_skill(model: RosterModel, number: int, day: int, duty: int) -> str | None:
    """A skill for which the person could do the duty; else any that is wanted; else None."""
    if duty == FREE:
        return ""
    post = int(model.post[number, day, duty])
    if post != NO_POST:
        return model.cells[model.posts[post].cells[0]].skill
    key = model.problem.shifts[duty - 1].key
    asked = (cell.skill for cell in model.cells if (cell.day, cell.shift) == (day, key))
    return next(asked, None)


def with_duty(row: Row, day: int, duty: int) -> Row:
    """The row with another duty on one day."""
    return (*row[:day], duty, *row[day + 1 :])
