"""Roster plans in the solver's process."""

from dataclasses import asdict
from typing import Any

from domain.plans.answers import answered, limits_of, told
from domain.plans.solving import RunLimits, Say
from domain.rosters.roster_answers import answer_about
from kit.canonical import parse_canonical
from solvers import rosters
from solvers.roster_plan import RosterPlan


def solve(problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
    frozen = rosters.from_canonical(parse_canonical(problem))
    return answer_of(frozen.first_day, rosters.solve(frozen, limits_of(limits), told(say)))


def answer(problem: bytes, question: dict[str, Any], limits: RunLimits) -> dict[str, Any]:
    return answer_about(rosters.from_canonical(parse_canonical(problem)), question, limits)


def answer_of(first_day: str, plan: RosterPlan) -> dict[str, Any]:
    """The plan as JSON. `hash` covers who works when."""
    decided = {
        "duties": [[duty.staff, duty.day, duty.shift] for duty in plan.duties],
        "objective": plan.outcome.objective,
    }
    return answered(
        plan.outcome,
        decided,
        first_day=first_day,
        items=[asdict(item) for item in plan.items],
        gaps=[asdict(gap) | {"short_by": gap.short_by} for gap in plan.gaps],
        fairness=[asdict(spread) for spread in plan.fairness],
        conflicts=[asdict(conflict) for conflict in plan.conflicts],
    )
