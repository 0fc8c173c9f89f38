"""Readings and what is made of them: rows without versions, written in bulk, kept for a while.

Times are microseconds since 1970 UTC. On SQLite the tables are trees without row ids; on
PostgreSQL `reading` is split by day of `at`, with a partition for the rest.
"""

from uuid import UUID

from sqlalchemy import (
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
)
from sqlmodel import Field, SQLModel

from domain.places.model import LEDGERED
from kit.rows import Row
from kit.work import Scope

ANY_KIND = "ANY"
_METADATA = SQLModel.metadata
_COUNTER = BigInteger().with_variant(Integer, "sqlite")

# One metric of one device. Its number stands for both in everything below.
CHANNEL = Table(
    "channel", _METADATA,
    Column("id", _COUNTER, primary_key=True, autoincrement=True),
    Column("hospital_id", Uuid(), ForeignKey("hospital.id"), nullable=False),
    Column("device_id", Uuid(), ForeignKey("device.id"), nullable=False),
    Column("metric", String(40), nullable=False),
    Column("opened", BigInteger(), nullable=False),
    UniqueConstraint("device_id", "metric", name="one_channel_per_metric"),
    Index("channels_of_hospital", "hospital_id", "metric"),
    sqlite_autoincrement=True,
)  # fmt: skip

# No foreign key: checking it would cost as much as storing the row. Channels are never deleted.
READING = Table(
    "reading", _METADATA,
    Column("channel_id", BigInteger(), primary_key=True, autoincrement=False),
    Column("at", BigInteger(), primary_key=True, autoincrement=False),  # by the device
    Column("received", BigInteger(), nullable=False),
    Column("stored", BigInteger(), nullable=False),
    Column("value", Float(), nullable=False),  # in the metric's canonical unit
    Column("quality", Integer(), nullable=False),  # domain/readings/quality.py
    Column("raw", Float(), nullable=True),  # as sent, where that was another number
    Column("raw_unit", String(32), nullable=True),
    sqlite_with_rowid=False, postgresql_partition_by="RANGE (at)",
)  # fmt: skip

# What was refused as impossible, and what a correction replaced.
READING_ASIDE = Table(
    "reading_aside", _METADATA,
    Column("channel_id", BigInteger(), primary_key=True, autoincrement=False),
    Column("at", BigInteger(), primary_key=True, autoincrement=False),
    Column("reason", String(24), primary_key=True),
    Column("value", Float(), primary_key=True, autoincrement=False),
    Column("received", BigInteger(), nullable=False),
    Column("stored", BigInteger(), nullable=False),
    Column("quality", Integer(), nullable=False),
    Column("raw", Float(), nullable=True),
    Column("raw_unit", String(32), nullable=True),
    Index("asides_in_time", "at"),
    sqlite_with_rowid=False,
)  # fmt: skip

ROLLUP = Table(
    "rollup", _METADATA,
    Column("channel_id", BigInteger(), primary_key=True, autoincrement=False),
    Column("resolution", Integer(), primary_key=True, autoincrement=False),  # seconds
    Column("since", BigInteger(), primary_key=True, autoincrement=False),
    Column("count", Integer(), nullable=False),
    Column("minutes", SmallInteger(), nullable=False),  # of it with a reading
    Column("min", Float(), nullable=False),
    Column("max", Float(), nullable=False),
    Column("sum", Float(), nullable=False),
    Column("last", Float(), nullable=False),
    CheckConstraint("resolution IN (60, 900, 3600, 86400)", name="resolution_known"),
    sqlite_with_rowid=False,
)  # fmt: skip

# Minutes that changed after they were rolled up.
ROLLUP_DUE = Table(
    "rollup_due", _METADATA,
    Column("channel_id", BigInteger(), primary_key=True, autoincrement=False),
    Column("since", BigInteger(), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)  # fmt: skip

# Up to where the channels of a block (id // 512) are rolled up.
ROLLUP_PROGRESS = Table(
    "rollup_progress", _METADATA,
    Column("block", BigInteger(), primary_key=True, autoincrement=False),
    Column("until", BigInteger(), nullable=False),
)  # fmt: skip


# What is remembered of each device from message to message: its clock, its numbering, and
# since when its whole record has been the same.
DEVICE_PULSE = Table(
    "device_pulse", _METADATA,
    Column("device_id", Uuid(), ForeignKey("device.id"), primary_key=True),
    Column("delays", String(200), nullable=False),  # ms of the last messages, with commas
    Column("skew_ms", BigInteger(), nullable=True),  # their median, while they agree
    Column("sequence", BigInteger(), nullable=True),  # of the last message
    Column("missed", BigInteger(), nullable=False),  # messages, by their numbers
    Column("record", BigInteger(), nullable=True),  # fingerprint of the last whole record
    Column("same_since", BigInteger(), nullable=True),
    Column("repeats", Integer(), nullable=False),
)  # fmt: skip


class MetricLimit(Row, table=True):
    """Limits of one hospital in the place of the catalogue's, for a kind of device or for ANY."""

    __tablename__ = "metric_limit"
    __table_args__ = (
        UniqueConstraint("hospital_id", "metric", "device_kind", name="limit_once_per_kind"),
        CheckConstraint("low < high", name="limits_in_order"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    metric: str = Field(max_length=40, sa_column_kwargs=LEDGERED)
    device_kind: str = Field(default=ANY_KIND, max_length=11, sa_column_kwargs=LEDGERED)
    low: float  # in the canonical unit, like the others
    high: float
    soft_low: float | None = None
    soft_high: float | None = None

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)


class ReadingRetention(Row, table=True):
    """How long readings of a resolution are kept, where that is not the usual time.

    Resolution 0 are the readings themselves.
    """

    __tablename__ = "reading_retention"
    __table_args__ = (
        UniqueConstraint("resolution", name="one_retention_per_resolution"),
        CheckConstraint("resolution IN (0, 60, 900, 3600, 86400)", name="resolution_known"),
        CheckConstraint("days BETWEEN 2 AND 36500", name="kept_for_a_time"),
    )

    resolution: int  # seconds
    days: int
