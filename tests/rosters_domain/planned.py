"""A plan from question to execution, as the job runner takes it, in one process."""

from uuid import UUID

from sqlmodel import Session, col, select

import app.plan_kinds  # noqa: F401 - every kind registers itself
from app.solver_process import SolverLimits
from domain.plans.commands import ExecuteItem, FinishPlan
from domain.plans.kinds import kind_of
from domain.plans.model import ItemState, Proposal, ProposalItem, SolverRun
from domain.plans.runs import RecordPlan
from tests.domain_world import World


def solved(world: World, plan: Proposal, time_limit_s: float = 5.0) -> list[ProposalItem]:
    """The plan's items, once its run was solved and recorded."""
    problem = bytes(world.get(SolverRun, plan.run_id).problem)
    limits = SolverLimits(time_limit_s, 0, 0)
    answer = kind_of(plan.kind).solve(problem, limits, lambda _progress: None)
    world.run(RecordPlan(proposal_id=plan.id, answer=answer))
    return items_of(world, plan.id)


def items_of(world: World, plan_id: UUID) -> list[ProposalItem]:
    with Session(world.engine) as session:
        asked = select(ProposalItem).where(ProposalItem.proposal_id == plan_id)
        return list(session.exec(asked.order_by(col(ProposalItem.key))))


def carried_out(world: World, plan: Proposal) -> Proposal:
    """The plan, once every approved item was executed."""
    for item in items_of(world, plan.id):
        if item.state is ItemState.APPROVED:
            world.run(ExecuteItem(item_id=item.id))
    return world.run(FinishPlan(proposal_id=plan.id))
