"""What GraphQL shows of alarm rules, and of what one would have said."""

from datetime import datetime
from typing import Any, Self

import strawberry
from strawberry.scalars import JSON

from api.bed_views import as_id, maybe_id
from api.places import Names
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.alarms.model import Severity
from domain.alarms.rule_model import AlarmRule, RuleKind, RuleStage
from domain.alarms.trying import Firing, Trial

strawberry.enum(RuleStage, name="AlarmRuleState")


@classified(DataClass.ALARM)
@strawberry.type(name="AlarmRule")
class AlarmRuleView(View):
    """One version of a rule. `rule` is it in full, as YAML has it, limits in the metric's unit."""

    id: strawberry.ID
    hospital_id: strawberry.ID
    ward_id: strawberry.ID | None
    device_kind: str | None
    code: str
    number: int
    state: RuleStage
    kind: RuleKind
    metric: str
    severity: Severity
    text: Names
    rule: JSON
    author_id: strawberry.ID
    drafted_at: datetime
    published_by: strawberry.ID | None
    published_at: datetime | None
    retired_by: strawberry.ID | None
    retired_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: AlarmRule, sight: Sight) -> Self:
        body: Any = row.body
        return cls(
            sight=sight, id=as_id(row.id), hospital_id=as_id(row.hospital_id),
            ward_id=maybe_id(row.ward_id), device_kind=row.device_kind, code=row.code,
            number=row.number, state=row.state, kind=row.kind, metric=row.metric,
            severity=row.severity, text=Names(zh=body["text"]["zh"], en=body["text"]["en"]),
            rule=body, author_id=as_id(row.author_id), drafted_at=row.drafted_at,
            published_by=maybe_id(row.published_by), published_at=row.published_at,
            retired_by=maybe_id(row.retired_by), retired_at=row.retired_at, version=row.version,
        )  # fmt: skip


@classified(DataClass.ALARM)
@strawberry.type
class RuleFiring(View):
    """An alarm that would have been. `value`: the reading with which it opened."""

    entity: str
    place: str
    since: datetime
    until: datetime | None
    value: float | None = shows(DataClass.CLINICAL)

    @classmethod
    def of(cls, found: Firing, sight: Sight) -> Self:
        return cls(sight=sight, subject=found.subject, entity=found.entity, place=found.place,
                   since=found.since, until=found.until, value=found.value)  # fmt: skip


@classified(DataClass.ALARM)
@strawberry.type
class RuleTrial(View):
    """A rule replayed over stored readings. `count` counts every alarm, `firings` has the first
    200."""

    readings: int
    entities: int
    count: int
    firings: list[RuleFiring]

    @classmethod
    def of(cls, found: Trial, sight: Sight, firings: list[RuleFiring]) -> Self:
        return cls(sight=sight, readings=found.readings, entities=found.entities,
                   count=found.count, firings=firings)  # fmt: skip
