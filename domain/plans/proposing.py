"""What a plan does to the requests it names: proposed while people decide, else waiting."""

from uuid import UUID

from sqlmodel import col, select

from domain.beds.model import BedRequest, RequestState
from domain.beds.waiting import turn_request
from domain.plans.model import ItemState, PlanState, Proposal, ProposalItem
from kit.work import Work

UNDECIDED = (ItemState.PROPOSED, ItemState.AWAITING_SECOND)


def items_of(work: Work, plan: Proposal) -> dict[UUID, ProposalItem]:
    """The plan's items by id, in order."""
    found = work.session.exec(
        select(ProposalItem)
        .where(ProposalItem.proposal_id == plan.id)
        .order_by(col(ProposalItem.id))
    )
    return {item.id: item for item in found}


def propose(work: Work, item: ProposalItem) -> None:
    """Mark the request as proposed, where it still waits; it may have gone another way."""
    request = work.get(BedRequest, item.request_id)
    if item.state is ItemState.PROPOSED and request.state is RequestState.ACTIVE:
        turn_request(work, request, RequestState.PROPOSED, work.now)


def wait_again(work: Work, item: ProposalItem) -> None:
    """Let the request wait as before."""
    request = work.get(BedRequest, item.request_id)
    if request.state is RequestState.PROPOSED:
        turn_request(work, request, RequestState.ACTIVE, work.now)


def withdraw(work: Work, plan: Proposal, state: PlanState) -> None:
    """End a plan that nobody decided, as EXPIRED or SUPERSEDED."""
    plan.go(state)
    for item in items_of(work, plan).values():
        if item.state in UNDECIDED:
            item.state, item.outcome = ItemState.REJECTED, state.value
            wait_again(work, item)
    work.emit("PlanWithdrawn", plan.scope, plan=plan.id)
