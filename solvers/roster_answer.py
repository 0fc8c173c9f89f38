"""The rows found, as the plan that people read: per person, per gap, and how fair it is."""

from collections.abc import Sequence

from solvers.engine import Outcome
from solvers.roster_hindrances import hindrances
from solvers.roster_hour_rules import target_min
from solvers.roster_judge import duties_of, judge, weekends_worked, wishes_of
from solvers.roster_model import RosterModel
from solvers.roster_plan import Conflict, Gap, Hindrance, RosterItem, RosterPlan, Spread
from solvers.roster_posting import gap_points, heads_of, posted
from solvers.roster_rows import Row


def plan_of(
    model: RosterModel, rows: Sequence[Row], outcome: Outcome, conflicts: tuple[Conflict, ...] = ()
) -> RosterPlan:
    """The plan for these rows; `outcome` as it is."""
    seats = posted(model, rows)
    items = tuple(
        roster_item(model, number, row, skills_of(model, seats, number, row))
        for number, row in enumerate(rows)
    )
    heads = heads_of(model, seats)
    gaps = tuple(
        _gap(model, rows, number, heads[number])
        for number, cell in enumerate(model.cells)
        if heads[number] != cell.preferred
    )
    return RosterPlan(outcome, items, gaps, fairness(model, items), conflicts)


def _gap(model: RosterModel, rows: Sequence[Row], number: int, heads: int) -> Gap:
    cell = model.cells[number]
    why: tuple[Hindrance, ...] = ()
    if heads < cell.minimum and model.people:
        duty = model.people[0].calendar.number[cell.shift]
        why = hindrances(model, rows, cell.day, duty, cell.skill)
    points = gap_points(model, number, heads)
    minimum, preferred = cell.minimum, cell.preferred
    return Gap(cell.day, cell.shift, cell.skill, heads, minimum, preferred, points, why)


def skills_of(
    model: RosterModel, seats: dict[tuple[int, int], int], number: int, row: Row
) -> tuple[str, ...]:
    cells = (seats.get((number, day)) for day in range(len(row)))
    return tuple("" if cell is None else model.cells[cell].skill for cell in cells)


def roster_item(model: RosterModel, number: int, row: Row, skills: Sequence[str]) -> RosterItem:
    """One person's part of the plan, judged by every rule."""
    person = model.people[number]
    judged = judge(person, model.rules[number], model.told, row, skills)
    met, missed = wishes_of(person, model.told, row)
    calendar = person.calendar
    return RosterItem(
        staff=person.staff.key,
        duties=duties_of(person, row, skills),
        penalty=judged.penalty,
        terms=judged.terms,
        kept=judged.kept,
        waived=judged.waived,
        broken=judged.broken,
        minutes=sum(calendar.minutes[duty] for duty in row),
        target_min=target_min(person),
        nights=sum(duty in calendar.nights for duty in row),
        weekends=weekends_worked(person, row),
        wishes_met=met,
        wishes_missed=missed,
        changed_days=_changed(model, number, row),
    )


def _changed(model: RosterModel, number: int, row: Row) -> int:
    published = model.told.published
    if published is None:
        return 0
    person = model.people[number]
    keys = (None if (s := person.calendar.shifts[duty]) is None else s.key for duty in row)
    return sum(published.get((person.staff.key, day)) != key for day, key in enumerate(keys))


def fairness(model: RosterModel, items: Sequence[RosterItem]) -> tuple[Spread, ...]:
    """Least and most above one's share, with what was carried over from months before.

    Only people who may take nights (weekends) at all are measured by them.
    """
    rows = list(zip(model.people, items, strict=True))
    measures = {
        "NIGHTS": [
            each.nights + person.staff.history.nights_balance - person.shares[0]
            for person, each in rows
            if person.shares[0]
        ],
        "WEEKENDS": [
            each.weekends + person.staff.history.weekends_balance - person.shares[1]
            for person, each in rows
            if person.shares[1]
        ],
        "MINUTES": [
            each.minutes + person.staff.history.minutes_balance - each.target_min
            for person, each in rows
            if each.target_min
        ],
        "WISHES_MISSED": [
            each.wishes_missed + person.staff.history.wishes_missed for person, each in rows
        ],
    }
    return tuple(
        Spread(name, min(values), max(values)) for name, values in measures.items() if values
    )
