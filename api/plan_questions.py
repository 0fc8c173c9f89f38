"""Questions about bed plans in GraphQL, each answered by a solver in a process of its own."""

from uuid import UUID

import strawberry

from api.limits import ONCE
from api.plan_answer_views import ConflictView, ExplanationView, PreferenceEffectView, WhyNotView
from api.query import Reader
from api.question import question
from domain.plans import asked
from domain.plans.asked import Asked


@strawberry.type
class PlanQuestions:
    @question("plan.read", returns=ExplanationView, **{ONCE: True})
    def explain(self, reader: Reader, item_id: UUID) -> Asked:
        """Why an item of a plan is as it is: terms, rules, alternatives; for a bed plan with exact
        prices and who competes."""
        plan, item = asked.item_in_reach(reader.session, reader.scopes, item_id)
        return asked.explaining(reader.session, plan, item)

    @question("plan.read", returns=WhyNotView, **{ONCE: True})
    def why_not(
        self, reader: Reader, request_id: UUID, bed_id: UUID, plan_id: UUID | None = None
    ) -> Asked:
        """Why a patient is not in a certain bed: what forbids it and which waiver would lift it,
        or exactly how much dearer it is. Without a plan the present is asked."""
        return asked.why_not(reader.session, reader.scopes, reader.now, request_id, bed_id, plan_id)

    @question("plan.read", returns=PreferenceEffectView, **{ONCE: True})
    def preference_effect(self, reader: Reader, plan_id: UUID) -> Asked:
        """What patients' wishes change in a bed plan, beside the plan without them."""
        return asked.preferences(reader.session, reader.scopes, plan_id)

    @question("plan.read", returns=ConflictView, **{ONCE: True})
    def plan_conflict(self, reader: Reader, plan_id: UUID, request_ids: list[UUID]) -> Asked:
        """Why these patients cannot all be placed: the smallest set of rules in conflict, and what
        would resolve it."""
        return asked.conflict(reader.session, reader.scopes, plan_id, request_ids)
