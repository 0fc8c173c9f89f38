"""Bed plans in GraphQL: ask, look, decide."""

from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.plan_views import PlanDetail, PlanItemView, PlanProgress, PlanView
from api.query import Reader, query
from api.subscription import Topic, subscription
from domain.plans import queries
from domain.plans.cancelling import CancelPlan
from domain.plans.commands import ApprovePlan, RejectPlan
from domain.plans.kinds import ItemDecision, OverrideReason, kinds_read_by
from domain.plans.runs import RequestBedPlan

PLAN_EVENTS = frozenset(
    {
        "PlanReady",
        "PlanFailed",
        "PlanApproved",
        "PlanDecided",
        "PlanRejected",
        "PlanItemExecuted",
        "PlanItemStale",
        "PlanExecuted",
        "PlanWithdrawn",
        "PlanCancelled",
        "PlanProgress",
    }
)


@strawberry.input
class ItemDecisionInput:
    """Approve an item as planned, approve it with another bed, or reject it."""

    item_id: UUID
    approve: bool = True
    bed_id: UUID | None = None
    reason: OverrideReason | None = None


@strawberry.type
class PlanQueries:
    @query("plan.read")
    def bed_plan(self, reader: Reader, id: UUID) -> PlanDetail:
        """One plan with the solver's outcome."""
        plan = queries.plan_in_reach(reader.session, reader.scopes, id)
        run = queries.run_of(reader.session, plan)
        return PlanDetail.of(plan, run, reader.sight(plan.scope))

    @query("plan.read")
    def bed_plans(
        self, reader: Reader, hospital_id: UUID, first: int, after: str | None = None
    ) -> Connection[PlanView]:
        """A hospital's plans in the order of asking."""
        rows = queries.plans(
            reader.session, reader.scopes, hospital_id, kinds_read_by("plan.read"),
            after=after_key(after), limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(rows, first, after, lambda row: PlanView.of(row, reader.sight(row.scope)))

    @query("plan.read")
    def plan_items(
        self, reader: Reader, plan_id: UUID, first: int, after: str | None = None
    ) -> Connection[PlanItemView]:
        """A plan's items: the placed with reasons and alternatives, the unplaced with why."""
        plan = queries.plan_in_reach(reader.session, reader.scopes, plan_id)
        rows = queries.plan_items(
            reader.session, plan.id, after=after_key(after), limit=page_size(first) + 1
        )
        return page_of(
            rows,
            first,
            after,
            lambda row: PlanItemView.of(row, reader.sight(plan.scope, row.subject)),
        )


@strawberry.type
class PlanMutations:
    @mutation(returns=PlanView)
    def request_bed_plan(
        self, hospital_id: UUID, ward_id: UUID | None = None, time_limit_s: int = 10
    ) -> RequestBedPlan:
        return RequestBedPlan(hospital_id=hospital_id, ward_id=ward_id, time_limit_s=time_limit_s)

    @mutation(returns=PlanView)
    def approve_plan(
        self, plan_id: UUID, items: list[ItemDecisionInput] | None = None
    ) -> ApprovePlan:
        decisions = None if items is None else tuple(
            ItemDecision(item_id=i.item_id, approve=i.approve, bed_id=i.bed_id, reason=i.reason)
            for i in items
        )  # fmt: skip
        return ApprovePlan(proposal_id=plan_id, items=decisions)

    @mutation(returns=PlanView)
    def cancel_plan(self, plan_id: UUID) -> CancelPlan:
        return CancelPlan(proposal_id=plan_id)

    @mutation(returns=PlanView)
    def reject_plan(self, plan_id: UUID, reason: OverrideReason) -> RejectPlan:
        return RejectPlan(proposal_id=plan_id, reason=reason)


def _progress_topics(reader: Reader, id: UUID) -> tuple[Topic, ...]:
    plan = queries.plan_in_reach(reader.session, reader.scopes, id)
    return (Topic(plan.scope, PLAN_EVENTS),)


@strawberry.type
class PlanSubscriptions:
    @subscription("plan.read", topics=_progress_topics)
    def plan_progress(self, reader: Reader, id: UUID) -> PlanProgress:
        """Where a plan stands, from computing to executed."""
        plan = queries.plan_in_reach(reader.session, reader.scopes, id)
        known = reader.context.app.progress.get(plan.id, {})
        return PlanProgress(
            sight=reader.sight(plan.scope),
            state=plan.state,
            incumbent=known.get("incumbent"),
            bound=known.get("bound"),
            gap_millionths=known.get("gap_ppm"),
        )
