"""Scenarios of the network in the solver's process: today's problem and the changed one."""

from collections import Counter
from dataclasses import replace
from typing import Any

from domain.plans.answers import answered, limits_of, told
from domain.plans.solving import RunLimits, Say
from domain.scenarios.solving import BASELINE, SCENARIO
from kit.canonical import parse_canonical
from solvers import transfers
from solvers.transfer_plan import Decision, TransferPlan
from solvers.transfer_problem import TransferProblem
from solvers.transfer_scenarios import MOVED

FORMAT = "transfer-scenario-1"


def solve(problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
    """Half the time for each; the outcome is that of the changed problem."""
    body = parse_canonical(problem)
    if body.get("format") != FORMAT:
        raise ValueError(f"format: {body.get('format')!r} is not {FORMAT}")
    half = limits_of(limits)
    half = replace(half, time_limit_s=half.time_limit_s / 2)
    today = transfers.from_canonical(body[BASELINE.lower()])
    after = transfers.from_canonical(body[SCENARIO.lower()])
    plan_now = transfers.solve(today, half, told(say))
    plan_then = transfers.solve(after, half, told(say))
    sides = {BASELINE: summary(today, plan_now), SCENARIO: summary(after, plan_then)}
    decided = {name: [side["placed"], side["cost"]] for name, side in sides.items()}
    return answered(plan_then.outcome, decided, sides=sides)


def summary(problem: TransferProblem, plan: TransferPlan) -> dict[str, Any]:
    """One side: how many get a place, which rules are broken how often, what it costs, and how
    many each hospital receives, sends to others and keeps waiting."""
    decisions = Counter(item.decision for item in plan.items)
    broken = Counter(code for item in plan.items for code, _ in item.terms)
    waived = Counter(code for item in plan.items for code in item.waived)
    displaced = [item for item in plan.items if item.patient.startswith(MOVED)]
    outcome = plan.outcome
    return {
        "placed": decisions[Decision.GOES],
        "staying": decisions[Decision.STAYS],
        "waiting": decisions[Decision.WAITS],
        "displaced": len(displaced),
        "displaced_waiting": sum(item.decision is Decision.WAITS for item in displaced),
        "cost": outcome.objective,
        "bound": outcome.bound,
        "status": outcome.status.value,
        "broken": [{"code": code, "count": broken[code]} for code in sorted(broken)],
        "waived": [{"code": code, "count": waived[code]} for code in sorted(waived)],
        "hospitals": _by_hospital(problem, plan),
    }


def _by_hospital(problem: TransferProblem, plan: TransferPlan) -> list[dict[str, Any]]:
    origins = {patient.key: patient.origin for patient in problem.patients}
    kept, received, sent, waiting = (Counter[str]() for _ in range(4))
    for item in plan.items:
        origin = origins[item.patient]
        if item.decision is Decision.WAITS:
            waiting[origin] += 1
        elif item.hospital is not None and item.hospital != origin:
            received[item.hospital] += 1
            sent[origin] += 1
        elif item.decision is Decision.GOES:
            kept[origin] += 1
    return [
        {
            "hospital": key,
            "placed_here": kept[key],
            "received": received[key],
            "sent": sent[key],
            "waiting": waiting[key],
        }
        for key in (hospital.key for hospital in problem.hospitals)
    ]
