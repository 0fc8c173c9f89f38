"""The items of a plan while people decide about them, and their end if nobody does."""

from uuid import UUID

from sqlmodel import col, select

from domain.plans.kinds import kind_of
from domain.plans.model import ItemState, PlanState, Proposal, ProposalItem
from kit.work import Work

UNDECIDED = (ItemState.PROPOSED, ItemState.AWAITING_SECOND)
OPEN = (*UNDECIDED, ItemState.APPROVED)  # not carried out


def items_of(work: Work, plan: Proposal) -> dict[UUID, ProposalItem]:
    """The plan's items by id, in order."""
    found = work.session.exec(
        select(ProposalItem)
        .where(ProposalItem.proposal_id == plan.id)
        .order_by(col(ProposalItem.id))
    )
    return {item.id: item for item in found}


def withdraw(work: Work, plan: Proposal, state: PlanState) -> None:
    """End a plan that nobody decided, as EXPIRED or SUPERSEDED."""
    plan.go(state)
    for item in items_of(work, plan).values():
        if item.state in OPEN:
            item.state, item.outcome = ItemState.REJECTED, state.value
            give_back(work, plan, item)
    work.emit("PlanWithdrawn", plan.scope, plan=plan.id)


def give_back(work: Work, plan: Proposal, item: ProposalItem) -> None:
    """What the item would have used or served is as free or as waiting as before."""
    if plan.scenario is None:
        kind_of(plan.kind).withdraw(work, item)
