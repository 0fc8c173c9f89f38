"""Readings, split by day on PostgreSQL, what is set aside, rollups, limits and retention.

Partitions are made and dropped by two functions that run as their owner: the role that the
program logs in with then needs no right to create tables or to drop them, and can touch no other
table by them. The functions take a day, never a name.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "readings"
down_revision: str | None = "devices"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DAY_US = 86_400_000_000

_MAKE_DAY = f"""
CREATE FUNCTION reading_make_day(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  since bigint := (day - DATE '1970-01-01') * {_DAY_US}::bigint;
BEGIN
  IF to_regclass('reading_p' || to_char(day, 'YYYYMMDD')) IS NOT NULL
     OR EXISTS (SELECT 1 FROM reading_rest r WHERE r.at >= since AND r.at < since + {_DAY_US}) THEN
    RETURN false;  -- rows of the day that came before their partition stay in the rest
  END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF reading FOR VALUES FROM (%s) TO (%s)',
                 'reading_p' || to_char(day, 'YYYYMMDD'), since, since + {_DAY_US});
  RETURN true;
END $$"""
_DROP_DAYS = """
CREATE FUNCTION reading_drop_days(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  partition text;
  dropped integer := 0;
BEGIN
  FOR partition IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'reading'::regclass AND c.relname ~ '^reading_p[0-9]{8}$'
      AND to_date(substr(c.relname, 10), 'YYYYMMDD') < before
  LOOP
    EXECUTE format('DROP TABLE %I', partition);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$"""


def upgrade() -> None:
    _channel()
    _reading()
    _reading_aside()
    _rollup()
    _device_pulse()
    _metric_limit()
    _reading_retention()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE reading_rest PARTITION OF reading DEFAULT")
        op.execute(_MAKE_DAY)
        op.execute(_DROP_DAYS)
        for function in ("reading_make_day(date)", "reading_drop_days(date)"):
            op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION reading_drop_days(date)")
        op.execute("DROP FUNCTION reading_make_day(date)")
    for table in (
        "reading_retention",
        "metric_limit",
        "device_pulse",
        "rollup_progress",
        "rollup_due",
        "rollup",
        "reading_aside",
        "reading",
        "channel",
    ):
        op.drop_table(table)


def _channel() -> None:
    op.create_table(
        "channel",
        sa.Column("id", _COUNTER, primary_key=True, autoincrement=True),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("device_id", sa.Uuid(), sa.ForeignKey("device.id"), nullable=False),
        sa.Column("metric", sa.String(40), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("device_id", "metric", name="one_channel_per_metric"),
        sqlite_autoincrement=True,
    )
    op.create_index("channels_of_hospital", "channel", ["hospital_id", "metric"])


def _moment() -> list[sa.Column[int]]:
    return [
        sa.Column("channel_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), primary_key=True, autoincrement=False),
    ]


def _told() -> list[sa.Column[int]]:
    return [
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
    ]


def _raw() -> list[sa.Column[Any]]:
    return [
        sa.Column("quality", sa.Integer(), nullable=False),
        sa.Column("raw", sa.Float(), nullable=True),
        sa.Column("raw_unit", sa.String(32), nullable=True),
    ]


def _reading() -> None:
    op.create_table(
        "reading",
        *_moment(),
        *_told(),
        sa.Column("value", sa.Float(), nullable=False),
        *_raw(),
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (at)",
    )


def _reading_aside() -> None:
    op.create_table(
        "reading_aside",
        *_moment(),
        sa.Column("reason", sa.String(24), primary_key=True),
        sa.Column("value", sa.Float(), primary_key=True, autoincrement=False),
        *_told(),
        *_raw(),
        sqlite_with_rowid=False,
    )
    op.create_index("asides_in_time", "reading_aside", ["at"])


def _rollup() -> None:
    op.create_table(
        "rollup",
        sa.Column("channel_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("resolution", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("since", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.SmallInteger(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("min", "max", "sum", "last")),
        sa.CheckConstraint("resolution IN (60, 900, 3600, 86400)", name="resolution_known"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_due",
        sa.Column("channel_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("since", sa.BigInteger(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_progress",
        sa.Column("block", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
    )


def _device_pulse() -> None:
    op.create_table(
        "device_pulse",
        sa.Column("device_id", sa.Uuid(), sa.ForeignKey("device.id"), primary_key=True),
        sa.Column("delays", sa.String(200), nullable=False),
        sa.Column("skew_ms", sa.BigInteger(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("missed", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=True),
        sa.Column("same_since", sa.BigInteger(), nullable=True),
        sa.Column("repeats", sa.Integer(), nullable=False),
    )


def _row() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def _metric_limit() -> None:
    op.create_table(
        "metric_limit",
        *_row(),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("metric", sa.String(40), nullable=False),
        sa.Column("device_kind", sa.String(11), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("soft_low", sa.Float(), nullable=True),
        sa.Column("soft_high", sa.Float(), nullable=True),
        sa.CheckConstraint("low < high", name="limits_in_order"),
        sa.UniqueConstraint("hospital_id", "metric", "device_kind", name="limit_once_per_kind"),
    )


def _reading_retention() -> None:
    op.create_table(
        "reading_retention",
        *_row(),
        sa.Column("resolution", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.CheckConstraint("resolution IN (0, 60, 900, 3600, 86400)", name="resolution_known"),
        sa.CheckConstraint("days BETWEEN 2 AND 36500", name="kept_for_a_time"),
        sa.UniqueConstraint("resolution", name="one_retention_per_resolution"),
    )
