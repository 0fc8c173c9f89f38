"""What GraphQL shows of alarms: that there is one, where, who has taken note; values apart."""

from datetime import datetime
from typing import Self

import strawberry

from api.bed_views import as_id, maybe_id
from api.places import Names
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.alarms.lifecycle import OF_READINGS
from domain.alarms.model import (
    Alarm,
    AlarmEvent,
    AlarmFlood,
    AlarmKind,
    AlarmLimit,
    AlarmState,
    EventKind,
    Severity,
)
from domain.alarms.steps import told_last

for _words in (AlarmKind, AlarmState, Severity):
    strawberry.enum(_words)
strawberry.enum(EventKind, name="AlarmEventKind")


@classified(DataClass.ALARM)
@strawberry.type(name="Alarm")
class AlarmView(View):
    """Something is wrong in a place. Its state in the words of ISA-18.2: `isaState`.

    `value` is the patient's reading and shows only to who may see it; `measure` is a figure
    that is about no patient, e.g. an occupancy. `leadId`: the alarm that leads its group.
    `told`: the role that it has risen to; null while it is with those who look after the place.
    """

    id: strawberry.ID
    hospital_id: strawberry.ID
    ward_id: strawberry.ID | None
    kind: AlarmKind
    severity: Severity
    state: AlarmState
    isa_state: str
    active: bool
    entity: str
    place_code: str | None
    rule_id: strawberry.ID | None
    device_id: strawberry.ID | None
    bed_id: strawberry.ID | None
    encounter_id: strawberry.ID | None = shows(DataClass.PLACEMENT)
    metric: str | None
    value: float | None = shows(DataClass.CLINICAL)
    measure: float | None
    threshold: float | None
    text: Names
    opened_at: datetime
    measured_at: datetime | None
    acked_at: datetime | None
    acked_by: strawberry.ID | None
    ack_until: datetime | None
    shelved_until: datetime | None
    shelved_by: strawberry.ID | None
    resolved_at: datetime | None
    resolved_by: str | None
    lead_id: strawberry.ID | None
    flood: bool
    level: int
    told: str | None
    next_step_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Alarm, sight: Sight) -> Self:
        of_reading = row.kind in OF_READINGS
        return cls(
            sight=sight,
            subject=row.subject,
            id=as_id(row.id),
            hospital_id=as_id(row.hospital_id),
            ward_id=maybe_id(row.ward_id),
            kind=row.kind,
            severity=row.severity,
            state=row.state,
            isa_state=ISA_STATES[row.state],
            active=row.active,
            entity=row.entity,
            place_code=row.place_code,
            rule_id=maybe_id(row.rule_id),
            device_id=maybe_id(row.device_id),
            bed_id=maybe_id(row.bed_id),
            encounter_id=maybe_id(row.encounter_id),
            metric=row.metric,
            value=row.value if of_reading else None,
            measure=None if of_reading else row.value,
            threshold=row.threshold,
            text=Names(zh=row.text_zh, en=row.text_en),
            opened_at=row.opened_at,
            measured_at=row.raised_by_at,
            acked_at=row.acked_at,
            acked_by=maybe_id(row.acked_by),
            ack_until=row.ack_until,
            shelved_until=row.shelved_until,
            shelved_by=maybe_id(row.shelved_by),
            resolved_at=row.resolved_at,
            resolved_by=row.resolved_by,
            lead_id=maybe_id(row.group_id),
            flood=row.flood,
            level=row.level,
            told=told_last(row),
            next_step_at=row.next_step_at,
            version=row.version,
        )


ISA_STATES = {
    AlarmState.OPEN: "UNACK",
    AlarmState.ACKED: "ACKED",
    AlarmState.SHELVED: "SHLVD",
    AlarmState.RESOLVED: "NORM",
}


@classified(DataClass.ALARM)
@strawberry.type(name="AlarmEvent")
class AlarmEventView(View):
    """One line of an alarm's history. `channels` says by which ways people were to be told."""

    id: strawberry.ID
    number: int
    kind: EventKind
    severity: Severity
    level: int
    told: str | None
    channels: list[str]
    at: datetime
    by: strawberry.ID | None
    reason: str | None
    count: int | None

    @classmethod
    def of(cls, row: AlarmEvent, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=as_id(row.id),
            number=row.number,
            kind=row.kind,
            severity=row.severity,
            level=row.level,
            told=row.to,
            channels=list(row.channels),
            at=row.at,
            by=maybe_id(row.by),
            reason=row.reason,
            count=row.count,
        )


@classified(DataClass.ALARM)
@strawberry.type(name="AlarmFlood")
class FloodView(View):
    """More alarms in a place than people can follow; low and medium ones are told together."""

    ward_id: strawberry.ID | None
    since: datetime
    alarms: int

    @classmethod
    def of(cls, row: AlarmFlood, sight: Sight) -> Self:
        return cls(sight=sight, ward_id=maybe_id(row.ward_id), since=row.since, alarms=row.alarms)


@classified(DataClass.ALARM)
@strawberry.type(name="AlarmLimit")
class LimitView(View):
    """For how many seconds alarms of a severity may be shelved and stay acknowledged."""

    severity: Severity
    longest_shelf_s: int
    ack_timeout_s: int

    @classmethod
    def of(cls, row: AlarmLimit, sight: Sight) -> Self:
        return cls(
            sight=sight,
            severity=row.severity,
            longest_shelf_s=row.longest_shelf_s,
            ack_timeout_s=row.ack_timeout_s,
        )


@classified(DataClass.ALARM)
@strawberry.type
class AlarmsEvent(View):
    """The unresolved alarms of a place after a change: the worst first, shelved ones last.

    Whole each time, so that a screen that was away has missed none. `total` counts all of them,
    `more` says that not all are in the list.
    """

    cursor: str
    as_of: datetime
    total: int
    unacknowledged: int
    critical: int
    alarms: list[AlarmView]
    more: bool
    floods: list[FloodView]
