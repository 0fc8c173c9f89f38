"""Alarm rules, where each stands for each entity, and baselines of metrics."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "alarm_rules"
down_revision: str | None = "readings"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_PUBLISHED = sa.text("state = 'PUBLISHED'")
_DRAFTED = sa.text("state = 'DRAFT'")
_DUE = sa.text("due IS NOT NULL")
_KINDS = (
    "'THRESHOLD', 'RANGE', 'RATE', 'DEVIATION', 'CUSUM', 'FLATLINE', 'ABSENCE', 'SCORE', 'MEASURE'"
)


def upgrade() -> None:
    _alarm_rule()
    _rule_state()
    _metric_baseline()


def downgrade() -> None:
    for table in ("metric_baseline", "rule_state", "alarm_rule"):
        op.drop_table(table)


def _alarm_rule() -> None:
    op.create_table(
        "alarm_rule",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("ward_id", sa.Uuid(), sa.ForeignKey("ward.id"), nullable=True),
        sa.Column("device_kind", sa.String(11), nullable=True),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("kind", sa.String(9), nullable=False),
        sa.Column("metric", sa.String(40), nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", UtcTime(), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("published_at", UtcTime(), nullable=True),
        sa.Column("retired_by", sa.Uuid(), nullable=True),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name="kind_known"),
        sa.CheckConstraint(
            "severity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')", name="severity_known"
        ),
        sa.CheckConstraint("state IN ('DRAFT', 'PUBLISHED', 'RETIRED')", name="state_known"),
        sa.CheckConstraint("number >= 1", name="numbers_from_one"),
        sa.CheckConstraint("published_by <> author_id", name="published_by_a_second_person"),
        sa.CheckConstraint(
            "state <> 'PUBLISHED' OR published_by IS NOT NULL", name="published_by_somebody"
        ),
        sa.CheckConstraint("(state = 'RETIRED') = (retired_at IS NOT NULL)", name="retired_once"),
        sa.UniqueConstraint("hospital_id", "code", "number", name="rule_version_once"),
    )
    op.create_index("one_published_version", "alarm_rule", ["hospital_id", "code"], unique=True,
                    sqlite_where=_PUBLISHED, postgresql_where=_PUBLISHED)  # fmt: skip
    op.create_index("one_draft", "alarm_rule", ["hospital_id", "code"], unique=True,
                    sqlite_where=_DRAFTED, postgresql_where=_DRAFTED)  # fmt: skip


def _rule_state() -> None:
    op.create_table(
        "rule_state",
        sa.Column("rule_id", sa.Uuid(), sa.ForeignKey("alarm_rule.id"), primary_key=True),
        sa.Column("entity", sa.String(80), primary_key=True),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("phase", sa.String(8), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("heard", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("ward_id", sa.Uuid(), nullable=True),
        sa.Column("encounter_id", sa.Uuid(), nullable=True),
        sa.Column("memory", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "phase IN ('NORMAL', 'PENDING', 'FIRING', 'CLEARING', 'NO_DATA')", name="phase_known"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("rule_states_of_entity", "rule_state", ["hospital_id", "entity"])
    op.create_index("rule_states_due", "rule_state", ["due"], sqlite_where=_DUE,
                    postgresql_where=_DUE)  # fmt: skip


def _metric_baseline() -> None:
    op.create_table(
        "metric_baseline",
        sa.Column("channel_id", sa.BigInteger(), sa.ForeignKey("channel.id"), primary_key=True,
                  autoincrement=False),
        sa.Column("hour", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("median", sa.Float(), nullable=False),
        sa.Column("mad", sa.Float(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("learnt", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("hour BETWEEN 0 AND 167", name="hour_of_week"),
        sqlite_with_rowid=False,
    )  # fmt: skip
