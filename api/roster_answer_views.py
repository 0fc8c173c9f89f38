"""What GraphQL shows of answers about roster plans: who else, and why not."""

from datetime import date
from typing import Any, Self
from uuid import UUID

import strawberry

from api.plan_views import RuleText, ScoreTerm
from api.roster_plan_views import rule_text
from api.sight import Sight, View, classified
from authz.classes import DataClass


@classified(DataClass.ROSTER)
@strawberry.type
class DutyTaker:
    """Somebody else for a duty. `price`: how much dearer the whole plan becomes, at most that much
    where it is not `exact`. `terms`: of their line with the duty and nothing else changed; none
    where more has to."""

    staff_id: strawberry.ID
    price: int
    exact: bool
    terms: list[ScoreTerm]


@classified(DataClass.ROSTER)
@strawberry.type
class ChangedDay:
    """A person's day that would be another: a shift before and after; none: free."""

    staff_id: strawberry.ID
    day: date
    before_shift_id: strawberry.ID | None
    after_shift_id: strawberry.ID | None


@classified(DataClass.ROSTER)
@strawberry.type(name="WhoElse")
class WhoElseView(View):
    """The five cheapest people who could take a duty over, cheapest first.

    Nobody: a hard rule keeps every other person from it, or no way was found in time.
    """

    shift_id: strawberry.ID | None
    others: list[DutyTaker] | None

    @classmethod
    def of(cls, answer: dict[str, Any], sight: Sight, subject: UUID | None) -> Self:
        return cls(
            sight=sight,
            subject=subject,
            shift_id=strawberry.ID(answer["shift"]),
            others=[
                DutyTaker(
                    staff_id=strawberry.ID(each["staff"]),
                    price=each["price"],
                    exact=each["exact"],
                    terms=[
                        ScoreTerm(rule=rule_text(code), penalty=points)
                        for code, points in each["terms"]
                    ],
                )
                for each in answer["others"]
            ],
        )


@classified(DataClass.ROSTER)
@strawberry.type(name="WhyNotDuty")
class WhyNotDutyView(View):
    """Why somebody has not a certain shift.

    Either hard rules forbid it as the rest of their line stands, or the whole plan costs
    `priceFrom` to `priceTo` more with it, proven where both agree (`exact`).
    """

    forbidden: list[RuleText] | None
    price_from: int | None
    price_to: int | None
    exact: bool | None
    changes: list[ChangedDay] | None

    @classmethod
    def of(cls, answer: dict[str, Any], sight: Sight, subject: UUID | None) -> Self:
        return cls(
            sight=sight,
            subject=subject,
            forbidden=[rule_text(code) for code in answer["forbidden"]],
            price_from=answer["price_from"],
            price_to=answer["price"],
            exact=answer["exact"],
            changes=[_change(each) for each in answer["changes"]],
        )


def _change(each: dict[str, Any]) -> ChangedDay:
    return ChangedDay(
        staff_id=strawberry.ID(each["staff"]),
        day=date.fromisoformat(each["day"]),
        before_shift_id=strawberry.ID(each["before"]) if each["before"] else None,
        after_shift_id=strawberry.ID(each["after"]) if each["after"] else None,
    )
