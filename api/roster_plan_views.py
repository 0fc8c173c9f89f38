"""What GraphQL shows of roster plans, coverage and fairness."""

from datetime import date, datetime
from typing import Self

import strawberry

from api.bed_views import as_id, maybe_id
from api.plan_views import RuleText, ScoreTerm, SolverOutcome
from api.roster_views import ShiftTypeView
from api.sight import Sight, View, classified, shows
from api.staff_views import StaffMemberView, at_most
from authz.classes import DataClass
from domain.plans.model import ItemState, PlanState, Proposal, ProposalItem, SolverRun
from domain.rosters.balances import Burden
from domain.rosters.line_rows import ROSTER_LINE, planned_duties
from domain.rosters.queries import Coverage, Fairness
from domain.rosters.texts import roster_text


@classified(DataClass.GENERAL)
@strawberry.type(name="RosterPlan")
class RosterPlanView(View):
    """A roster, or a repair of one, before people decide about it."""

    id: strawberry.ID
    kind: str
    hospital_id: strawberry.ID | None
    ward_id: strawberry.ID | None
    state: PlanState
    requested_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, row: Proposal, sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(row.id), kind=row.kind, hospital_id=maybe_id(row.hospital_id),
            ward_id=maybe_id(row.ward_id), state=row.state, requested_at=row.requested_at,
            ready_at=row.ready_at, expires_at=row.expires_at,
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type
class RosterPlanDetail(View):
    """A roster plan with what the solver reached, and the labour rules it kept."""

    plan: RosterPlanView
    outcome: SolverOutcome
    problem_hash: str
    rules: str

    @classmethod
    def of(cls, plan: Proposal, run: SolverRun, sight: Sight) -> Self:
        return cls(
            sight=sight, plan=RosterPlanView.of(plan, sight), problem_hash=run.problem_hash,
            rules=run.rules,
            outcome=SolverOutcome(
                status=run.status or "NONE", objective=run.objective, bound=run.bound,
                gap_millionths=run.gap_ppm, build_ms=run.build_ms, wall_ms=run.wall_ms,
                solver=run.solver,
            ),
        )  # fmt: skip


@classified(DataClass.ROSTER)
@strawberry.type(name="PlannedDuty")
class PlannedDutyView:
    """A shift on a day."""

    day: date
    shift_id: strawberry.ID


@classified(DataClass.ROSTER)
@strawberry.type
class RosterHindrance:
    """A rule that keeps people from an open shift: from how many, from how many it alone."""

    rule: RuleText
    forbids: int
    alone: int


@classified(DataClass.ROSTER)
@strawberry.type(name="RosterPlanItem")
class RosterItemView(View):
    """One person's line, or a shift that stays short and why."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    action: str = shows(DataClass.GENERAL)
    state: ItemState | None
    staff_id: strawberry.ID | None
    duties: list[PlannedDutyView] | None = strawberry.field(metadata=at_most(62))
    minutes: int | None
    target_minutes: int | None
    nights: int | None
    weekends: int | None
    changed_days: int | None
    day: date | None
    shift_id: strawberry.ID | None
    have: int | None
    need: int | None
    penalty: int | None
    terms: list[ScoreTerm] | None
    kept: list[RuleText] | None
    waived: list[RuleText] | None
    broken: list[RuleText] | None
    hindrances: list[RosterHindrance] | None
    outcome: str | None

    @classmethod
    def of(cls, row: ProposalItem, sight: Sight) -> Self:
        detail, line = row.detail, row.action == ROSTER_LINE
        shift = detail.get("shift")
        return cls(
            sight=sight, subject=row.subject, id=as_id(row.id), action=row.action,
            state=row.state, staff_id=strawberry.ID(row.key) if line else None,
            duties=[
                PlannedDutyView(day=date.fromisoformat(one["day"]),
                                shift_id=strawberry.ID(one["shift"]))
                for one in (planned_duties(row) if line else ())
            ],
            minutes=detail.get("minutes"), target_minutes=detail.get("target_minutes"),
            nights=detail.get("nights"), weekends=detail.get("weekends"),
            changed_days=detail.get("changed_days"),
            day=date.fromisoformat(detail["day"]) if "day" in detail else None,
            shift_id=strawberry.ID(shift) if shift else None,
            have=detail.get("have"), need=detail.get("need"), penalty=row.penalty,
            terms=[ScoreTerm(rule=rule_text(t["code"]), penalty=t["penalty"]) for t in row.terms],
            kept=[rule_text(code) for code in row.kept],
            waived=[rule_text(code) for code in row.waived],
            broken=[rule_text(one["rule"]) for one in row.reasons] if line else [],
            hindrances=[] if line else [
                RosterHindrance(rule=rule_text(one["rule"]), forbids=one["forbids"],
                                alone=one["alone"])
                for one in row.reasons
            ],
            outcome=row.outcome,
        )  # fmt: skip


@classified(DataClass.ROSTER)
@strawberry.type(name="ShiftCoverage")
class CoverageView(View):
    """Who is needed in a shift of a day, and who is there."""

    day: date | None
    shift: ShiftTypeView | None
    need: int | None
    have: int | None
    short_by: int | None
    short_skills: list[str] | None

    @classmethod
    def of(cls, one: Coverage, sight: Sight) -> Self:
        return cls(
            sight=sight, day=one.need.day, shift=ShiftTypeView.of(one.need.shift, sight),
            need=one.need.people, have=one.have, short_by=one.short_by,
            short_skills=list(one.short_skills),
        )  # fmt: skip


@classified(DataClass.ROSTER)
@strawberry.type
class WardCoverage(View):
    """The shifts of some days; by which ratio, and whose census the need was worked out from."""

    patients_per_nurse: int | None
    ratio_source: str | None
    census_source: str | None
    shifts: list[CoverageView] | None = strawberry.field(metadata=at_most(200))


@classified(DataClass.ROSTER)
@strawberry.type(name="StaffBurden")
class BurdenView(View):
    """What one person did, beside a fair share by contracted hours among their peers."""

    member: StaffMemberView | None
    duties: int | None
    minutes: int | None
    nights: int | None
    fair_nights: float | None
    weekends: int | None
    fair_weekends: float | None
    wishes: int | None = shows(DataClass.STAFF)
    wishes_granted: int | None = shows(DataClass.STAFF)

    @classmethod
    def of(cls, one: Burden, sight: Sight) -> Self:
        return cls(
            sight=sight, subject=one.member.subject, member=StaffMemberView.of(one.member, sight),
            duties=one.duties, minutes=one.minutes, nights=one.nights,
            fair_nights=round(one.fair_nights, 2), weekends=one.weekends,
            fair_weekends=round(one.fair_weekends, 2), wishes=one.wishes,
            wishes_granted=one.granted,
        )  # fmt: skip


@classified(DataClass.ROSTER)
@strawberry.type(name="RosterFairness")
class FairnessView(View):
    """How evenly nights, weekends and granted wishes lie, over a span of months."""

    since: date | None
    until: date | None
    nights_spread: int | None
    weekends_spread: int | None
    wishes_granted_percent: float | None
    people: list[BurdenView] | None = strawberry.field(metadata=at_most(100))

    @classmethod
    def of(cls, found: Fairness, sight: Sight) -> Self:
        return cls(
            sight=sight, since=found.since, until=found.until,
            nights_spread=found.nights_spread, weekends_spread=found.weekends_spread,
            wishes_granted_percent=found.wishes_granted_percent,
            people=[BurdenView.of(one, sight) for one in found.burdens],
        )  # fmt: skip


def rule_text(code: str) -> RuleText:
    zh, en = roster_text(code)
    return RuleText(code=code, zh=zh, en=en)
