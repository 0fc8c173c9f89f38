"""What GraphQL shows of plans: outcome, items, terms, alternatives, why some must wait."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry

from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.plans.kinds import OverrideReason
from domain.plans.model import ItemState, PlanState, Proposal, ProposalItem, SolverRun
from domain.plans.texts import kept_text, rule_text

for _words in (OverrideReason, ItemState, PlanState):
    strawberry.enum(_words)


@classified(DataClass.BED)
@strawberry.type
class RuleText:
    """A rule by its stable code, with its text for people."""

    code: str
    zh: str
    en: str

    @classmethod
    def of(cls, code: str) -> Self:
        return cls(code=code, zh=rule_text(code, "zh-CN"), en=rule_text(code, "en"))

    @classmethod
    def kept(cls, code: str) -> Self:
        """Of a hard rule that holds: `of` says what is wrong where it does not."""
        zh, en = kept_text(code)
        return cls(code=code, zh=zh, en=en)


@classified(DataClass.BED)
@strawberry.type
class ScoreTerm:
    """A soft rule that the item breaks, and what that costs."""

    rule: RuleText
    penalty: int


@classified(DataClass.BED)
@strawberry.type
class Alternative:
    """Another bed for the same patient. `price`: how much dearer the whole plan becomes.

    Where `exact` is false it costs at most that much.
    """

    bed_id: strawberry.ID
    price: int
    exact: bool
    penalty: int
    broken: list[RuleText]
    waived: list[RuleText]
    displaces: strawberry.ID | None

    @classmethod
    def of(cls, other: dict[str, Any]) -> Self:
        return cls(
            bed_id=strawberry.ID(other["bed"]),
            price=other["price"],
            exact=other["exact"],
            penalty=other["penalty"],
            broken=[RuleText.of(code) for code, _ in other["terms"]],
            waived=[RuleText.of(code) for code in other["waived"]],
            displaces=strawberry.ID(other["displaces"]) if other["displaces"] else None,
        )


@classified(DataClass.BED)
@strawberry.type
class Hindrance:
    """A rule that kept the patient waiting: on how many beds, on how many it alone."""

    rule: RuleText
    forbids: int
    alone: int
    short_by: int | None

    @classmethod
    def of(cls, reason: dict[str, Any]) -> Self:
        return cls(
            rule=RuleText.of(reason["rule"]),
            forbids=reason["forbids"],
            alone=reason["alone"],
            short_by=reason["short_by"],
        )


@classified(DataClass.BED)
@strawberry.type
class SolverOutcome:
    """What the solver really reached: OPTIMAL is proven, FEASIBLE has a gap."""

    status: str
    objective: int | None
    bound: int | None
    gap_millionths: int | None
    build_ms: int | None
    wall_ms: int | None
    solver: str | None


@classified(DataClass.BED)
@strawberry.type
class WaiverLeant:
    """A waiver that a plan's item leans on, and the person who granted it."""

    waiver_id: strawberry.ID
    rule: RuleText
    granted_by: strawberry.ID

    @classmethod
    def of(cls, one: dict[str, str]) -> Self:
        return cls(waiver_id=strawberry.ID(one["waiver"]), rule=RuleText.of(one["rule"]),
                   granted_by=strawberry.ID(one["granted_by"]))  # fmt: skip


@classified(DataClass.PLACEMENT)
@strawberry.type(name="PlanItem")
class PlanItemView(View):
    """One patient of a plan: where to and why, or why nowhere."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    state: ItemState | None
    action: str | None
    step: int | None
    request_id: strawberry.ID | None
    encounter_id: strawberry.ID | None
    from_bed_id: strawberry.ID | None
    to_bed_id: strawberry.ID | None
    planned_bed_id: strawberry.ID | None
    hold_id: strawberry.ID | None
    day: date | None  # of a plan of admissions, as are the next three
    to_ward_id: strawberry.ID | None
    to_room_id: strawberry.ID | None
    buffer_source: str | None
    penalty: int | None
    terms: list[ScoreTerm] | None
    kept: list[RuleText] | None
    waived: list[RuleText] | None
    waivers: list[WaiverLeant] | None  # that an item of a plan of admissions leans on
    reasons: list[Hindrance] | None
    alternatives: list[Alternative] | None
    outcome: str | None

    @classmethod
    def of(cls, row: ProposalItem, sight: Sight) -> Self:
        return cls(
            sight=sight,
            subject=row.subject,
            id=strawberry.ID(str(row.id)),
            state=row.state,
            action=row.action,
            step=row.step,
            request_id=_id(row.request_id),
            encounter_id=_id(row.encounter_id),
            from_bed_id=_id(row.from_bed_id),
            to_bed_id=_id(row.to_bed_id),
            planned_bed_id=_id(row.planned_bed_id),
            hold_id=_id(row.hold_id),
            day=date.fromisoformat(row.detail["day"]) if "day" in row.detail else None,
            to_ward_id=_known(row.detail, "ward"),
            to_room_id=_known(row.detail, "room"),
            buffer_source=row.detail.get("buffer_source"),
            penalty=row.penalty,
            terms=[ScoreTerm(rule=RuleText.of(t["code"]), penalty=t["penalty"]) for t in row.terms],
            kept=[RuleText.kept(code) for code in row.kept],
            waived=[RuleText.of(code) for code in row.waived],
            waivers=[WaiverLeant.of(one) for one in row.detail.get("waivers", ())],
            reasons=[Hindrance.of(reason) for reason in row.reasons],
            alternatives=[Alternative.of(other) for other in row.alternatives],
            outcome=row.outcome,
        )


@classified(DataClass.BED)
@strawberry.type(name="BedPlan")
class PlanView(View):
    """A proposal of the solver and what people have decided about it."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    kind: str
    hospital_id: strawberry.ID | None
    ward_id: strawberry.ID | None
    state: PlanState
    requested_at: datetime
    as_of: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Proposal, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            kind=row.kind,
            hospital_id=_id(row.hospital_id),
            ward_id=_id(row.ward_id),
            state=row.state,
            requested_at=row.requested_at,
            as_of=row.as_of,
            ready_at=row.ready_at,
            expires_at=row.expires_at,
            version=row.version,
        )


@classified(DataClass.BED)
@strawberry.type(name="BedPlanDetail")
class PlanDetail(View):
    """A plan with the solver's outcome. `problemHash` binds it to what the solver was asked."""

    plan: PlanView
    outcome: SolverOutcome
    problem_hash: str
    rules: str
    seed: int

    @classmethod
    def of(cls, plan: Proposal, run: SolverRun, sight: Sight) -> Self:
        return cls(
            sight=sight,
            plan=PlanView.of(plan, sight),
            outcome=SolverOutcome(
                status=run.status or "NONE",
                objective=run.objective,
                bound=run.bound,
                gap_millionths=run.gap_ppm,
                build_ms=run.build_ms,
                wall_ms=run.wall_ms,
                solver=run.solver,
            ),
            problem_hash=run.problem_hash,
            rules=run.rules,
            seed=run.seed,
        )


@classified(DataClass.BED)
@strawberry.type
class PlanProgress(View):
    """Where a plan stands; while the solver runs, its best cost, its bound and their gap."""

    state: PlanState
    incumbent: int | None
    bound: int | None
    gap_millionths: int | None


def _id(key: UUID | None) -> strawberry.ID | None:
    return strawberry.ID(str(key)) if key else None


def _known(detail: dict[str, Any], name: str) -> strawberry.ID | None:
    return strawberry.ID(detail[name]) if name in detail else None
