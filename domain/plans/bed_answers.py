"""A solver's answer as plain JSON, and as rows. Runs in the solver's own process and in replay."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from math import isfinite
from time import perf_counter
from typing import Any, Protocol
from uuid import UUID

from domain.plans.model import ItemState, Proposal, ProposalItem
from kit.canonical import canonical_json, parse_canonical
from solvers.bed_alternatives import Alternatives
from solvers.bed_plan import BedPlan
from solvers.beds import BedPlanProblem, from_canonical, solve
from solvers.engine import Limits

ALTERNATIVES = 5
PRICING_S = 3.0  # for proving prices of all items together; later ones say that they are not exact
PRICING_EACH_S = 0.25
MILLION = 1_000_000

Say = Callable[[dict[str, Any]], None]


class RunLimits(Protocol):
    """app.solver_process.SolverLimits, seen from below."""

    @property
    def time_limit_s(self) -> float: ...
    @property
    def gap_ppm(self) -> int: ...
    @property
    def seed(self) -> int: ...


def solve_bytes(kind: str, problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
    """Solve a stored problem. Raises ValueError for bytes that are no problem of this kind."""
    if kind != "beds":
        raise ValueError(f"no solver for {kind}")
    frozen = from_canonical(parse_canonical(problem))

    def progress(incumbent: float, bound: float, gap: float) -> None:
        say(
            {
                "incumbent": _whole(incumbent),
                "bound": _whole(bound),
                "gap_ppm": _whole(gap * MILLION),
            }
        )

    plan = solve(
        frozen, Limits(limits.time_limit_s, limits.gap_ppm / MILLION, limits.seed), progress
    )
    return answer_of(frozen, plan)


def answer_of(problem: BedPlanProblem, plan: BedPlan) -> dict[str, Any]:
    """The plan as JSON. `hash` covers what was decided, not how long it took."""
    others = _others(problem, plan)
    items = [asdict(item) | {"alternatives": others[item.request]} for item in plan.items]
    unplaced = [asdict(each) for each in plan.unplaced]
    outcome = plan.outcome
    decided = {"items": {i.request: i.bed for i in plan.items}, "objective": outcome.objective}
    return {
        "outcome": {
            "status": outcome.status.value,
            "objective": outcome.objective,
            "bound": outcome.bound,
            "gap_ppm": None if outcome.gap is None else round(outcome.gap * MILLION),
            "cut_short": outcome.cut_short,
            "build_ms": outcome.build_ms,
            "wall_ms": outcome.wall_ms,
            "solver": outcome.solver,
            "solver_version": outcome.solver_version,
        },
        "items": items,
        "unplaced": unplaced,
        "hash": hashlib.sha256(canonical_json(decided)).hexdigest(),
    }


def solver_name(outcome: dict[str, Any]) -> str:
    return f"{outcome['solver']} {outcome['solver_version']}"


def item_rows(
    plan: Proposal, answer: dict[str, Any], known: dict[UUID, tuple[UUID, UUID, UUID | None]]
) -> list[ProposalItem]:
    """A row per request. `known`: request → (encounter, subject, present bed)."""
    placed = [_placed(plan, item, known) for item in answer["items"]]
    waiting = [_waiting(plan, each, known) for each in answer["unplaced"]]
    return placed + waiting


def _whole(value: float) -> int | None:
    """None while the solver knows nothing better than infinity."""
    return round(value) if isfinite(value) else None


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


def _placed(
    plan: Proposal, item: dict[str, Any], known: dict[UUID, tuple[UUID, UUID, UUID | None]]
) -> ProposalItem:
    request = UUID(item["request"])
    encounter, subject, present = known[request]
    bed = UUID(item["bed"])
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, request_id=request,
        encounter_id=encounter, subject=subject, from_bed_id=present, to_bed_id=bed,
        planned_bed_id=bed, penalty=item["penalty"],
        terms=[{"code": code, "penalty": penalty} for code, penalty in item["terms"]],
        kept=list(item["kept"]), waived=list(item["waived"]), alternatives=item["alternatives"],
    )  # fmt: skip


def _waiting(
    plan: Proposal, each: dict[str, Any], known: dict[UUID, tuple[UUID, UUID, UUID | None]]
) -> ProposalItem:
    request = UUID(each["request"])
    encounter, subject, present = known[request]
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, request_id=request,
        encounter_id=encounter, subject=subject, from_bed_id=present, state=ItemState.UNPLACED,
        penalty=each["cost"], reasons=list(each["hindrances"]),
    )  # fmt: skip
