"""Which waiting patient gets which bed: the door to bed placement.

Frozen problem in, plan with a true status out. Same canonical bytes, seed and version: same plan,
unless the clock cut the run short (`outcome.cut_short`).
"""

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter

from solvers.bed_alternatives import Alternatives, alternatives
from solvers.bed_canonical import from_canonical, problem_hash, to_canonical
from solvers.bed_columns import table
from solvers.bed_explain import Hindrances
from solvers.bed_judge import Assignment
from solvers.bed_place import Hospital
from solvers.bed_plan import BedPlan, PlacedItem, Unplaced
from solvers.bed_problem import BedPlanProblem
from solvers.bed_ranking import rank_beds
from solvers.bed_search import search
from solvers.bed_seating import seat
from solvers.engine import Limits, Outcome, Progress, Status, relative_gap, solved_without_solver

__all__ = [
    "Alternatives",
    "BedPlan",
    "BedPlanProblem",
    "Limits",
    "alternatives",
    "from_canonical",
    "plan_as_decided",
    "problem_hash",
    "rank_beds",
    "solve",
    "to_canonical",
]


def solve(
    problem: BedPlanProblem, limits: Limits | None = None, progress: Progress | None = None
) -> BedPlan:
    """The cheapest placement of the problem's requests; leaving a request waiting is allowed."""
    started = perf_counter()
    hospital = Hospital(problem)
    columns = table(hospital)
    found = search(columns, limits or Limits(), progress, started=started)
    return _planned(Assignment(hospital, seat(columns, found.columns)), found.outcome, started)


def plan_as_decided(
    problem: BedPlanProblem, bed_of: Mapping[str, str], bound: int | None
) -> BedPlan:
    """A plan as it was stored, to be asked about. `bound`: no plan costs less.

    Raises ValueError where it breaks a hard rule or names what is not part of the problem.
    """
    started = perf_counter()
    hospital = Hospital(problem)
    if not (
        bed_of.keys() <= hospital.requests.keys() and set(bed_of.values()) <= hospital.beds.keys()
    ):
        raise ValueError("bed_of: a request or bed is not part of the problem")
    assignment = Assignment(hospital, bed_of)
    for key, bed in bed_of.items():
        if assignment.judge(hospital.requests[key], hospital.beds[bed]).forbidden:
            raise ValueError(f"bed_of: a hard rule keeps {key} from its bed")
    outcome = replace(solved_without_solver(0, started), bound=bound or 0)
    return _planned(assignment, outcome, started)


def _planned(assignment: Assignment, outcome: Outcome, started: float) -> BedPlan:
    problem = assignment.hospital.problem
    items = tuple(_item(assignment, key) for key in sorted(assignment.bed_of))
    hindrances = Hindrances(assignment)
    unplaced = tuple(
        Unplaced(
            request.key,
            problem.rules.placed_value(request.priority, request.waiting_min),
            hindrances.of(request),
        )
        for request in problem.requests
        if request.key not in assignment.bed_of
    )
    cost = sum(item.penalty for item in items) + sum(each.cost for each in unplaced)
    return BedPlan(_recounted(outcome, cost, started), items, unplaced)


def _item(assignment: Assignment, key: str) -> PlacedItem:
    hospital = assignment.hospital
    bed = assignment.bed_of[key]
    judged = assignment.judge(hospital.requests[key], hospital.beds[bed])
    if judged.forbidden:
        raise AssertionError(f"the plan breaks {judged.forbidden} for {key}")
    return PlacedItem(key, bed, judged.penalty, judged.terms, judged.kept, judged.waived)


def _recounted(outcome: Outcome, cost: int, started: float) -> Outcome:
    """The outcome with the cost of the items as they are: a plan cut short may be better than its
    model thought, where a bay counted as mixed is not."""
    bound = outcome.bound or 0
    return replace(
        outcome,
        status=Status.OPTIMAL if cost <= bound else Status.FEASIBLE,
        objective=cost,
        bound=min(bound, cost),
        gap=relative_gap(cost, bound),
        wall_ms=round((perf_counter() - started) * 1000),
    )
