"""What-if plans: today's bed problem and the changed one, solved alike and shown side by side."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain.plans.answers import answered, limits_of, told
from domain.plans.kinds import PlanKind, RunLimits, Say, register
from domain.plans.model import Proposal, ProposalItem, SolverRun
from kit.canonical import parse_canonical
from kit.errors import Conflict
from kit.work import Work
from solvers.bed_plan import BedPlan
from solvers.bed_problem import BedPlanProblem
from solvers.bed_scenarios import MOVED
from solvers.beds import from_canonical, solve

BED_SCENARIO = "bed-scenario"
FORMAT = "bed-scenario-1"
BASELINE, SCENARIO = "BASELINE", "SCENARIO"
COMPARE = "COMPARE"


class BedScenarios(PlanKind):
    """Two answers to compare; nothing in them can be approved or carried out."""

    name = BED_SCENARIO
    good_for = timedelta(days=7)  # a comparison stays readable after that, as every plan does

    def solve(self, problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
        """Half the time for each; the outcome is that of the changed problem."""
        body = parse_canonical(problem)
        if body.get("format") != FORMAT:
            raise ValueError(f"format: {body.get('format')!r} is not {FORMAT}")
        half = limits_of(limits)
        half = replace(half, time_limit_s=half.time_limit_s / 2)
        sides, outcome = {}, None
        for side in (BASELINE, SCENARIO):
            frozen = from_canonical(body[side.lower()])
            plan = solve(frozen, half, told(say))
            sides[side], outcome = summary(frozen, plan), plan.outcome
        if outcome is None:
            raise AssertionError("both sides are solved")
        decided = {name: [side["placed"], side["cost"]] for name, side in sides.items()}
        return answered(outcome, decided, sides=sides)

    def rows(
        self, _work: Work, plan: Proposal, _run: SolverRun, answer: dict[str, Any]
    ) -> list[ProposalItem]:
        return [
            ProposalItem(
                proposal_id=plan.id, hospital_id=plan.hospital_id, key=side, action=COMPARE,
                detail=answer["sides"][side],
            )
            for side in (BASELINE, SCENARIO)
        ]  # fmt: skip

    def execute(self, _work: Work, item: ProposalItem) -> str:
        raise Conflict("a scenario shows what would be; it is never carried out",
                       reason="SCENARIO_ONLY", blocking=item.id)  # fmt: skip


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


register(BedScenarios())
