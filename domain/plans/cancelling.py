"""Calling a computing plan off, and finding the runs whose answer nobody waits for any more."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from domain.plans.kinds import kind_of
from domain.plans.model import PlanState, Proposal
from kit.command import Command
from kit.errors import NotFound
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class CancelPlan(Command[Proposal]):
    """Call a plan off while it is being computed; the solver's process is ended.

    Who may ask for plans of its kind may do so. A plan that is ready is rejected instead.
    """

    action = "plan.request"
    proposal_id: UUID

    def scope(self, work: Work) -> Scope:
        return self._plan(work).scope

    def apply(self, work: Work) -> Proposal:
        plan = self._plan(work)
        plan.go(PlanState.CANCELLED)
        work.emit("PlanCancelled", plan.scope, plan=plan.id)
        return plan

    def _plan(self, work: Work) -> Proposal:
        plan = work.get(Proposal, self.proposal_id)
        if kind_of(plan.kind).ask_action != self.action:
            raise NotFound.of("plan", self.proposal_id)
        return plan


def no_longer_wanted(session: Session, solving: Collection[UUID]) -> set[UUID]:
    """Of the plans being solved, those that were cancelled or superseded meanwhile."""
    if not solving:
        return set()
    wanted = session.exec(
        select(Proposal.id).where(
            col(Proposal.id).in_(solving), Proposal.state == PlanState.COMPUTING
        )
    )
    return set(solving) - set(wanted)
