"""What GraphQL shows of answers about plans: explanations, why-nots, conflicts."""

from typing import Any, Self
from uuid import UUID

import strawberry

from api.plan_views import Alternative, Hindrance, RuleText, ScoreTerm
from api.sight import Sight, View, classified
from authz.classes import DataClass


@classified(DataClass.BED)
@strawberry.type
class Rival:
    """Another patient who wants the same bed. `price`: how much dearer the whole plan becomes the
    other way round; where `exact` is false at most that much."""

    request_id: strawberry.ID
    bed_id: strawberry.ID
    price: int
    exact: bool


@classified(DataClass.BED)
@strawberry.type
class PossibleWaiver:
    """A waiver that would lift a rule: for a REQUEST, BED, ROOM or WARD."""

    scope: str
    key: strawberry.ID


@classified(DataClass.BED)
@strawberry.type
class ForbiddingRule:
    """A hard rule in the way. Any one of `waivers` lifts it; where there is none nothing does."""

    rule: RuleText
    waivers: list[PossibleWaiver]


@classified(DataClass.BED)
@strawberry.type
class PlanChange:
    """A patient who would lie elsewhere or cost otherwise; no bed is waiting."""

    request_id: strawberry.ID
    before_bed_id: strawberry.ID | None
    after_bed_id: strawberry.ID | None
    cost_before: int
    cost_after: int


@classified(DataClass.BED)
@strawberry.type
class ResolvingStep:
    """One thing a person could do. `rule` says what it lifts, `key` for which request, bed, room
    or ward; `nth` the how-manieth more bed of a ward that is staffed, else 0."""

    rule: RuleText
    key: strawberry.ID
    nth: int


@classified(DataClass.PLACEMENT)
@strawberry.type(name="PlacementExplanation")
class ExplanationView(View):
    """Why an item of a plan is as it is: for beds why there, or why nowhere.

    `key` names it in the problem. `cost`: its penalties, or what waiting counts. `kept`: hard rules
    in question that hold. `rivals`: who competes for the bed.
    """

    key: str | None
    request_id: strawberry.ID | None
    bed_id: strawberry.ID | None
    cost: int | None
    terms: list[ScoreTerm] | None
    kept: list[RuleText] | None
    broken: list[RuleText] | None
    waived: list[RuleText] | None
    reasons: list[Hindrance] | None
    alternatives: list[Alternative] | None
    rivals: list[Rival] | None

    @classmethod
    def of(cls, answer: dict[str, Any], sight: Sight, subject: UUID | None) -> Self:
        return cls(
            sight=sight,
            subject=subject,
            key=answer["key"],
            request_id=_id(answer["request"]),
            bed_id=_id(answer["bed"]),
            cost=answer["cost"],
            terms=_terms(answer["terms"]),
            kept=[RuleText.kept(code) for code in answer["kept"]],
            broken=_rules(answer["broken"]),
            waived=_rules(answer["waived"]),
            reasons=[Hindrance.of(each) for each in answer["hindrances"]],
            alternatives=[Alternative.of(each) for each in answer["alternatives"]],
            rivals=[
                Rival(
                    request_id=strawberry.ID(each["request"]),
                    bed_id=strawberry.ID(each["bed"]),
                    price=each["price"],
                    exact=each["exact"],
                )
                for each in answer["rivals"]
            ],
        )


@classified(DataClass.PLACEMENT)
@strawberry.type(name="WhyNot")
class WhyNotView(View):
    """Why a patient is not in a certain bed.

    Either rules forbid it, all of which must be lifted, or the whole plan costs `priceFrom` to
    `priceTo` more with it, proven where both agree (`exact`). No `priceTo`: none was found in time.
    """

    request_id: strawberry.ID | None
    bed_id: strawberry.ID | None
    forbidden: list[ForbiddingRule] | None
    price_from: int | None
    price_to: int | None
    exact: bool | None
    terms: list[ScoreTerm] | None
    waived: list[RuleText] | None
    changes: list[PlanChange] | None

    @classmethod
    def of(cls, answer: dict[str, Any], sight: Sight, subject: UUID | None) -> Self:
        return cls(
            sight=sight,
            subject=subject,
            request_id=strawberry.ID(answer["request"]),
            bed_id=strawberry.ID(answer["bed"]),
            forbidden=[_forbidding(each) for each in answer["forbidden"]],
            price_from=answer["price_from"],
            price_to=answer["price_to"],
            exact=answer["exact"],
            terms=_terms(answer["terms"]),
            waived=_rules(answer["waived"]),
            changes=[_change(each) for each in answer["changes"]],
        )


@classified(DataClass.PLACEMENT)
@strawberry.type(name="PlacementConflict")
class ConflictView(View):
    """Why certain patients cannot all be placed.

    `rules`: the smallest set in conflict, empty if all can be placed; `proven`: none is smaller.
    `requestIds`: patients of whom none can be left out of the conflict. `waysOut`: the fewest
    steps that would place everybody. `shortBy`: beds that no step can give.
    """

    rules: list[RuleText] | None
    proven: bool | None
    request_ids: list[strawberry.ID] | None
    ways_out: list[list[ResolvingStep]] | None
    short_by: int | None

    @classmethod
    def of(cls, answer: dict[str, Any], sight: Sight, subject: UUID | None) -> Self:
        return cls(
            sight=sight,
            subject=subject,
            rules=_rules(answer["rules"]),
            proven=answer["proven"],
            request_ids=[strawberry.ID(key) for key in answer["patients"]],
            ways_out=[[_step(step) for step in way] for way in answer["ways_out"]],
            short_by=answer["short_by"],
        )


@classified(DataClass.PLACEMENT)
@strawberry.type(name="PreferenceEffect")
class PreferenceEffectView(View):
    """A bed plan beside the one without personal preferences.

    `missed`: points for wishes not granted; `missedWithout`: what they would be without them.
    `price`: how much more everything else costs because wishes count. `otherwiseRequestIds`: whose
    bed is another one for it.
    """

    missed: int | None
    missed_without: int | None
    clinical: int | None
    clinical_without: int | None
    price: int | None
    otherwise_request_ids: list[strawberry.ID] | None
    exact: bool | None

    @classmethod
    def of(cls, answer: dict[str, Any], sight: Sight, subject: UUID | None) -> Self:
        return cls(
            sight=sight,
            subject=subject,
            missed=answer["missed"],
            missed_without=answer["missed_without"],
            clinical=answer["clinical"],
            clinical_without=answer["clinical_without"],
            price=answer["price"],
            otherwise_request_ids=[strawberry.ID(key) for key in answer["otherwise"]],
            exact=answer["exact"],
        )


def _rules(codes: list[str]) -> list[RuleText]:
    return [RuleText.of(code) for code in codes]


def _terms(terms: list[Any]) -> list[ScoreTerm]:
    return [ScoreTerm(rule=RuleText.of(code), penalty=penalty) for code, penalty in terms]


def _forbidding(each: dict[str, Any]) -> ForbiddingRule:
    waivers = [
        PossibleWaiver(scope=waiver["scope"], key=strawberry.ID(waiver["key"]))
        for waiver in each["waivers"]
    ]
    return ForbiddingRule(rule=RuleText.of(each["rule"]), waivers=waivers)


def _change(each: dict[str, Any]) -> PlanChange:
    return PlanChange(
        request_id=strawberry.ID(each["request"]),
        before_bed_id=_id(each["before"]),
        after_bed_id=_id(each["after"]),
        cost_before=each["cost_before"],
        cost_after=each["cost_after"],
    )


def _step(step: dict[str, Any]) -> ResolvingStep:
    return ResolvingStep(
        rule=RuleText.of(step["rule"]), key=strawberry.ID(step["key"]), nth=step["nth"]
    )


def _id(key: str | None) -> strawberry.ID | None:
    return strawberry.ID(key) if key else None
