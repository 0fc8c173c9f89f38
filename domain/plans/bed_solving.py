"""Bed plans in the solver's process: the plan as plain JSON, with prices of other beds."""

from dataclasses import asdict
from time import perf_counter
from typing import Any

from domain.plans.answers import answered, limits_of, told
from domain.plans.bed_questions import answer_beds as answer
from domain.plans.solving import RunLimits, Say
from kit.canonical import parse_canonical
from solvers.bed_alternatives import Alternatives
from solvers.bed_plan import BedPlan
from solvers.beds import BedPlanProblem, from_canonical
from solvers.beds import solve as solve_problem
from solvers.engine import Limits

__all__ = ["answer", "solve"]

ALTERNATIVES = 5
PRICING_S = 3.0  # for proving prices of all items together; later ones say that they are not exact
PRICING_EACH_S = 0.25


def solve(problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
    """Solve a stored problem. Raises ValueError for bytes that are no bed problem."""
    frozen = from_canonical(parse_canonical(problem))
    return answer_of(frozen, solve_problem(frozen, limits_of(limits), told(say)))


def answer_of(problem: BedPlanProblem, plan: BedPlan) -> dict[str, Any]:
    """The plan as JSON."""
    others = _others(problem, plan)
    decided = {"items": {i.request: i.bed for i in plan.items}, "objective": plan.outcome.objective}
    return answered(
        plan.outcome,
        decided,
        items=[asdict(item) | {"alternatives": others[item.request]} for item in plan.items],
        unplaced=[asdict(each) for each in plan.unplaced],
    )


def _others(problem: BedPlanProblem, plan: BedPlan) -> dict[str, list[dict[str, Any]]]:
    """The best other beds of each placed request, with what they would cost all together."""
    priced = Alternatives(problem, plan)
    ends = perf_counter() + PRICING_S
    found: dict[str, list[dict[str, Any]]] = {}
    for item in plan.items:
        left = min(PRICING_EACH_S, ends - perf_counter())
        limits = Limits(time_limit_s=left) if left > 0 else None
        known = priced.of(item.request, ALTERNATIVES + 1, limits)
        found[item.request] = [asdict(o) for o in known if o.bed != item.bed][:ALTERNATIVES]
    return found
