"""A roster as it was planned, made ready for questions, with its price."""

from collections.abc import Iterable
from dataclasses import replace

from solvers.engine import Outcome, Status, relative_gap
from solvers.engine_master import solver_version
from solvers.roster_answer import plan_of
from solvers.roster_conflicts import conflicts_of, waived
from solvers.roster_explain import Explainer
from solvers.roster_judge import row_of
from solvers.roster_model import RosterModel
from solvers.roster_parts import Duty
from solvers.roster_posting import gaps_points
from solvers.roster_problem import RosterProblem


def as_decided(
    problem: RosterProblem, duties: Iterable[Duty], bound: int | None = None
) -> Explainer:
    """The roster of these duties, whatever their skill says; `bound`: no roster costs less.

    Rules that leave somebody without any row are waived, as they were when it was planned.
    Raises ValueError for a duty of somebody, or in a shift, that is not part of the problem.
    """
    model = RosterModel(problem)
    conflicts = conflicts_of(model)
    if conflicts:
        model = RosterModel(waived(problem, conflicts))
    told = tuple(duties)
    _require_known(problem, told)
    rows = tuple(row_of(person, told)[0] for person in model.people)
    plan = plan_of(model, rows, _outcome(0, 0), conflicts)
    cost = sum(item.penalty for item in plan.items) + gaps_points(model, rows)
    plan = replace(plan, outcome=_outcome(cost, 0 if bound is None else min(bound, cost)))
    return Explainer(model.problem, plan, model)


def _require_known(problem: RosterProblem, duties: Iterable[Duty]) -> None:
    people = {person.key for person in problem.staff}
    shifts = {shift.key for shift in problem.shifts}
    for duty in duties:
        if duty.staff not in people or duty.shift not in shifts or duty.day >= problem.days:
            raise ValueError(f"duties: {duty.staff} on day {duty.day} is not part of the problem")


def _outcome(cost: int, bound: int) -> Outcome:
    return Outcome(
        status=Status.OPTIMAL if cost <= bound else Status.FEASIBLE,
        objective=cost,
        bound=bound,
        gap=relative_gap(cost, bound),
        cut_short=False,
        wall_ms=0,
        build_ms=0,
        solver="HiGHS",
        solver_version=solver_version(),
    )
