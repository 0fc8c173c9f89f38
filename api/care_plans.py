"""Which doctor looks after which patient, in GraphQL: ask, look, decide."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.bed_views import as_id, maybe_id
from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.plan_views import RuleText, ScoreTerm, SolverOutcome
from api.query import Reader, query
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.plans.kinds import ItemDecision, OverrideReason
from domain.plans.model import ItemState, PlanState, Proposal, ProposalItem, SolverRun
from domain.plans.queries import plan_in_reach, plan_items, run_of
from domain.rosters.care_asking import ApproveCarePlan, RejectCarePlan, RequestCarePlan
from domain.rosters.care_kind import ASSIGN_CARE
from domain.rosters.texts import roster_text

READ = "care.plan"


@classified(DataClass.GENERAL)
@strawberry.type(name="CarePlan")
class CarePlanView(View):
    """A proposal of who looks after whom."""

    id: strawberry.ID
    hospital_id: strawberry.ID | None
    ward_id: strawberry.ID | None
    state: PlanState
    requested_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, row: Proposal, sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(row.id), hospital_id=maybe_id(row.hospital_id),
            ward_id=maybe_id(row.ward_id), state=row.state, requested_at=row.requested_at,
            ready_at=row.ready_at, expires_at=row.expires_at,
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type
class CarePlanDetail(View):
    """A care plan with what the solver reached."""

    plan: CarePlanView
    outcome: SolverOutcome
    problem_hash: str
    rules: str

    @classmethod
    def of(cls, plan: Proposal, run: SolverRun, sight: Sight) -> Self:
        return cls(
            sight=sight, plan=CarePlanView.of(plan, sight), problem_hash=run.problem_hash,
            rules=run.rules,
            outcome=SolverOutcome(
                status=run.status or "NONE", objective=run.objective, bound=run.bound,
                gap_millionths=run.gap_ppm, build_ms=run.build_ms, wall_ms=run.wall_ms,
                solver=run.solver,
            ),
        )  # fmt: skip


@classified(DataClass.PLACEMENT)
@strawberry.type
class OtherDoctor:
    """Another doctor for the same patient. `price`: how much dearer the whole plan becomes."""

    doctor_id: strawberry.ID
    price: int
    exact: bool


@classified(DataClass.PLACEMENT)
@strawberry.type
class CareHindrance:
    """A rule that keeps doctors from a patient, and from how many."""

    rule: RuleText
    doctors: int


@classified(DataClass.PLACEMENT)
@strawberry.type(name="CarePlanItem")
class CareItemView(View):
    """One patient: which doctor and why, or why none. Doctors are members of staff."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    state: ItemState | None
    encounter_id: strawberry.ID | None
    doctor_id: strawberry.ID | None
    penalty: int | None
    terms: list[ScoreTerm] | None
    others: list[OtherDoctor] | None
    hindrances: list[CareHindrance] | None
    outcome: str | None

    @classmethod
    def of(cls, row: ProposalItem, sight: Sight) -> Self:
        given = row.action == ASSIGN_CARE
        doctor = (row.chosen or row.detail)["doctor"] if given else None
        return cls(
            sight=sight, subject=row.subject, id=as_id(row.id), state=row.state,
            encounter_id=maybe_id(row.encounter_id),
            doctor_id=strawberry.ID(doctor) if doctor else None, penalty=row.penalty,
            terms=[ScoreTerm(rule=_text(t["code"]), penalty=t["penalty"]) for t in row.terms],
            others=[
                OtherDoctor(doctor_id=strawberry.ID(one["doctor"]), price=one["price"],
                            exact=one["exact"])
                for one in row.alternatives
            ],
            hindrances=[
                CareHindrance(rule=_text(one["rule"]), doctors=one["doctors"])
                for one in row.reasons
            ],
            outcome=row.outcome,
        )  # fmt: skip


@strawberry.input
class CareDecisionInput:
    """Approve a patient's doctor as planned, approve another one, or reject."""

    item_id: UUID
    approve: bool = True
    doctor_id: UUID | None = None
    reason: OverrideReason | None = None


@strawberry.type
class CarePlanQueries:
    @query(READ)
    def care_plan(self, reader: Reader, id: UUID) -> CarePlanDetail:
        """One care plan with the solver's outcome."""
        plan = plan_in_reach(reader.session, reader.scopes, id, READ)
        run = run_of(reader.session, plan)
        return CarePlanDetail.of(plan, run, reader.sight(plan.scope))

    @query(READ)
    def care_plan_items(
        self, reader: Reader, plan_id: UUID, first: int, after: str | None = None
    ) -> Connection[CareItemView]:
        """A plan's patients: which doctor and why, or why none."""
        plan = plan_in_reach(reader.session, reader.scopes, plan_id, READ)
        rows = plan_items(
            reader.session, plan.id, after=after_key(after), limit=page_size(first) + 1
        )
        return page_of(
            rows, first, after,
            lambda row: CareItemView.of(row, reader.sight(plan.scope, row.subject)),
        )  # fmt: skip


@strawberry.type
class CarePlanMutations:
    @mutation(returns=CarePlanView)
    def request_care_plan(
        self, hospital_id: UUID, ward_id: UUID | None = None, time_limit_s: int = 10
    ) -> RequestCarePlan:
        return RequestCarePlan(hospital_id=hospital_id, ward_id=ward_id, time_limit_s=time_limit_s)

    @mutation(returns=CarePlanView)
    def approve_care_plan(
        self, plan_id: UUID, items: list[CareDecisionInput] | None = None
    ) -> ApproveCarePlan:
        decisions = None if items is None else tuple(
            ItemDecision(
                item_id=one.item_id, approve=one.approve, reason=one.reason,
                choice=None if one.doctor_id is None else {"doctor": str(one.doctor_id)},
            )
            for one in items
        )  # fmt: skip
        return ApproveCarePlan(proposal_id=plan_id, items=decisions)

    @mutation(returns=CarePlanView)
    def reject_care_plan(self, plan_id: UUID, reason: OverrideReason) -> RejectCarePlan:
        return RejectCarePlan(proposal_id=plan_id, reason=reason)


def _text(code: str) -> RuleText:
    zh, en = roster_text(code)
    return RuleText(code=code, zh=zh, en=en)
