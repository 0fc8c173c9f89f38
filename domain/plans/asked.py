"""What people ask about bed plans, as questions for the solver: the stored problem and its plan,
or the present frozen on the spot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from domain.beds.facts import placement_facts
from domain.beds.model import Bed, BedRequest
from domain.plans.bed_problem import problem_of
from domain.plans.model import Proposal, ProposalItem
from domain.plans.queries import plan_in_reach, run_of
from kit.canonical import canonical_json
from kit.errors import Invalid, NotFound
from kit.work import Scope
from solvers.beds import to_canonical

BEDS = "beds"
MOST = 200  # patients of one question


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way to the solver: `scope` and `subject` say who may see the answer."""

    scope: Scope
    kind: str
    problem: bytes
    question: dict[str, Any]
    subject: UUID | None = None
    ready: dict[str, Any] | None = None  # the answer, where it stands in the rows already


def item_in_reach(
    session: Session, scopes: Sequence[Scope], item_id: UUID
) -> tuple[Proposal, ProposalItem]:
    """Raises NotFound for an unknown and for a foreign one alike."""
    item = session.get(ProposalItem, item_id)
    if item is None:
        raise NotFound.of("item", item_id)
    try:
        return plan_in_reach(session, scopes, item.proposal_id), item
    except NotFound:
        raise NotFound.of("item", item_id) from None


def explaining(session: Session, plan: Proposal, item: ProposalItem) -> Asked:
    """Why this stands in the plan. Only bed plans are solved again; of the others it is told what
    was stored with the item."""
    if plan.kind != BEDS:
        return Asked(plan.scope, plan.kind, b"", {}, item.subject, _stored(item))
    question = {"ask": "EXPLAIN", "request": item.key, **_decided(session, plan)}
    run = run_of(session, plan)
    return Asked(plan.scope, run.kind, run.problem, question, item.subject)


def why_not(
    session: Session, scopes: Sequence[Scope], now: datetime, request_id: UUID, bed_id: UUID,
    plan_id: UUID | None,
) -> Asked:  # fmt: skip
    """Why the patient of a request is not in a bed: by a plan, or as things are now.

    Without a plan the hospital is frozen as it is, or the bed's ward where that is all that the
    viewer sees. Raises NotFound for what is no part of the problem or out of reach.
    """
    asked: dict[str, Any] = {"ask": "WHY_NOT", "request": str(request_id), "bed": str(bed_id)}
    if plan_id is None:
        scope = _around(session, scopes, bed_id)
        problem = _present(session, scope, now)
    else:
        plan = _bed_plan(session, scopes, plan_id)
        scope, problem = plan.scope, run_of(session, plan).problem
        asked |= _decided(session, plan)
    _require_in(problem, "request", request_id)
    _require_in(problem, "bed", bed_id)
    request = session.get(BedRequest, request_id)
    return Asked(scope, BEDS, problem, asked, request.subject if request else None)


def conflict(
    session: Session, scopes: Sequence[Scope], plan_id: UUID, request_ids: Sequence[UUID]
) -> Asked:
    """Why these patients cannot all be placed, by the problem of a plan."""
    if not 1 <= len(request_ids) <= MOST:
        raise Invalid(f"name 1 to {MOST} requests", field="requestIds")
    plan = _bed_plan(session, scopes, plan_id)
    problem = run_of(session, plan).problem
    for key in request_ids:
        _require_in(problem, "request", key)
    question = {"ask": "CONFLICT", "must": sorted({str(key) for key in request_ids})}
    return Asked(plan.scope, BEDS, problem, question)


def preferences(session: Session, scopes: Sequence[Scope], plan_id: UUID) -> Asked:
    """What personal preferences changed in a plan, and at what price."""
    plan = _bed_plan(session, scopes, plan_id)
    question = {"ask": "PREFERENCES", **_decided(session, plan)}
    return Asked(plan.scope, BEDS, run_of(session, plan).problem, question)


def _stored(item: ProposalItem) -> dict[str, Any]:
    terms = [(term["code"], term["penalty"]) for term in item.terms]
    return {
        "key": item.key,
        "request": str(item.request_id) if item.request_id else None,
        "bed": str(item.to_bed_id) if item.to_bed_id else None,
        "cost": item.penalty,
        "terms": terms,
        "kept": item.kept,
        "broken": [code for code, _ in terms],
        "waived": item.waived,
        "hindrances": item.reasons,
        "alternatives": [other for other in item.alternatives if "bed" in other],
        "rivals": [],
    }


def _bed_plan(session: Session, scopes: Sequence[Scope], plan_id: UUID) -> Proposal:
    plan = plan_in_reach(session, scopes, plan_id)
    if plan.kind != BEDS:
        raise Invalid("only a bed plan can be asked this", field="planId",
                      allowed=(BEDS,))  # fmt: skip
    return plan


def _decided(session: Session, plan: Proposal) -> dict[str, Any]:
    """The plan as the solver made it, whatever people chose since. Raises Invalid without one."""
    if plan.ready_at is None:
        raise Invalid(f"the plan is {plan.state}; it has no items yet", field="planId",
                      reason="NOT_READY")  # fmt: skip
    items = session.exec(select(ProposalItem).where(ProposalItem.proposal_id == plan.id))
    beds = {item.key: str(item.planned_bed_id) for item in items if item.planned_bed_id}
    return {"beds": beds, "bound": run_of(session, plan).bound}


def _around(session: Session, scopes: Sequence[Scope], bed_id: UUID) -> Scope:
    bed = session.get(Bed, bed_id)
    if bed is not None:
        for here in (Scope(bed.hospital_id), Scope(bed.hospital_id, bed.ward_id)):
            if any(scope.covers(here) for scope in scopes):
                return here
    raise NotFound.of("bed", bed_id)


def _present(session: Session, scope: Scope, now: datetime) -> bytes:
    if scope.hospital is None:
        raise AssertionError("a bed is in a hospital")
    try:
        problem = problem_of(placement_facts(session, scope.hospital, now, scope.ward))
    except ValueError as unfit:
        raise Invalid(f"no plan can be made: {unfit}", reason="PROBLEM_UNFIT") from unfit
    return canonical_json(to_canonical(problem))


def _require_in(problem: bytes, what: str, key: UUID) -> None:
    """Keys are UUIDs: one that is not in the bytes is not in the problem."""
    if str(key).encode() not in problem:
        raise NotFound.of(what, key)
