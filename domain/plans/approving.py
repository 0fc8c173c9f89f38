"""Where a plan stands once items are decided, by people or by the hospital's policy."""

from domain.plans.approval_policy import policy_of
from domain.plans.kinds import kind_of
from domain.plans.model import Approval, ItemState, PlanState, Proposal, ProposalItem
from domain.plans.proposing import UNDECIDED, items_of
from kit.work import Work


def approve_by_policy(work: Work, plan: Proposal) -> None:
    """Approve what the policy lets go without a person, and note by which version of it."""
    policy, kind = policy_of(work.session, plan), kind_of(plan.kind)
    items = list(items_of(work, plan).values())
    alone = [
        item
        for item in items
        if item.state is ItemState.PROPOSED
        and max(policy.approvals(item), kind.approvals(item)) == 0
    ]
    for item in alone:
        item.state = ItemState.APPROVED
        work.add(
            Approval(
                proposal_id=plan.id, item_id=item.id, account_id=work.actor.id, approved=True,
                policy=policy.version, at=work.now,
            )
        )  # fmt: skip
    if alone:
        conclude(work, plan, items)


def conclude(work: Work, plan: Proposal, items: list[ProposalItem]) -> None:
    """Move the plan on when nothing is left to decide."""
    states = {item.state for item in items}
    if states & set(UNDECIDED):
        work.emit("PlanDecided", plan.scope, plan=plan.id)  # more decisions are to come
        return
    if not states & {ItemState.APPROVED, ItemState.EXECUTED}:
        plan.go(PlanState.REJECTED)
    else:
        partly = bool(states & {ItemState.REJECTED, ItemState.STALE})
        plan.go(PlanState.PARTLY_APPROVED if partly else PlanState.APPROVED)
    work.emit("PlanApproved", plan.scope, plan=plan.id)
