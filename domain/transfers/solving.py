"""Transfer plans in the solver's process."""

from dataclasses import asdict
from time import perf_counter
from typing import Any

from domain.plans.answers import answered, limits_of, told
from domain.plans.solving import RunLimits, Say
from kit.canonical import parse_canonical
from solvers import transfers
from solvers.transfer_alternatives import TransferAlternatives
from solvers.transfer_plan import Decision, TransferItem, TransferPlan
from solvers.transfer_problem import TransferProblem
from solvers.transfer_table import table

ALTERNATIVES = 5
PRICING_S = 5.0  # for the alternatives of all items together; later items have none


def solve(problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
    frozen = transfers.from_canonical(parse_canonical(problem))
    return answer_of(frozen, transfers.solve(frozen, limits_of(limits), told(say)))


def answer_of(problem: TransferProblem, plan: TransferPlan) -> dict[str, Any]:
    """Who is to go to another hospital, and who waits though none can take them."""
    priced = TransferAlternatives(table(problem), plan)
    ends = perf_counter() + PRICING_S
    origins = {patient.key: patient.origin for patient in problem.patients}
    items = [
        _item(plan, item, priced if perf_counter() < ends else None)
        for item in plan.items
        if item.decision is Decision.WAITS
        or (item.decision is Decision.GOES and item.hospital != origins[item.patient])
    ]
    decided = {
        "items": {item.patient: [item.decision.value, item.hospital] for item in plan.items},
        "objective": plan.outcome.objective,
    }
    return answered(plan.outcome, decided, items=items, need_source=plan.need_source)


def _item(
    plan: TransferPlan, item: TransferItem, priced: TransferAlternatives | None
) -> dict[str, Any]:
    others = priced.of(item.patient, ALTERNATIVES) if priced else ()
    return {
        "patient": item.patient, "hospital": item.hospital, "level": item.level,
        "minutes": item.minutes, "cost": item.cost, "kept": list(item.kept),
        "terms": [{"code": code, "penalty": points} for code, points in item.terms],
        "waived": list(item.waived),
        "reasons": [asdict(each) for each in plan.hindrances.get(item.patient, ())],
        "alternatives": [
            {"decision": one.decision.value, "hospital": one.hospital, "level": one.level,
             "price": one.price, "exact": one.exact,
             "terms": [{"code": code, "penalty": points} for code, points in one.terms]}
            for one in others
        ],
    }  # fmt: skip
