"""Alarms: what is wrong, how bad, who has taken note, and what happens next if nobody does."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from domain.alarms.rule_model import AlarmRule
from domain.alarms.severity import Severity
from domain.places.model import LEDGERED
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope

__all__ = [
    "Alarm",
    "AlarmEvent",
    "AlarmFlood",
    "AlarmKind",
    "AlarmLimit",
    "AlarmState",
    "EventKind",
    "Severity",
]


class AlarmKind(StrEnum):
    THRESHOLD = "THRESHOLD"
    RANGE = "RANGE"
    RATE = "RATE"
    DEVIATION = "DEVIATION"
    CUSUM = "CUSUM"
    FLATLINE = "FLATLINE"
    NO_DATA = "NO_DATA"  # silence, by the server's clock
    CLOCK_SKEW = "CLOCK_SKEW"
    SCORE = "SCORE"
    MEASURE = "MEASURE"
    FORECAST = "FORECAST"
    IMPERSONATION = "IMPERSONATION"  # a device that spoke as another
    SERVICE = "SERVICE"  # of the program itself


class AlarmState(StrEnum):
    """With the names of ISA-18.2. Escalated is OPEN with a level above 0."""

    OPEN = "OPEN"  # UNACK: unacknowledged
    ACKED = "ACKED"  # ACKED: somebody has taken note, until the acknowledgement times out
    SHELVED = "SHELVED"  # SHLVD: put aside by somebody for a while
    RESOLVED = "RESOLVED"  # NORM: over


class EventKind(StrEnum):
    OPENED = "OPENED"
    ACKED = "ACKED"
    ACK_TIMED_OUT = "ACK_TIMED_OUT"
    ESCALATED = "ESCALATED"
    RE_ALARMED = "RE_ALARMED"  # still unacknowledged, or it became worse
    SHELVED = "SHELVED"
    UNSHELVED = "UNSHELVED"
    RESOLVED = "RESOLVED"
    GROUPED = "GROUPED"
    FLOODED = "FLOODED"  # one notice for `count` alarms that are not told singly
    NOTE = "NOTE"


UNRESOLVED = text("resolved_at IS NULL")
STEPPING = text("next_step_at IS NOT NULL")
FLOODING = text("until IS NULL")


class Alarm(Row, table=True):
    """One unresolved alarm per source and entity; `source` is its rule, else its kind.

    State and next step stand in this row, so a step and its mark are one write. `active` says
    whether the condition holds: a shelved alarm outlives it. `steps_taken` has a bit per step of
    `escalation`. `place_code` is what the bed, else the device was called when it opened.
    `group_id` is the alarm that leads the group; null for one that leads or stands alone.
    """

    __table_args__ = (
        one_of("kind", AlarmKind),
        one_of("severity", Severity),
        one_of("state", AlarmState),
        CheckConstraint("(state = 'RESOLVED') = (resolved_at IS NOT NULL)", name="resolved_once"),
        CheckConstraint("(state = 'SHELVED') = (shelved_until IS NOT NULL)", name="shelf_has_end"),
        CheckConstraint("state <> 'ACKED' OR acked_by IS NOT NULL", name="acked_by_somebody"),
        CheckConstraint("state <> 'RESOLVED' OR next_step_at IS NULL", name="over_is_over"),
        CheckConstraint("group_id <> id", name="not_led_by_itself"),
        Index("one_unresolved_alarm", "entity", "source", "hospital_id", unique=True,
              sqlite_where=UNRESOLVED, postgresql_where=UNRESOLVED),
        Index("unresolved_alarms", "hospital_id", "ward_id", sqlite_where=UNRESOLVED,
              postgresql_where=UNRESOLVED),
        Index("alarms_to_step", "next_step_at", sqlite_where=STEPPING, postgresql_where=STEPPING),
        Index("alarms_in_time", "hospital_id", "ward_id", "opened_at"),
        Index("alarms_of_group", "group_id", sqlite_where=UNRESOLVED, postgresql_where=UNRESOLVED),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    kind: AlarmKind = Field(sa_type=words(AlarmKind))
    severity: Severity = Field(sa_type=words(Severity))
    state: AlarmState = Field(default=AlarmState.OPEN, sa_type=words(AlarmState))
    source: str = Field(max_length=64, sa_column_kwargs=LEDGERED)  # rule:<uuid> or kind:<KIND>
    entity: str = Field(max_length=80, sa_column_kwargs=LEDGERED)  # bed:<uuid>, service:<name> …
    rule_id: UUID | None = Field(default=None, foreign_key=f"{AlarmRule.__tablename__}.id")
    place_code: str | None = Field(default=None, max_length=64, sa_column_kwargs=LEDGERED)
    device_id: UUID | None = Field(default=None, foreign_key="device.id")
    bed_id: UUID | None = Field(default=None, foreign_key="bed.id")
    encounter_id: UUID | None = Field(default=None, foreign_key="encounter.id")
    subject: UUID | None = None
    metric: str | None = Field(default=None, max_length=40, sa_column_kwargs=LEDGERED)
    value: float | None = None
    threshold: float | None = None
    text_zh: str = Field(max_length=200)
    text_en: str = Field(max_length=200)
    opened_at: datetime = Field(sa_type=UtcTime)
    raised_by_at: datetime | None = Field(default=None, sa_type=UtcTime)  # by the device's clock
    active: bool = True
    unacked_since: datetime = Field(sa_type=UtcTime)
    announced_at: datetime = Field(sa_type=UtcTime)  # when people were last told
    acked_at: datetime | None = Field(default=None, sa_type=UtcTime)
    acked_by: UUID | None = None
    ack_until: datetime | None = Field(default=None, sa_type=UtcTime)
    shelved_until: datetime | None = Field(default=None, sa_type=UtcTime)
    shelved_by: UUID | None = None
    resolved_at: datetime | None = Field(default=None, sa_type=UtcTime)
    resolved_by: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)  # code
    group_id: UUID | None = Field(default=None, foreign_key="alarm.id")
    flood: bool = False
    level: int = 0  # escalation steps taken
    steps_taken: int = 0
    next_step_at: datetime | None = Field(default=None, sa_type=UtcTime)
    realarm_s: int | None = None
    ack_timeout_s: int | None = None
    notify: list[str] = Field(default_factory=list, sa_type=JSON)  # channels
    escalation: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    events: int = 0  # how many AlarmEvents there are

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class AlarmEvent(Row, table=True):
    """One line of an alarm's history; never changed. Notices are planned from these rows.

    `channels` is empty where nobody is to be told of this line by itself. `to` is the role or
    list that an escalation goes to; null means those who look after the place.
    """

    __tablename__ = "alarm_event"
    __table_args__ = (
        one_of("kind", EventKind),
        one_of("severity", Severity),
        UniqueConstraint("alarm_id", "number", name="alarm_events_in_order"),
        Index("alarm_events_in_time", "hospital_id", "at"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    alarm_id: UUID = Field(foreign_key="alarm.id")
    number: int  # from 1, without gaps
    kind: EventKind = Field(sa_type=words(EventKind))
    severity: Severity = Field(sa_type=words(Severity))
    level: int = 0
    to: str | None = Field(default=None, max_length=80, sa_column_kwargs=LEDGERED)
    channels: list[str] = Field(default_factory=list, sa_type=JSON)
    at: datetime = Field(sa_type=UtcTime)
    by: UUID | None = None
    reason: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)  # code
    count: int | None = None


class AlarmFlood(Row, table=True):
    """More alarms in a ward (or of a hospital as a whole) than people can follow."""

    __tablename__ = "alarm_flood"
    __table_args__ = (
        CheckConstraint("since <= until", name="since_before_until"),
        CheckConstraint("(until IS NULL) = (next_step_at IS NOT NULL)", name="flood_is_watched"),
        Index("one_flood_per_place", "hospital_id", "place", unique=True, sqlite_where=FLOODING,
              postgresql_where=FLOODING),
        Index("floods_to_step", "next_step_at", sqlite_where=STEPPING, postgresql_where=STEPPING),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    place: str = Field(max_length=80, sa_column_kwargs=LEDGERED)  # Scope.path, never null
    alarm_id: UUID = Field(foreign_key="alarm.id")  # with which it began
    since: datetime = Field(sa_type=UtcTime)
    until: datetime | None = Field(default=None, sa_type=UtcTime)
    next_step_at: datetime | None = Field(default=None, sa_type=UtcTime)
    alarms: int = 0  # that made it one, and opened while it lasted
    untold: int = 0  # lines of history left to the next notice
    channels: list[str] = Field(default_factory=list, sa_type=JSON)  # of all that were coalesced

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class AlarmLimit(Row, table=True):
    """What a hospital allows for alarms of a severity, where it differs from limits.csv."""

    __tablename__ = "alarm_limit"
    __table_args__ = (
        one_of("severity", Severity),
        UniqueConstraint("hospital_id", "severity", name="one_limit_per_severity"),
        CheckConstraint("longest_shelf_s BETWEEN 60 AND 604800", name="shelf_of_use"),
        CheckConstraint("ack_timeout_s BETWEEN 60 AND 604800", name="ack_timeout_of_use"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    severity: Severity = Field(sa_type=words(Severity))
    longest_shelf_s: int
    ack_timeout_s: int

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)
