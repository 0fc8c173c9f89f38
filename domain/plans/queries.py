"""Reads of plans: for people cut to their scopes, for the job runner what is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, or_, select

from domain.places.reach import by_keyset, within
from domain.plans.kinds import Lane, kind_of, kinds_read_by
from domain.plans.model import Approval, ItemState, PlanState, Proposal, ProposalItem, SolverRun
from kit.errors import NotFound
from kit.work import Scope

PAGE = 101  # one more than a page, to know whether there is another
TO_EXECUTE = (PlanState.APPROVED, PlanState.PARTLY_APPROVED, PlanState.EXECUTING)


@dataclass(frozen=True, slots=True)
class DueRun:
    """A solver run that nobody is working on."""

    proposal_id: UUID
    kind: str
    problem: bytes
    time_limit_ms: int
    gap_limit_ppm: int
    seed: int
    lane: Lane
    scope: Scope


@dataclass(frozen=True, slots=True)
class DueItem:
    """An approved item and the person in whose name it is carried out: the last to approve.

    `now` is False while it waits for something; then those behind it `in_order` wait as well.
    """

    id: UUID
    approved_by: UUID
    now: bool
    in_order: bool


def plan_in_reach(
    session: Session, scopes: Sequence[Scope], plan_id: UUID, action: str = "plan.read"
) -> Proposal:
    """The plan, if it is of a kind that `action` shows; `scopes` are those of `action`.

    Raises NotFound for an unknown one, a foreign one and one of another kind alike.
    """
    plan = session.get(Proposal, plan_id)
    known = plan is not None and plan.kind in kinds_read_by(action)
    if plan is None or not known or not any(scope.covers(plan.scope) for scope in scopes):
        raise NotFound.of("plan", plan_id)
    return plan


def reading_action(session: Session, plan_id: UUID) -> str:
    """The right that shows plans of this one's kind; that of bed plans for an unknown one."""
    plan = session.get(Proposal, plan_id)
    return "plan.read" if plan is None else kind_of(plan.kind).read_action


def plans(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID | None, kinds: Sequence[str], *,
    after: UUID | None = None, limit: int = PAGE,
) -> Sequence[Proposal]:  # fmt: skip
    """The plans of a hospital (None: of the network) by id, which is the order of asking."""
    here = within(scopes, col(Proposal.hospital_id), col(Proposal.ward_id))
    query = select(Proposal).where(
        here, Proposal.hospital_id == hospital_id, col(Proposal.kind).in_(kinds),
        by_keyset(Proposal.id, after),
    )  # fmt: skip
    return session.exec(query.order_by(col(Proposal.id)).limit(min(limit, PAGE))).all()


def plan_items(
    session: Session, plan_id: UUID, *, after: UUID | None = None, limit: int = PAGE
) -> Sequence[ProposalItem]:
    """The items of a plan that the caller has found in reach, by id."""
    query = select(ProposalItem).where(
        ProposalItem.proposal_id == plan_id, by_keyset(ProposalItem.id, after)
    )
    return session.exec(query.order_by(col(ProposalItem.id)).limit(min(limit, PAGE))).all()


def run_of(session: Session, plan: Proposal) -> SolverRun:
    run = session.get(SolverRun, plan.run_id)
    if run is None:
        raise NotFound.of("solver run", plan.run_id)
    return run


def runs_to_solve(session: Session, now: datetime) -> list[DueRun]:
    """Runs of computing plans that no worker holds, oldest first; one per hospital and lane.

    A hospital with a run under way waits, so that none takes the solvers from the others.
    """
    found = session.exec(
        select(Proposal, SolverRun)
        .where(Proposal.run_id == SolverRun.id, Proposal.state == PlanState.COMPUTING)
        .order_by(col(Proposal.id))
    ).all()
    turns = [(run.hospital_id, kind_of(run.kind).lane) for _, run in found]
    held = {
        turn
        for turn, (_, run) in zip(turns, found, strict=True)
        if run.lease_until and run.lease_until > now
    }
    due: dict[tuple[UUID | None, Lane], DueRun] = {}
    for turn, (plan, run) in zip(turns, found, strict=True):
        if turn not in held and turn not in due:
            due[turn] = DueRun(plan.id, run.kind, run.problem, run.time_limit_ms,
                               run.gap_limit_ppm, run.seed, turn[1], plan.scope)  # fmt: skip
    return list(due.values())


def plans_to_execute(session: Session) -> list[UUID]:
    """Plans with approved items that have not all been carried out."""
    found = session.exec(
        select(Proposal.id).where(col(Proposal.state).in_(TO_EXECUTE)).order_by(col(Proposal.id))
    )
    return list(found)


def partly_decided(session: Session) -> list[UUID]:
    """Plans before people in which something is approved already: that much is carried out."""
    found = session.exec(
        select(Proposal.id)
        .where(
            Proposal.state == PlanState.READY,
            ProposalItem.proposal_id == Proposal.id,
            ProposalItem.state == ItemState.APPROVED,
        )
        .distinct()
        .order_by(col(Proposal.id))
    )
    return list(found)


def approved_items(session: Session, plan_id: UUID) -> list[DueItem]:
    """What is still to be carried out of a plan, in order."""
    found = session.exec(
        select(ProposalItem, Approval.account_id)
        .where(
            ProposalItem.proposal_id == plan_id,
            ProposalItem.state == ItemState.APPROVED,
            Approval.item_id == ProposalItem.id,
            col(Approval.approved),
        )
        .order_by(col(ProposalItem.step), col(ProposalItem.id), col(Approval.at), col(Approval.id))
    ).all()
    if not found:
        return []
    plan = session.get_one(Proposal, plan_id)
    kind = kind_of(plan.kind)
    last = {item.id: (item, account) for item, account in found}
    return [
        DueItem(item.id, account, kind.due(session, item), kind.in_order)
        for item, account in last.values()
    ]


def stale_plans(session: Session, now: datetime) -> list[UUID]:
    """Undecided plans whose time is over."""
    found = session.exec(
        select(Proposal.id).where(
            Proposal.state == PlanState.READY,
            or_(col(Proposal.expires_at) <= now),
        )
    )
    return list(found)
