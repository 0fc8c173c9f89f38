"""Care plans in the solver's process."""

from dataclasses import asdict
from typing import Any

from domain.plans.answers import answered, limits_of, told
from domain.plans.solving import RunLimits, Say
from kit.canonical import parse_canonical
from solvers import care
from solvers.care import CarePlan, CareProblem
from solvers.care_explain import alternatives
from solvers.engine import Limits

OTHERS, PRICED, PRICING_S = 3, 30, 0.5  # alternatives of each, of so many patients, and how long


def solve(problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
    frozen = care.from_canonical(parse_canonical(problem))
    return _answer(frozen, care.solve(frozen, limits_of(limits), told(say)))


def _answer(problem: CareProblem, plan: CarePlan) -> dict[str, Any]:
    decided = {"doctors": plan.doctor_of, "objective": plan.outcome.objective}
    priced = {item.patient for item in plan.items[:PRICED]}
    return answered(
        plan.outcome,
        decided,
        items=[
            asdict(item) | {"alternatives": [
                asdict(one) for one in alternatives(
                    problem, plan, item.patient, OTHERS, Limits(time_limit_s=PRICING_S)
                )
            ] if item.patient in priced else []}
            for item in plan.items
        ],
        uncared=[asdict(one) for one in plan.uncared],
        loads=[asdict(one) for one in plan.loads],
        spread=plan.spread,
    )  # fmt: skip
