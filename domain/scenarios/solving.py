"""Scenarios in the solver's process: today's bed problem and the changed one, solved alike."""

from collections import Counter
from dataclasses import replace
from typing import Any

from domain.plans.answers import answered, limits_of, told
from domain.plans.solving import RunLimits, Say
from kit.canonical import parse_canonical
from solvers import beds
from solvers.bed_plan import BedPlan
from solvers.bed_problem import BedPlanProblem
from solvers.bed_scenarios import MOVED

FORMAT = "bed-scenario-1"
BASELINE, SCENARIO = "BASELINE", "SCENARIO"


def solve(problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
    """Half the time for each; the outcome is that of the changed problem."""
    body = parse_canonical(problem)
    if body.get("format") != FORMAT:
        raise ValueError(f"format: {body.get('format')!r} is not {FORMAT}")
    half = limits_of(limits)
    half = replace(half, time_limit_s=half.time_limit_s / 2)
    sides, outcome = {}, None
    for side in (BASELINE, SCENARIO):
        frozen = beds.from_canonical(body[side.lower()])
        plan = beds.solve(frozen, half, told(say))
        sides[side], outcome = summary(frozen, plan), plan.outcome
    if outcome is None:
        raise AssertionError("both sides are solved")
    decided = {name: [side["placed"], side["cost"]] for name, side in sides.items()}
    return answered(outcome, decided, sides=sides)


def summary(problem: BedPlanProblem, plan: BedPlan) -> dict[str, Any]:
    """One side: how many get a bed, which rules are broken how often, what it costs, by ward."""
    broken = Counter(code for item in plan.items for code, _ in item.terms)
    waived = Counter(code for item in plan.items for code in item.waived)
    ward_of = {bed.key: bed.ward for bed in problem.beds}
    placed = Counter(ward_of[item.bed] for item in plan.items)
    outcome = plan.outcome
    return {
        "placed": len(plan.items),
        "waiting": len(plan.unplaced),
        "displaced": sum(request.key.startswith(MOVED) for request in problem.requests),
        "displaced_waiting": sum(each.request.startswith(MOVED) for each in plan.unplaced),
        "cost": outcome.objective,
        "bound": outcome.bound,
        "status": outcome.status.value,
        "broken": [{"code": code, "count": broken[code]} for code in sorted(broken)],
        "waived": [{"code": code, "count": waived[code]} for code in sorted(waived)],
        "wards": [
            {
                "ward": ward.key,
                "present": ward.census,
                "placed": placed[ward.key],
                "staffed_beds": ward.staffed_beds,
            }
            for ward in problem.wards
        ],
    }
