"""The bed solver's answer as plain JSON, and as rows."""

from dataclasses import asdict
from time import perf_counter
from typing import Any
from uuid import UUID

from domain.plans.answers import answered, limits_of, told
from domain.plans.kinds import RunLimits, Say
from domain.plans.model import ItemState, Proposal, ProposalItem
from kit.canonical import parse_canonical
from solvers.bed_alternatives import Alternatives
from solvers.bed_plan import BedPlan
from solvers.beds import BedPlanProblem, from_canonical, solve
from solvers.engine import Limits

ALTERNATIVES = 5
PRICING_S = 3.0  # for proving prices of all items together; later ones say that they are not exact
PRICING_EACH_S = 0.25
HOLD_BED = "HOLD_BED"

People = dict[UUID, tuple[UUID, UUID, UUID | None]]  # request → encounter, subject, present bed


def solve_beds(problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
    """Solve a stored problem. Raises ValueError for bytes that are no bed problem."""
    frozen = from_canonical(parse_canonical(problem))
    return answer_of(frozen, solve(frozen, limits_of(limits), told(say)))


def answer_of(problem: BedPlanProblem, plan: BedPlan) -> dict[str, Any]:
    """The plan as JSON."""
    others = _others(problem, plan)
    decided = {"items": {i.request: i.bed for i in plan.items}, "objective": plan.outcome.objective}
    return answered(
        plan.outcome,
        decided,
        items=[asdict(item) | {"alternatives": others[item.request]} for item in plan.items],
        unplaced=[asdict(each) for each in plan.unplaced],
    )


def item_rows(plan: Proposal, answer: dict[str, Any], known: People) -> list[ProposalItem]:
    """A row per request."""
    placed = [_placed(plan, item, known) for item in answer["items"]]
    waiting = [_waiting(plan, each, known) for each in answer["unplaced"]]
    return placed + waiting


def _others(problem: BedPlanProblem, plan: BedPlan) -> dict[str, list[dict[str, Any]]]:
    """The best other beds of each placed request, with what they would cost all together."""
    priced = Alternatives(problem, plan)
    ends = perf_counter() + PRICING_S
    found: dict[str, list[dict[str, Any]]] = {}
    for item in plan.items:
        left = min(PRICING_EACH_S, ends - perf_counter())
        limits = Limits(time_limit_s=left) if left > 0 else None
        known = priced.of(item.request, ALTERNATIVES + 1, limits)
        found[item.request] = [asdict(o) for o in known if o.bed != item.bed][:ALTERNATIVES]
    return found


def _placed(plan: Proposal, item: dict[str, Any], known: People) -> ProposalItem:
    request = UUID(item["request"])
    encounter, subject, present = known[request]
    bed = UUID(item["bed"])
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, key=str(request), action=HOLD_BED,
        request_id=request,
        encounter_id=encounter, subject=subject, from_bed_id=present, to_bed_id=bed,
        planned_bed_id=bed, penalty=item["penalty"],
        terms=[{"code": code, "penalty": penalty} for code, penalty in item["terms"]],
        kept=list(item["kept"]), waived=list(item["waived"]), alternatives=item["alternatives"],
    )  # fmt: skip


def _waiting(plan: Proposal, each: dict[str, Any], known: People) -> ProposalItem:
    request = UUID(each["request"])
    encounter, subject, present = known[request]
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, key=str(request), action=HOLD_BED,
        request_id=request,
        encounter_id=encounter, subject=subject, from_bed_id=present, state=ItemState.UNPLACED,
        penalty=each["cost"], reasons=list(each["hindrances"]),
    )  # fmt: skip
