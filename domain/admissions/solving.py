"""Admission plans in the solver's process."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from domain.plans.answers import answered, limits_of, told
from domain.plans.solving import RunLimits, Say
from kit.canonical import parse_canonical
from solvers import admissions
from solvers.admission_fixed import Fixing, OtherStay
from solvers.admission_judge import Stay
from solvers.admission_problem import AdmissionProblem


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


def answer(problem: bytes, question: dict[str, Any], limits: RunLimits) -> dict[str, Any]:
    """`question["ask"]`: OTHERS or WHY_NOT. Raises ValueError for keys outside the problem."""
    body = parse_canonical(problem)
    frozen, first = (
        admissions.from_canonical(body["problem"]),
        date.fromisoformat(body["first_day"]),
    )
    fixing = Fixing(frozen, _stays(frozen, question["stays"]), limits_of(limits))
    patient = question["patient"]
    if question["ask"] == "WHY_NOT":
        return _told(fixing.why_not(patient, question["night"], question["room"]), first)
    if question["ask"] != "OTHERS":
        raise ValueError(f"ask: {question['ask']} is neither OTHERS nor WHY_NOT")
    others = fixing.others(patient)
    return {
        **question["item"],
        "others": [_told(each, first) for each in others.stays],
        "complete": others.complete,
    }


def _stays(problem: AdmissionProblem, dated: dict[str, Any]) -> dict[str, Stay]:
    """The plan as it was made; those who lie there stay where they are."""
    there = {
        each.key: (0, (each.current_room,) * min(each.nights, problem.nights))
        for each in problem.patients
        if each.current_room is not None
    }
    return there | {key: (night, tuple(rooms)) for key, (night, rooms) in dated.items()}


def _told(stay: OtherStay, first: date) -> dict[str, Any]:
    day = (first + timedelta(days=stay.night)).isoformat()
    return asdict(stay) | {"day": day, "exact": stay.exact}
