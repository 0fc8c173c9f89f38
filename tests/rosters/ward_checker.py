"""What a roster costs, counted with plain loops over each rule; shares nothing with the solver.

Knows the rules that `tiny_wards.py` draws. A broken hard rule gives None.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise, product
from math import ceil

from solvers.roster_fairness import fair_shares
from solvers.roster_parts import Duty, Shift, Staff
from solvers.roster_problem import RosterProblem
from solvers.roster_ruleset import Term

Row = tuple[str | None, ...]


def cost_of(problem: RosterProblem, duties: Iterable[Duty]) -> int | None:
    """Everything: people's rows and demand. Skills of the duties are not looked at."""
    rows = {person.key: [None] * problem.days for person in problem.staff}
    for duty in duties:
        rows[duty.staff][duty.day] = duty.shift  # type: ignore[call-overload]
    total = 0
    for person in problem.staff:
        points = row_cost(problem, person, tuple(rows[person.key]))
        if points is None:
            return None
        total += points
    demand = demand_cost(problem, {key: tuple(row) for key, row in rows.items()})
    return None if demand is None else total + demand


def demand_cost(problem: RosterProblem, rows: dict[str, Row]) -> int | None:
    """The demand of all days with these rows."""
    days = (
        day_cost(problem, day, tuple(rows[person.key][day] for person in problem.staff))
        for day in range(problem.days)
    )
    costs = list(days)
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def day_cost(problem: RosterProblem, day: int, given: Row) -> int | None:
    """The cheapest way to count everyone on duty for a demand they have the skill for; `given`:
    the shift of each person, in the problem's order. None where somebody can count for none."""
    weight = problem.rules.weight
    total = 0
    for shift in problem.shifts:
        cells = [row for row in problem.demand if (row.day, row.shift) == (day, shift.key)]
        present = [p for p, key in zip(problem.staff, given, strict=True) if key == shift.key]
        choices = [[c for c in cells if p.holds(c.skill, day)] for p in present]
        if any(not each for each in choices):
            return None
        best: int | None = None
        for seats in product(*choices):
            heads = Counter(cell.skill for cell in seats)
            points = sum(
                max(0, c.minimum - heads[c.skill]) * weight["UNCOVERED"]
                + max(0, c.preferred - max(c.minimum, heads[c.skill])) * weight["BELOW_PREFERRED"]
                + max(0, heads[c.skill] - c.preferred) * weight["ABOVE_PREFERRED"]
                for c in cells
            )
            best = points if best is None else min(best, points)
        total += best or 0
    return total


def row_cost(problem: RosterProblem, person: Staff, row: Row) -> int | None:
    contract = next(each for each in problem.contracts if each.key == person.contract)
    if any(shift is not None and day in person.absent for day, shift in enumerate(row)):
        return None
    told = {(d.staff, d.day): d.shift for d in problem.published or ()}
    if any(told.get((person.key, day)) != row[day] for day in problem.frozen):
        return None
    total = 0
    for term in (*problem.rules.labour, *contract.terms):
        times = broken(problem, person, term, row)
        waived = any(w.rule == term.rule and w.staff in ("", person.key) for w in problem.waivers)
        if times and term.weight is None and not waived:
            return None
        total += times * (term.weight or 0)
    return total + sum(_weighed(problem, person, row))


def _weighed(problem: RosterProblem, person: Staff, row: Row) -> Iterator[int]:
    weight, history = problem.rules.weight, person.history
    shifts = {shift.key: shift for shift in problem.shifts}
    for wish in problem.wishes:
        if wish.staff == person.key:
            given = row[wish.day]
            asked = given is not None if wish.shift is None else given == wish.shift
            if asked != (wish.wanted == "ON"):
                yield wish.weight * (
                    weight.get("WISH_MISSED", 0)
                    + history.wishes_missed * weight.get("WISH_MISSED_BEFORE", 0)
                )
    if problem.published is not None:
        told = {(d.staff, d.day): d.shift for d in problem.published}
        changed = sum(told.get((person.key, day)) != shift for day, shift in enumerate(row))
        yield changed * weight.get("CHANGED_DUTY", 0)
    minutes = sum(shifts[shift].work_min for shift in row if shift is not None)
    off = minutes + history.minutes_balance - (person.target_min or 0)
    yield ceil(max(0, off) / 60) * weight.get("HOURS_ABOVE_TARGET", 0)
    yield ceil(max(0, -off) / 60) * weight.get("HOURS_BELOW_TARGET", 0)
    nights = sum(shift == "N" for shift in row) + history.nights_balance
    above = max(0, nights - fair_shares(problem)[person.key][0])
    yield sum(range(above + 1)) * weight.get("NIGHTS_ABOVE_SHARE", 0)


def broken(problem: RosterProblem, person: Staff, term: Term, row: Row) -> int:
    """How often a row breaks a term."""
    work = [shift is not None for shift in row]
    runs = [(kind, len(list(run))) for kind, run in groupby(work)]
    limit = term.limit
    if term.rule == "MAX_DUTIES":
        return max(0, sum(work) - limit)
    if term.rule == "MIN_DUTIES":
        return max(0, limit - sum(work))
    if term.rule == "MAX_DAYS_IN_ROW":
        return sum(max(0, length - limit) for kind, length in runs if kind)
    if term.rule == "MIN_DAYS_IN_ROW":
        closed = runs[:-1] if runs[-1][0] else runs
        return sum(max(0, limit - length) for kind, length in closed if kind)
    if term.rule == "MAX_NIGHTS":
        return max(0, sum(shift == "N" for shift in row) - limit)
    if term.rule == "SAME_SHIFT_IN_BLOCK":
        return sum(bool(a and b and a != b) for a, b in pairwise(row))
    if term.rule == "COMPLETE_WEEKEND":
        weekend = [work[day] for day in range(problem.days) if problem.weekday(day) >= 5]
        return int(len(weekend) == 2 and sum(weekend) == 1)  # one cut short is not judged
    assert term.rule == "REST_BETWEEN_DUTIES"
    return _short_rests(problem, limit, row)


def _short_rests(problem: RosterProblem, limit: int, row: Row) -> int:
    shifts: dict[str, Shift] = {shift.key: shift for shift in problem.shifts}
    spans: dict[int, list[int]] = defaultdict(list)
    for day, key in enumerate(row):
        if key is not None:
            begin = day * 1440 + shifts[key].start_min
            spans[len(spans)] = [begin, begin + shifts[key].length_min]
    ordered = [spans[index] for index in range(len(spans))]
    return sum(b[0] - a[1] < limit for a, b in pairwise(ordered))
