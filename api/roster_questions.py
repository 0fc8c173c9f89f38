"""Questions about roster plans in GraphQL, each answered by a solver in a process of its own."""

from datetime import date
from uuid import UUID

import strawberry

from api.limits import ONCE
from api.query import Reader
from api.question import question
from api.roster_answer_views import WhoElseView, WhyNotDutyView
from domain.plans.asked import Asked
from domain.rosters import asked


@strawberry.type
class RosterQuestions:
    @question(asked.READ, returns=WhoElseView, **{ONCE: True})
    def who_else(self, reader: Reader, plan_id: UUID, staff_id: UUID, day: date) -> Asked:
        """Who else could take the duty that somebody has on a day of a roster plan, and how much
        dearer the plan becomes, solved again for each of them while the time lasts."""
        return asked.who_else(reader.session, reader.scopes, plan_id, staff_id, day)

    @question(asked.READ, returns=WhyNotDutyView, **{ONCE: True})
    def why_not_duty(
        self, reader: Reader, plan_id: UUID, staff_id: UUID, day: date,
        shift_id: UUID | None = None,
    ) -> Asked:  # fmt: skip
        """Why somebody has not a certain shift on a day of a roster plan, or without a shift, is
        not free: the rules that forbid it, or how much dearer the plan becomes, solved again."""
        return asked.why_not_duty(reader.session, reader.scopes, plan_id, staff_id, day, shift_id)
