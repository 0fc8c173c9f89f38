"""Questions about bed plans, answered in the solver's process: keys in, plain JSON out."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from domain.plans.solving import RunLimits
from kit.canonical import parse_canonical
from solvers.bed_conflict import conflict_of
from solvers.bed_explanation import explain
from solvers.bed_plan import BedPlan
from solvers.bed_preferences import effect_of
from solvers.bed_problem import BedPlanProblem, Waiver
from solvers.bed_why_not import why_not
from solvers.beds import from_canonical, plan_as_decided, solve
from solvers.engine import Limits

Question = dict[str, Any]
Answer = dict[str, Any]


def answer_beds(problem: bytes, question: Question, limits: RunLimits) -> Answer:
    """`question["ask"]`: EXPLAIN, WHY_NOT, CONFLICT or PREFERENCES.

    Raises ValueError for anything else, and for keys that are not part of the problem.
    """
    ask = _ASKED.get(str(question.get("ask")))
    if ask is None:
        raise ValueError(f"ask: {question.get('ask')} is none of {', '.join(_ASKED)}")
    seconds = Limits(time_limit_s=limits.time_limit_s, seed=limits.seed)
    return ask(from_canonical(parse_canonical(problem)), question, seconds)


def _explain(problem: BedPlanProblem, question: Question, limits: Limits) -> Answer:
    plan = _plan(problem, question, limits)
    told = explain(problem, plan, question["request"], limits=limits)
    return asdict(told) | {"key": told.request, "broken": told.broken}


def _why_not(problem: BedPlanProblem, question: Question, limits: Limits) -> Answer:
    plan = _plan(problem, question, limits)
    told = why_not(problem, plan, question["request"], question["bed"], limits)
    forbidden = [
        {"rule": each.rule, "waivers": [_waiver(waiver) for waiver in each.waivers]}
        for each in told.forbidden
    ]
    return asdict(told) | {"exact": told.exact, "forbidden": forbidden}


def _conflict(problem: BedPlanProblem, question: Question, limits: Limits) -> Answer:
    return asdict(conflict_of(problem, question["must"], limits=limits))


def _preferences(problem: BedPlanProblem, question: Question, limits: Limits) -> Answer:
    effect = effect_of(problem, _plan(problem, question, limits), limits)
    return asdict(effect) | {"price": effect.price}


_ASKED: dict[str, Callable[[BedPlanProblem, Question, Limits], Answer]] = {
    "EXPLAIN": _explain,
    "WHY_NOT": _why_not,
    "CONFLICT": _conflict,
    "PREFERENCES": _preferences,
}


def _plan(problem: BedPlanProblem, question: Question, limits: Limits) -> BedPlan:
    """The plan as it was stored, or one for the problem as it is."""
    if question.get("beds") is None:
        return solve(problem, limits)
    return plan_as_decided(problem, question["beds"], question.get("bound"))


def _waiver(waiver: Waiver) -> dict[str, str]:
    return {"rule": waiver.rule, "scope": waiver.scope.value, "key": waiver.key}
