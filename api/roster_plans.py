"""Planning of duties in GraphQL: ask, look, decide; swaps and sick calls."""

from datetime import date, timedelta
from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.query import Reader, query
from api.roster_plan_views import (
    CoverageView,
    FairnessView,
    RosterItemView,
    RosterPlanDetail,
    RosterPlanView,
    WardCoverage,
)
from api.roster_views import DutySwapView
from api.rosters import PlannedDutyInput
from api.staff_views import AbsenceView, OwnAbsence
from domain.places.reach import hospital_in_reach
from domain.plans.kinds import ItemDecision, OverrideReason, kinds_read_by
from domain.plans.queries import plan_in_reach, plan_items, plans, run_of
from domain.rosters import asking, deciding, queries, sick, swaps
from domain.staff.queries import member_of_account, open_swaps, swaps_of_member
from kit.errors import Invalid
from kit.work import NETWORK

READ = "roster.read"
MOST_DAYS = 62


@strawberry.input
class RosterDecisionInput:
    """Approve a line as planned, with other duties (all of the person's), or reject it."""

    item_id: UUID
    approve: bool = True
    duties: list[PlannedDutyInput] | None = None
    reason: OverrideReason | None = None


@strawberry.type
class RosterPlanQueries:
    @query(READ)
    def roster_plan(self, reader: Reader, id: UUID) -> RosterPlanDetail:
        """One roster plan with the solver's outcome."""
        plan = plan_in_reach(reader.session, reader.scopes, id, READ)
        run = run_of(reader.session, plan)
        return RosterPlanDetail.of(plan, run, reader.sight(plan.scope))

    @query(READ)
    def roster_plans(
        self, reader: Reader, hospital_id: UUID, first: int, after: str | None = None
    ) -> Connection[RosterPlanView]:
        """A hospital's roster plans and repairs in the order of asking."""
        rows = plans(
            reader.session, reader.scopes, hospital_id, kinds_read_by(READ),
            after=after_key(after), limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(
            rows, first, after, lambda row: RosterPlanView.of(row, reader.sight(row.scope))
        )

    @query(READ)
    def roster_plan_items(
        self, reader: Reader, plan_id: UUID, first: int, after: str | None = None
    ) -> Connection[RosterItemView]:
        """A plan's lines, one for each person, and the shifts that stay short."""
        plan = plan_in_reach(reader.session, reader.scopes, plan_id, READ)
        rows = plan_items(
            reader.session, plan.id, after=after_key(after), limit=page_size(first) + 1
        )
        sight = reader.sight(plan.scope)
        return page_of(rows, first, after, lambda row: RosterItemView.of(row, sight))

    @query(READ)
    def coverage(
        self, reader: Reader, ward_id: UUID, from_day: date, days: int = 7
    ) -> WardCoverage:
        """Who is needed and who is there in a ward's shifts, drafts counted as planned."""
        if not 1 <= days <= MOST_DAYS:
            raise Invalid(f"ask for 1 to {MOST_DAYS} days", field="days")
        need, found = queries.coverage(
            reader.session, reader.scopes, ward_id, from_day, from_day + timedelta(days=days),
            reader.now,
        )  # fmt: skip
        sight = reader.sight(need.ward.scope)
        return WardCoverage(
            sight=sight, patients_per_nurse=need.ratio.patients_per_nurse,
            ratio_source=need.ratio.source, census_source=need.census.source,
            shifts=[CoverageView.of(one, sight) for one in found],
        )  # fmt: skip

    @query("staff.read")
    def fairness(self, reader: Reader, hospital_id: UUID, months: int = 3) -> FairnessView:
        """How evenly nights, weekends and granted wishes lie over the last months."""
        found = queries.fairness(reader.session, reader.scopes, hospital_id, months, reader.now)
        hospital = hospital_in_reach(reader.session, reader.scopes, hospital_id)
        reader.unlock([one.member.subject for one in found.burdens])
        return FairnessView.of(found, reader.sight(hospital.scope))

    @query(READ, at_most=100)
    def duty_swaps(self, reader: Reader, hospital_id: UUID) -> list[DutySwapView]:
        """Swaps of a hospital that wait for somebody's word, oldest first."""
        rows = open_swaps(reader.session, reader.scopes, hospital_id)
        return [DutySwapView.of(row, reader.sight(row.scope)) for row in rows]

    @query("duty.read_own", at_most=100)
    def my_swaps(self, reader: Reader) -> list[DutySwapView]:
        """Open swaps that oneself asked for, or was asked for."""
        member = member_of_account(reader.session, reader.actor.id)
        rows = swaps_of_member(reader.session, member.id) if member else ()
        return [DutySwapView.of(row, reader.sight(NETWORK)) for row in rows]


@strawberry.type
class RosterPlanMutations:
    @mutation(returns=RosterPlanView)
    def request_roster_plan(
        self,
        hospital_id: UUID,
        from_day: date,
        days: int = 28,
        ward_id: UUID | None = None,
        time_limit_s: int = 60,
    ) -> asking.RequestRosterPlan:
        return asking.RequestRosterPlan(hospital_id=hospital_id, ward_id=ward_id,
                                        from_day=from_day, days=days,
                                        time_limit_s=time_limit_s)  # fmt: skip

    @mutation(returns=RosterPlanView)
    def request_roster_repair(
        self, ward_id: UUID, time_limit_s: int = 20
    ) -> asking.RequestRosterRepair:
        return asking.RequestRosterRepair(ward_id=ward_id, time_limit_s=time_limit_s)

    @mutation(returns=RosterPlanView)
    def approve_roster_plan(
        self, plan_id: UUID, items: list[RosterDecisionInput] | None = None
    ) -> deciding.ApproveRosterPlan:
        decisions = None if items is None else tuple(
            ItemDecision(
                item_id=one.item_id, approve=one.approve, reason=one.reason,
                choice=None if one.duties is None else {"duties": [
                    {"day": duty.day.isoformat(), "shift": str(duty.shift_id)}
                    for duty in one.duties
                ]},
            )
            for one in items
        )  # fmt: skip
        return deciding.ApproveRosterPlan(proposal_id=plan_id, items=decisions)

    @mutation(returns=RosterPlanView)
    def reject_roster_plan(
        self, plan_id: UUID, reason: OverrideReason
    ) -> deciding.RejectRosterPlan:
        return deciding.RejectRosterPlan(proposal_id=plan_id, reason=reason)

    @mutation(returns=AbsenceView)
    def report_sick(self, staff_id: UUID, from_day: date, until_day: date) -> sick.ReportSick:
        return sick.ReportSick(staff_id=staff_id, from_day=from_day, until_day=until_day)

    @mutation(returns=OwnAbsence)
    def report_own_sick(self, from_day: date, until_day: date) -> sick.ReportOwnSick:
        return sick.ReportOwnSick(from_day=from_day, until_day=until_day)

    @mutation(returns=DutySwapView)
    def ask_swap(
        self, duty_id: UUID, other_staff_id: UUID, other_duty_id: UUID | None = None
    ) -> swaps.AskSwap:
        return swaps.AskSwap(duty_id=duty_id, other_staff_id=other_staff_id,
                             other_duty_id=other_duty_id)  # fmt: skip

    @mutation(returns=DutySwapView)
    def answer_swap(self, swap_id: UUID, accept: bool) -> swaps.AnswerSwap:
        return swaps.AnswerSwap(swap_id=swap_id, accept=accept)

    @mutation(returns=DutySwapView)
    def withdraw_swap(self, swap_id: UUID) -> swaps.WithdrawSwap:
        return swaps.WithdrawSwap(swap_id=swap_id)

    @mutation(returns=DutySwapView)
    def decide_swap(self, swap_id: UUID, approve: bool) -> swaps.DecideSwap:
        return swaps.DecideSwap(swap_id=swap_id, approve=approve)
