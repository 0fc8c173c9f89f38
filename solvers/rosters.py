"""Who works when: the door to rosters.

Frozen problem in, plan with a true status out. Same canonical bytes, seed and version: same plan,
unless the clock cut the run short (`outcome.cut_short`).
"""

from time import perf_counter

from solvers.engine import Limits, Outcome, Progress, Status, relative_gap
from solvers.engine_master import solver_version
from solvers.engine_run import Stop
from solvers.roster_answer import plan_of
from solvers.roster_canonical import from_canonical, problem_hash, to_canonical
from solvers.roster_choice import Rows
from solvers.roster_conflicts import conflicts_of, waived
from solvers.roster_model import RosterModel
from solvers.roster_network import NEVER
from solvers.roster_plan import Conflict, RosterPlan
from solvers.roster_problem import RosterProblem
from solvers.roster_search import Found, Search

__all__ = [
    "Limits",
    "RosterPlan",
    "RosterProblem",
    "from_canonical",
    "problem_hash",
    "solve",
    "to_canonical",
]


def solve(
    problem: RosterProblem,
    limits: Limits | None = None,
    progress: Progress | None = None,
    *,
    stop: Stop | None = None,
) -> RosterPlan:
    """The cheapest roster of the problem; demand that cannot be met is left open and named.

    Where hard rules leave somebody without any row, the plan names the rules in conflict and is
    solved with these waived; its status is then INFEASIBLE.
    """
    started = perf_counter()
    model = RosterModel(problem)
    if not model.people:
        return plan_of(model, (), _outcome(model, None, started))
    conflicts = conflicts_of(model)
    if conflicts:
        model = RosterModel(waived(problem, conflicts))
    return solve_model(model, limits or Limits(), progress, started, stop, conflicts)


def solve_model(
    model: RosterModel,
    limits: Limits,
    progress: Progress | None = None,
    started: float | None = None,
    stop: Stop | None = None,
    conflicts: tuple[Conflict, ...] = (),
    *,
    first: Rows | None = None,
) -> RosterPlan:
    """A model in which everyone has a row, made ready elsewhere. `first`: an allowed roster to
    begin with, else the published one."""
    began = perf_counter() if started is None else started
    found = Search(model, limits).run(began, progress, stop, first or _published(model))
    return plan_of(model, found.rows, _outcome(model, found, began, bool(conflicts)), conflicts)


def _published(model: RosterModel) -> Rows | None:
    """The published roster as rows, where all of it is still allowed."""
    if model.problem.published is None:
        return None
    rows = [[0] * model.days for _ in model.people]
    numbers = {person.staff.key: number for number, person in enumerate(model.people)}
    for duty in model.problem.published:
        person = model.people[numbers[duty.staff]]
        rows[numbers[duty.staff]][duty.day] = person.calendar.number[duty.shift]
    told = tuple(map(tuple, rows))
    allowed = all(model.row_points(number, row) < NEVER for number, row in enumerate(told))
    return told if allowed else None


def _outcome(
    model: RosterModel, found: Found | None, started: float, infeasible: bool = False
) -> Outcome:
    wall_s = perf_counter() - started
    cost = (
        found.cost
        if found
        else sum(
            cell.minimum * int(points[0]) + (cell.preferred - cell.minimum) * int(min(points[:2]))
            for cell, points in zip(model.cells, model.cell_points, strict=True)
        )
    )
    bound = found.bound if found else cost
    status = Status.OPTIMAL if cost <= bound else Status.FEASIBLE
    return Outcome(
        status=Status.INFEASIBLE if infeasible else status,
        objective=cost,
        bound=bound,
        gap=relative_gap(cost, bound),
        cut_short=found.cut_short if found else False,
        wall_ms=round(wall_s * 1000),
        build_ms=round((wall_s - (found.search_s if found else 0.0)) * 1000),
        solver="HiGHS",
        solver_version=solver_version(),
    )
