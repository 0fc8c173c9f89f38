"""Questions about plans of admissions in GraphQL, each answered by a solver in its own process."""

from datetime import date
from typing import Any, Self
from uuid import UUID

import strawberry

from api.limits import ONCE
from api.plan_views import Hindrance, RuleText, ScoreTerm
from api.query import Reader
from api.question import question
from api.sight import Sight, View, classified
from authz.classes import DataClass
from domain.admissions import questions
from domain.plans.asked import Asked, item_in_reach


@classified(DataClass.BED)
@strawberry.type
class OtherStay:
    """Another date and room for the whole stay.

    With it the whole plan costs `priceFrom` to `priceTo` more, proven where both agree (`exact`).
    """

    day: date
    room_id: strawberry.ID
    price_from: int | None
    price_to: int | None
    exact: bool
    terms: list[ScoreTerm]

    @classmethod
    def of(cls, stay: dict[str, Any]) -> Self:
        return cls(
            day=date.fromisoformat(stay["day"]),
            room_id=strawberry.ID(stay["room"]),
            price_from=stay["price_from"],
            price_to=stay["price_to"],
            exact=stay["exact"],
            terms=_terms(stay["terms"]),
        )


@classified(DataClass.PLACEMENT)
@strawberry.type(name="AdmissionExplanation")
class AdmissionExplanationView(View):
    """Why a patient has this date and room, or none, and the cheapest others.

    `complete`: no date and room that is left out is cheaper than the last of `others`.
    """

    key: str | None
    day: date | None
    room_id: strawberry.ID | None
    cost: int | None
    terms: list[ScoreTerm] | None
    kept: list[RuleText] | None
    waived: list[RuleText] | None
    reasons: list[Hindrance] | None
    others: list[OtherStay] | None
    complete: bool | None

    @classmethod
    def of(cls, answer: dict[str, Any], sight: Sight, subject: UUID | None) -> Self:
        day, room = answer["day"], answer["room"]
        return cls(
            sight=sight,
            subject=subject,
            key=answer["key"],
            day=date.fromisoformat(day) if day else None,
            room_id=strawberry.ID(room) if room else None,
            cost=answer["cost"],
            terms=_terms(answer["terms"]),
            kept=[RuleText.kept(code) for code in answer["kept"]],
            waived=[RuleText.of(code) for code in answer["waived"]],
            reasons=[Hindrance.of(each) for each in answer["hindrances"]],
            others=[OtherStay.of(each) for each in answer["others"]],
            complete=answer["complete"],
        )


@classified(DataClass.PLACEMENT)
@strawberry.type(name="AdmissionWhyNot")
class AdmissionWhyNotView(View):
    """Why a patient does not come on a certain day into a certain room.

    Either rules forbid it, or the whole plan costs `priceFrom` to `priceTo` more with it, proven
    where both agree (`exact`). No `priceTo`: none was found in time.
    """

    day: date | None
    room_id: strawberry.ID | None
    forbidden: list[RuleText] | None
    price_from: int | None
    price_to: int | None
    exact: bool | None
    terms: list[ScoreTerm] | None

    @classmethod
    def of(cls, answer: dict[str, Any], sight: Sight, subject: UUID | None) -> Self:
        return cls(
            sight=sight,
            subject=subject,
            day=date.fromisoformat(answer["day"]),
            room_id=strawberry.ID(answer["room"]),
            forbidden=[RuleText.of(code) for code in answer["forbidden"]],
            price_from=answer["price_from"],
            price_to=answer["price_to"],
            exact=answer["exact"],
            terms=_terms(answer["terms"]),
        )


def _terms(terms: list[Any]) -> list[ScoreTerm]:
    return [ScoreTerm(rule=RuleText.of(code), penalty=penalty) for code, penalty in terms]


@strawberry.type
class AdmissionQuestions:
    @question("plan.read", returns=AdmissionExplanationView, **{ONCE: True})
    def explain_admission(self, reader: Reader, item_id: UUID) -> Asked:
        """Why a patient of an admission plan has a date and room, and what others would cost."""
        plan, item = item_in_reach(reader.session, reader.scopes, item_id)
        return questions.other_stays(reader.session, plan, item)

    @question("plan.read", returns=AdmissionWhyNotView, **{ONCE: True})
    def why_not_admission(self, reader: Reader, item_id: UUID, day: date, room_id: UUID) -> Asked:
        """Why a patient of an admission plan does not come on a certain day into a certain room:
        what forbids it, or how much dearer it is."""
        plan, item = item_in_reach(reader.session, reader.scopes, item_id)
        return questions.why_not(reader.session, plan, item, day, room_id)
