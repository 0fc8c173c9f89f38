"""The cheapest plan with one request in one very bed, and what then changes for whom."""

from collections.abc import Mapping
from dataclasses import dataclass

from solvers.bed_alternatives import Alternatives
from solvers.bed_columns import Table
from solvers.bed_judge import Assignment
from solvers.bed_place import Hospital
from solvers.bed_problem import BedPlanProblem
from solvers.engine import Limits


@dataclass(frozen=True, slots=True)
class Change:
    """One patient whose bed or whose cost differs. `None` stands for waiting."""

    request: str
    before: str | None
    after: str | None
    cost_before: int
    cost_after: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """The best plan found with the request in the bed; none such costs less than `bound`."""

    cost: int
    bound: int
    bed_of: Mapping[str, str]

    @property
    def exact(self) -> bool:
        return self.cost == self.bound


def fixed_in(asked: Alternatives, request: str, bed: str, limits: Limits) -> Fixed | None:
    """None if no rule-keeping plan with it was found: a hard rule forbids it, or time ran out.

    A plan that moves few patients by hand is preferred to another of the same cost.
    """
    spot = spot_of(asked.table, bed)
    if spot is None or not asked.has(request, spot):
        return None
    bound = asked.least_cost(request, spot)
    best = min(asked.with_bed(request, bed), default=None, key=lambda trial: trial[0])
    if best is None or best[0] > bound:
        solved = asked.solve_with(request, spot, bed, limits)
        bound = max(bound, solved.bound)
        if solved.bed_of is not None:
            cost = sum(costs(asked, solved.bed_of).values())
            best = best if best is not None and best[0] <= cost else (cost, solved.bed_of)
    return None if best is None else Fixed(best[0], min(bound, best[0]), best[1])


def changes(asked: Alternatives, after: Mapping[str, str]) -> tuple[Change, ...]:
    """Everybody whose bed or cost is another than in the plan; their differences are the price."""
    before = costs(asked, asked.bed_of)
    then = costs(asked, after)
    return tuple(
        Change(key, asked.bed_of.get(key), after.get(key), before[key], then[key])
        for key in sorted(before)
        if asked.bed_of.get(key) != after.get(key) or before[key] != then[key]
    )


def costs_of(problem: BedPlanProblem, bed_of: Mapping[str, str]) -> int:
    """What a whole placement costs."""
    return sum(_costs(Hospital(problem), bed_of).values())


def costs(asked: Alternatives, bed_of: Mapping[str, str]) -> dict[str, int]:
    """What each request costs in a placement: its penalties, or its waiting."""
    return _costs(asked.hospital, bed_of)


def _costs(hospital: Hospital, bed_of: Mapping[str, str]) -> dict[str, int]:
    assignment = Assignment(hospital, bed_of)
    rules = hospital.rules
    found: dict[str, int] = {}
    for request in hospital.problem.requests:
        bed = bed_of.get(request.key)
        found[request.key] = (
            rules.placed_value(request.priority, request.waiting_min)
            if bed is None
            else assignment.judge(request, hospital.beds[bed]).penalty
        )
    return found


def spot_of(table: Table, bed: str) -> tuple[int, int] | None:
    """The group and pool in which the bed is; None for one that nobody could get."""
    for number, group in enumerate(table.groups):
        for index, pool in enumerate(group.pools):
            if any(bed in room for room in pool.rooms):
                return number, index
    return None
