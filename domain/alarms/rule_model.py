"""Alarm rules as versioned rows, where each stands for each entity, and what is usual."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlmodel import Field, SQLModel

from domain.alarms.severity import Severity
from domain.places.model import LEDGERED
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope

PUBLISHED = text("state = 'PUBLISHED'")
DRAFTED = text("state = 'DRAFT'")


class RuleKind(StrEnum):
    THRESHOLD = "THRESHOLD"
    RANGE = "RANGE"
    RATE = "RATE"  # change per minute
    DEVIATION = "DEVIATION"  # from this hour of the week, or from the moving mean
    CUSUM = "CUSUM"
    FLATLINE = "FLATLINE"
    ABSENCE = "ABSENCE"
    SCORE = "SCORE"
    MEASURE = "MEASURE"
    FORECAST = "FORECAST"  # a quantile of what is to come


class RuleStage(StrEnum):
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    RETIRED = "RETIRED"


class AlarmRule(Row, table=True):
    """One version of a rule; a published one is never edited, a new version follows it.

    Without `ward_id` it is for the whole hospital, without `device_kind` for all devices.
    `metric` is of the catalogue, or the name of a measure or score. `body` is the rule in full.
    """

    __tablename__ = "alarm_rule"
    __table_args__ = (
        one_of("kind", RuleKind),
        one_of("severity", Severity),
        one_of("state", RuleStage),
        UniqueConstraint("hospital_id", "code", "number", name="rule_version_once"),
        CheckConstraint("number >= 1", name="numbers_from_one"),
        CheckConstraint("published_by <> author_id", name="published_by_a_second_person"),
        CheckConstraint("state <> 'PUBLISHED' OR published_by IS NOT NULL",
                        name="published_by_somebody"),
        CheckConstraint("(state = 'RETIRED') = (retired_at IS NOT NULL)", name="retired_once"),
        Index("one_published_version", "hospital_id", "code", unique=True,
              sqlite_where=PUBLISHED, postgresql_where=PUBLISHED),
        Index("one_draft", "hospital_id", "code", unique=True, sqlite_where=DRAFTED,
              postgresql_where=DRAFTED),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    device_kind: str | None = Field(default=None, max_length=11, sa_column_kwargs=LEDGERED)
    code: str = Field(max_length=64, sa_column_kwargs=LEDGERED)
    number: int  # of the version, from 1
    state: RuleStage = Field(default=RuleStage.DRAFT, sa_type=words(RuleStage))
    kind: RuleKind = Field(sa_type=words(RuleKind))
    metric: str = Field(max_length=40, sa_column_kwargs=LEDGERED)
    severity: Severity = Field(sa_type=words(Severity))
    body: dict[str, Any] = Field(sa_type=JSON)
    body_hash: str = Field(max_length=64, sa_column_kwargs=LEDGERED)  # SHA-256 of its JSON
    author_id: UUID
    drafted_at: datetime = Field(sa_type=UtcTime)
    published_by: UUID | None = None
    published_at: datetime | None = Field(default=None, sa_type=UtcTime)
    retired_by: UUID | None = None
    retired_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


# Where a rule stands for an entity, from the moment on that there is something to remember.
# Telemetry: written in bulk, times in microseconds since 1970.
RULE_STATE = Table(
    "rule_state", SQLModel.metadata,
    Column("rule_id", Uuid(), ForeignKey("alarm_rule.id"), primary_key=True),
    Column("entity", String(80), primary_key=True),
    Column("hospital_id", Uuid(), ForeignKey("hospital.id"), nullable=False),
    Column("phase", String(8), nullable=False),
    Column("since", BigInteger(), nullable=False),  # by the device's clock
    Column("last_at", BigInteger(), nullable=False),
    Column("heard", BigInteger(), nullable=False),  # by ours
    Column("due", BigInteger(), nullable=True),  # by ours: when the delay ends without a sample
    Column("count", Integer(), nullable=False),
    Column("value", Float(), nullable=False),
    Column("device_id", Uuid(), nullable=True),  # which device told last
    Column("ward_id", Uuid(), nullable=True),
    Column("encounter_id", Uuid(), nullable=True),  # whose readings they were
    Column("memory", JSON(), nullable=False),
    CheckConstraint("phase IN ('NORMAL', 'PENDING', 'FIRING', 'CLEARING', 'NO_DATA')",
                    name="phase_known"),
    Index("rule_states_of_entity", "hospital_id", "entity"),
    Index("rule_states_due", "due", sqlite_where=text("due IS NOT NULL"),
          postgresql_where=text("due IS NOT NULL")),
    sqlite_with_rowid=False,
)  # fmt: skip

# Median and MAD of a channel in each hour of the week, by the hospital's clock.
METRIC_BASELINE = Table(
    "metric_baseline", SQLModel.metadata,
    Column("channel_id", BigInteger(), ForeignKey("channel.id"), primary_key=True,
           autoincrement=False),
    Column("hour", SmallInteger(), primary_key=True, autoincrement=False),  # 0: Monday, midnight
    Column("median", Float(), nullable=False),
    Column("mad", Float(), nullable=False),
    Column("count", Integer(), nullable=False),
    Column("learnt", BigInteger(), nullable=False),
    CheckConstraint("hour BETWEEN 0 AND 167", name="hour_of_week"),
    sqlite_with_rowid=False,
)  # fmt: skip
