"""Transfer plans in GraphQL: ask, look, decide."""

from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.plan_views import PlanDetail, PlanView
from api.query import Reader, query
from api.transfer_plan_views import TransferItemView
from domain.plans import queries
from domain.plans.kinds import ItemDecision, OverrideReason
from domain.transfers.plan_kind import TransferPlans
from domain.transfers.planning import (
    ApproveTransferPlan,
    RejectTransferPlan,
    RequestTransferPlan,
)

READ = TransferPlans.read_action


@strawberry.input
class TransferDecisionInput:
    """Approve an item as planned, approve it with another hospital, or reject it."""

    item_id: UUID
    approve: bool = True
    to_hospital_id: UUID | None = None
    reason: OverrideReason | None = None

    def decision(self) -> ItemDecision:
        wanted = self.to_hospital_id
        return ItemDecision(
            item_id=self.item_id, approve=self.approve, reason=self.reason,
            choice=None if wanted is None else {"hospital": str(wanted)},
        )  # fmt: skip


@strawberry.type
class TransferPlanQueries:
    @query(READ)
    def transfer_plan(self, reader: Reader, id: UUID) -> PlanDetail:
        """One transfer plan with the solver's outcome."""
        plan = queries.plan_in_reach(reader.session, reader.scopes, id, READ)
        run = queries.run_of(reader.session, plan)
        return PlanDetail.of(plan, run, reader.sight(plan.scope))

    @query(READ)
    def transfer_plans(
        self,
        reader: Reader,
        first: int,
        after: str | None = None,
        hospital_id: UUID | None = None,
    ) -> Connection[PlanView]:
        """The transfer plans of a hospital, or the network's own, in the order of asking."""
        rows = queries.plans(
            reader.session, reader.scopes, hospital_id, (TransferPlans.name,),
            after=after_key(after), limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(rows, first, after, lambda row: PlanView.of(row, reader.sight(row.scope)))

    @query(READ)
    def transfer_plan_items(
        self, reader: Reader, plan_id: UUID, first: int, after: str | None = None
    ) -> Connection[TransferItemView]:
        """Who should go to which hospital, and who waits though none can take them."""
        plan = queries.plan_in_reach(reader.session, reader.scopes, plan_id, READ)
        rows = queries.plan_items(
            reader.session, plan.id, after=after_key(after), limit=page_size(first) + 1
        )
        sight = reader.sight(plan.scope)
        return page_of(rows, first, after, lambda row: TransferItemView.of(row, sight))


@strawberry.type
class TransferPlanMutations:
    @mutation(returns=PlanView)
    def request_transfer_plan(
        self, hospital_id: UUID | None = None, horizon_days: int = 1, time_limit_s: int = 30
    ) -> RequestTransferPlan:
        return RequestTransferPlan(
            hospital_id=hospital_id, horizon_days=horizon_days, time_limit_s=time_limit_s
        )

    @mutation(returns=PlanView)
    def approve_transfer_plan(
        self, plan_id: UUID, items: list[TransferDecisionInput] | None = None
    ) -> ApproveTransferPlan:
        decisions = None if items is None else tuple(one.decision() for one in items)
        return ApproveTransferPlan(proposal_id=plan_id, items=decisions)

    @mutation(returns=PlanView)
    def reject_transfer_plan(self, plan_id: UUID, reason: OverrideReason) -> RejectTransferPlan:
        return RejectTransferPlan(proposal_id=plan_id, reason=reason)
