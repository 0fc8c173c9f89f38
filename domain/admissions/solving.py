"""Admission plans in the solver's process."""

from dataclasses import asdict
from typing import Any

from domain.plans.answers import answered, limits_of, told
from domain.plans.solving import RunLimits, Say
from kit.canonical import parse_canonical
from solvers import admissions


def solve(problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
    frozen = admissions.from_canonical(parse_canonical(problem)["problem"])
    plan = admissions.solve(frozen, limits_of(limits), told(say))
    new = [stay for stay in plan.stays if not stay.patient.startswith("there:")]
    decided = {
        "stays": {stay.patient: [stay.night, list(stay.rooms)] for stay in new},
        "objective": plan.outcome.objective,
    }
    return answered(
        plan.outcome, decided, stays=[asdict(stay) | {"points": stay.points} for stay in new],
        unplanned=[asdict(each) for each in plan.unplanned],
        buffer_source=plan.buffer_source,
    )  # fmt: skip
