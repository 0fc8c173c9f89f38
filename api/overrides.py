"""How people overrode plans, in GraphQL."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.query import Reader, query
from api.sight import Sight, View, classified
from authz.classes import DataClass
from domain.measures.overrides import (
    Afterwards,
    Answer,
    OverrideStatistics,
    Person,
    Verdict,
    override_statistics,
)
from kit.work import Scope

strawberry.enum(Answer, name="PlanItemAnswer")
strawberry.enum(Verdict, name="OverrideVerdict")


@classified(DataClass.BED)
@strawberry.type
class OverrideReasonCount:
    reason: str
    decisions: int


@classified(DataClass.ROSTER)
@strawberry.type(name="OverridePerson")
class OverridePersonView(View):
    """An account, by its pseudonymous id: how many decisions, how many otherwise than the plan."""

    account_id: strawberry.ID | None
    decided: int | None
    otherwise: int | None

    @classmethod
    def of(cls, person: Person, sight: Sight) -> Self:
        return cls(
            sight=sight,
            account_id=strawberry.ID(str(person.account_id)),
            decided=person.decided,
            otherwise=person.otherwise,
        )


@classified(DataClass.BED)
@strawberry.type
class OverrideOutcome:
    """What became of the patients whose items got this answer.

    `cases` got a bed after the decision, `waiting` none so far. Of the cases: minutes until the bed
    on average, moved again within 24 and 48 hours, in it by a waiver, in a ward that does not treat
    their specialty. `verdict` compares with the accepted; it says what happened, not why.
    """

    answer: Answer
    cases: int
    waiting: int
    waited_minutes_mean: float | None
    moved_within24h: int
    moved_within48h: int
    on_waiver: int
    outliers: int
    verdict: Verdict | None

    @classmethod
    def of(cls, group: Afterwards) -> Self:
        return cls(
            answer=group.answer,
            cases=group.cases,
            waiting=group.waiting,
            waited_minutes_mean=group.waited_min,
            moved_within24h=group.moved_24h,
            moved_within48h=group.moved_48h,
            on_waiver=group.on_waiver,
            outliers=group.outliers,
            verdict=group.verdict,
        )


@classified(DataClass.BED)
@strawberry.type(name="OverrideStatistics")
class OverrideStatisticsView(View):
    """Decisions of people about the plans of a kind: items decided, as planned or otherwise."""

    since: datetime
    until: datetime
    decided: int
    accepted: int
    changed: int
    rejected: int
    reasons: list[OverrideReasonCount]
    people: list[OverridePersonView]
    outcomes: list[OverrideOutcome]

    @classmethod
    def of(cls, found: OverrideStatistics, sight: Sight) -> Self:
        return cls(
            sight=sight,
            since=found.since,
            until=found.until,
            decided=found.decided,
            accepted=found.answers[Answer.ACCEPTED],
            changed=found.answers[Answer.CHANGED],
            rejected=found.answers[Answer.REJECTED],
            reasons=[OverrideReasonCount(reason=r, decisions=n) for r, n in found.reasons],
            people=[OverridePersonView.of(person, sight) for person in found.people],
            outcomes=[OverrideOutcome.of(group) for group in found.afterwards],
        )


@strawberry.type
class OverrideQueries:
    @query("override.read")
    def override_statistics(
        self, reader: Reader, hospital_id: UUID, since: datetime, until: datetime, plan_kind: str
    ) -> OverrideStatisticsView:
        """How often people decided otherwise than the plans of a kind, who, why, and how it went
        for the patients afterwards."""
        found = override_statistics(
            reader.session, reader.scopes, hospital_id, since, until, plan_kind
        )
        return OverrideStatisticsView.of(found, reader.sight(Scope(hospital_id)))
