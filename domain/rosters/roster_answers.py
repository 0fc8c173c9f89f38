"""Questions about a roster plan, answered in the solver's process: keys in, plain JSON out."""

from collections.abc import Callable
from dataclasses import asdict, replace
from time import perf_counter
from typing import Any

from domain.plans.answers import limits_of
from domain.plans.solving import RunLimits
from solvers.engine import Limits
from solvers.roster_decided import as_decided
from solvers.roster_explain import Explainer
from solvers.roster_parts import Duty
from solvers.roster_problem import RosterProblem

Question = dict[str, Any]
Answer = dict[str, Any]
OTHERS = 5  # people named for a duty


def answer_about(problem: RosterProblem, question: Question, limits: RunLimits) -> Answer:
    """`question["ask"]`: WHY_NOT or WHO_ELSE, about a person's day; `duties` and `bound` are the
    plan's. Raises ValueError for anything else, and for what is not part of the problem."""
    began = perf_counter()
    ask = _ASKED.get(str(question.get("ask")))
    if ask is None:
        raise ValueError(f"ask: {question.get('ask')} is none of {', '.join(_ASKED)}")
    told = (Duty(staff=staff, day=day, shift=shift) for staff, day, shift in question["duties"])
    explainer = as_decided(problem, told, question["bound"])
    left = max(0.0, limits.time_limit_s - (perf_counter() - began))
    return ask(explainer, question, replace(limits_of(limits), time_limit_s=left))


def _why_not(explainer: Explainer, question: Question, limits: Limits) -> Answer:
    found = explainer.why_not(question["staff"], question["day"], question["shift"], limits)
    changes = [
        asdict(change) | {"day": explainer.problem.date_of(change.day).isoformat()}
        for change in found.changes
    ]
    return asdict(found) | {"exact": found.exact, "changes": changes}


def _who_else(explainer: Explainer, question: Question, limits: Limits) -> Answer:
    staff, day = question["staff"], question["day"]
    duty = next(
        (one for one in explainer.plan.duties if (one.staff, one.day) == (staff, day)), None
    )
    if duty is None:
        raise ValueError(f"staff: {staff} has no duty on day {day}")
    others = explainer.alternatives(duty, OTHERS, limits)
    return {"shift": duty.shift, "others": [asdict(one) for one in others]}


_ASKED: dict[str, Callable[[Explainer, Question, Limits], Answer]] = {
    "WHY_NOT": _why_not,
    "WHO_ELSE": _who_else,
}
