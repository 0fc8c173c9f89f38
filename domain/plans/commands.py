"""What people decide about a plan, and how each approved item is carried out."""

from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, select

from domain.plans.approval_policy import Policy, policy_of
from domain.plans.approving import conclude
from domain.plans.kinds import ItemDecision, OverrideReason, kind_of
from domain.plans.model import Approval, ItemState, PlanState, Proposal, ProposalItem
from domain.plans.proposing import OPEN, UNDECIDED, give_back, items_of
from kit.command import Command
from kit.errors import Conflict, Denied, Invalid, NotFound
from kit.work import Scope, Work

T = TypeVar("T")

__all__ = [
    "ApprovePlan",
    "ExecuteItem",
    "FinishPlan",
    "ItemDecision",
    "MarkStale",
    "OverrideReason",
    "RejectPlan",
]


@dataclass(frozen=True, kw_only=True)
class ApprovePlan(Command[Proposal]):
    """Approve a plan, whole or item by item; what is approved is carried out at once.

    Without `items` every placed item is approved as planned. Another bed or a rejection needs a
    reason. How many people have to approve an item is the hospital's policy; where it takes two,
    whoever asked for the plan is not one of them.
    """

    action = "plan.approve"
    proposal_id: UUID
    items: tuple[ItemDecision, ...] | None = None

    def scope(self, work: Work) -> Scope:
        return decidable(self, work, self.proposal_id).scope

    def apply(self, work: Work) -> Proposal:
        plan = decidable(self, work, self.proposal_id)
        _require_fresh(work, plan)
        rows = items_of(work, plan)
        policy = policy_of(work.session, plan)
        for decision in self._decisions(rows):
            if decision.item_id not in rows:
                raise Invalid("no such item in this plan", field="items.itemId")
            _decide(work, plan, rows[decision.item_id], decision, policy)
        work.session.flush()
        conclude(work, plan, list(rows.values()))
        return plan

    def _decisions(self, rows: dict[UUID, ProposalItem]) -> tuple[ItemDecision, ...]:
        if self.items is not None:
            if len({decision.item_id for decision in self.items}) != len(self.items):
                raise Invalid("decide each item once", field="items")
            return self.items
        return tuple(
            ItemDecision(item_id=key) for key, row in rows.items() if row.state in UNDECIDED
        )


@dataclass(frozen=True, kw_only=True)
class RejectPlan(Command[Proposal]):
    """Reject a plan as a whole. What has not been carried out by now never is."""

    action = "plan.approve"
    proposal_id: UUID
    reason: OverrideReason

    def scope(self, work: Work) -> Scope:
        return decidable(self, work, self.proposal_id).scope

    def apply(self, work: Work) -> Proposal:
        plan = decidable(self, work, self.proposal_id)
        items = items_of(work, plan).values()
        done = any(item.state is ItemState.EXECUTED for item in items)
        plan.go(PlanState.PARTLY_APPROVED if done else PlanState.REJECTED)
        for item in items:
            if item.state in OPEN:
                decision = ItemDecision(item_id=item.id, approve=False, reason=self.reason)
                _reject(work, plan, item, decision)
        work.emit("PlanRejected", plan.scope, plan=plan.id)
        return plan


@dataclass(frozen=True, kw_only=True)
class ExecuteItem(Command[ProposalItem]):
    """Carry out one approved item, checked against the present by the commands that do it."""

    action = "plan.execute"
    item_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Proposal, work.get(ProposalItem, self.item_id).proposal_id).scope

    def apply(self, work: Work) -> ProposalItem:
        item = work.get(ProposalItem, self.item_id)
        plan = work.get(Proposal, item.proposal_id)
        if item.state is not ItemState.APPROVED:
            raise Conflict(f"the item is {item.state}", reason="ITEM_STATE", blocking=item.id)
        if plan.state in (PlanState.APPROVED, PlanState.PARTLY_APPROVED):
            plan.go(PlanState.EXECUTING)
        item.outcome = kind_of(plan.kind).execute(work, item)
        item.state = ItemState.EXECUTED
        work.emit("PlanItemExecuted", plan.scope, plan=plan.id, item=item.id)
        return item


@dataclass(frozen=True, kw_only=True)
class MarkStale(Command[ProposalItem]):
    """Say that an approved item can no longer be carried out, and why; the others go on."""

    action = "plan.conclude"
    item_id: UUID
    reason: str

    def scope(self, work: Work) -> Scope:
        return work.get(Proposal, work.get(ProposalItem, self.item_id).proposal_id).scope

    def apply(self, work: Work) -> ProposalItem:
        item = work.get(ProposalItem, self.item_id)
        if item.state is not ItemState.APPROVED:
            raise Conflict(f"the item is {item.state}", reason="ITEM_STATE", blocking=item.id)
        item.state, item.outcome = ItemState.STALE, self.reason
        plan = work.get(Proposal, item.proposal_id)
        give_back(work, plan, item)
        work.emit("PlanItemStale", plan.scope, plan=plan.id, item=item.id)
        return item


@dataclass(frozen=True, kw_only=True)
class FinishPlan(Command[Proposal]):
    """Close a plan whose approved items have all been carried out or found stale."""

    action = "plan.conclude"
    proposal_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Proposal, self.proposal_id).scope

    def apply(self, work: Work) -> Proposal:
        plan = work.get(Proposal, self.proposal_id)
        states = {item.state for item in items_of(work, plan).values()}
        if states & {ItemState.APPROVED}:
            raise Conflict("items are still open", reason="ITEMS_OPEN", blocking=plan.id)
        if plan.state is not PlanState.EXECUTING:
            plan.go(PlanState.EXECUTING)
        whole = states <= {ItemState.EXECUTED, ItemState.UNPLACED}
        plan.go(PlanState.EXECUTED if whole else PlanState.PARTLY_EXECUTED)
        work.emit("PlanExecuted", plan.scope, plan=plan.id)
        return plan


def decidable(command: Command[T], work: Work, proposal_id: UUID) -> Proposal:
    """The plan, if its kind is decided with this command's right. Raises NotFound."""
    plan = work.get(Proposal, proposal_id)
    if kind_of(plan.kind).decide_action != command.action:
        raise NotFound.of("plan", proposal_id)
    return plan


def _require_fresh(work: Work, plan: Proposal) -> None:
    if plan.scenario is not None:
        raise Conflict("a scenario shows what would be; it is never carried out",
                       reason="SCENARIO_ONLY", blocking=plan.id)  # fmt: skip
    if plan.state is not PlanState.READY:
        plan.go(PlanState.APPROVED)  # raises, and names what is allowed
    if plan.expires_at is not None and plan.expires_at <= work.now:
        raise Conflict("the plan is too old; request a new one", reason="PLAN_EXPIRED",
                       blocking=plan.id)  # fmt: skip


def _decide(
    work: Work, plan: Proposal, item: ProposalItem, decision: ItemDecision, policy: Policy
) -> None:
    if item.state not in UNDECIDED:
        raise Conflict(f"the item is {item.state}", reason="ITEM_STATE", blocking=item.id)
    kind = kind_of(plan.kind)
    if decision.differs(item) and decision.reason is None:
        raise Invalid("say why you decide otherwise", field="items.reason",
                      allowed=tuple(OverrideReason))  # fmt: skip
    if not decision.approve:
        _reject(work, plan, item, decision)
        return
    if decision.differs(item):
        kind.choose(work, plan, item, decision)
        item.chosen = decision.choice
    needed = max(policy.approvals(item), kind.approvals(item))
    if needed > 1 and work.actor.id == plan.requested_by:
        raise Denied("whoever asked for this plan does not approve what takes two people",
                     reason="OWN_PLAN", field="items.itemId")  # fmt: skip
    earlier = _approvers(work, item)
    if work.actor.id in earlier:
        raise Denied("a second person has to approve this item", reason="FOUR_EYES")
    _note(work, plan, item, decision)
    enough = len(earlier) + 1 >= needed
    item.state = ItemState.APPROVED if enough else ItemState.AWAITING_SECOND


def _reject(work: Work, plan: Proposal, item: ProposalItem, decision: ItemDecision) -> None:
    item.state = ItemState.REJECTED
    _note(work, plan, item, decision)
    give_back(work, plan, item)


def _note(work: Work, plan: Proposal, item: ProposalItem, decision: ItemDecision) -> None:
    changed = decision.bed_id if decision.bed_id != item.planned_bed_id else None
    work.add(
        Approval(
            proposal_id=plan.id, item_id=item.id, account_id=work.actor.id,
            approved=decision.approve, override_reason=decision.reason,
            chosen_bed_id=changed, chosen=decision.choice, at=work.now,
        )
    )  # fmt: skip


def _approvers(work: Work, item: ProposalItem) -> set[UUID]:
    return set(
        work.session.exec(
            select(Approval.account_id).where(Approval.item_id == item.id, col(Approval.approved))
        )
    )
