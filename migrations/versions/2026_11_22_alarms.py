"""Alarms, their history, floods of them, and what a hospital allows for them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "alarms"
down_revision: str | None = "alarm_rules"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_UNRESOLVED = sa.text("resolved_at IS NULL")
_STEPPING = sa.text("next_step_at IS NOT NULL")
_FLOODING = sa.text("until IS NULL")
_KINDS = (
    "'THRESHOLD', 'RANGE', 'RATE', 'DEVIATION', 'CUSUM', 'FLATLINE', 'NO_DATA', 'CLOCK_SKEW',"
    " 'SCORE', 'MEASURE', 'FORECAST', 'IMPERSONATION', 'SERVICE'"
)
_EVENTS = (
    "'OPENED', 'ACKED', 'ACK_TIMED_OUT', 'ESCALATED', 'RE_ALARMED', 'SHELVED', 'UNSHELVED',"
    " 'RESOLVED', 'GROUPED', 'FLOODED', 'NOTE'"
)
_SEVERITIES = "severity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')"


def upgrade() -> None:
    _alarm()
    _alarm_event()
    _alarm_flood()
    _alarm_limit()
    _keep_history()


def downgrade() -> None:
    for table in ("alarm_limit", "alarm_flood", "alarm_event", "alarm"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION alarm_event_is_kept")


def _keep_history() -> None:
    """A line of an alarm's history is never changed or taken away."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION alarm_event_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'alarm_event_is_kept' USING ERRCODE = '23514',"
            " CONSTRAINT = 'alarm_event_is_kept'; END $$"
        )
        op.execute(
            "CREATE TRIGGER alarm_event_is_kept BEFORE UPDATE OR DELETE ON alarm_event"
            " FOR EACH ROW EXECUTE FUNCTION alarm_event_is_kept()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER alarm_event_is_kept_{change.lower()} BEFORE {change} ON alarm_event"
            " BEGIN SELECT RAISE(ABORT, 'alarm_event_is_kept'); END"
        )


def _row() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
    ]


def _alarm() -> None:
    op.create_table(
        "alarm",
        *_row(),
        sa.Column("ward_id", sa.Uuid(), sa.ForeignKey("ward.id"), nullable=True),
        sa.Column("kind", sa.String(13), nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("entity", sa.String(80), nullable=False),
        sa.Column("rule_id", sa.Uuid(), sa.ForeignKey("alarm_rule.id"), nullable=True),
        sa.Column("place_code", sa.String(64), nullable=True),
        sa.Column("device_id", sa.Uuid(), sa.ForeignKey("device.id"), nullable=True),
        sa.Column("bed_id", sa.Uuid(), sa.ForeignKey("bed.id"), nullable=True),
        sa.Column("encounter_id", sa.Uuid(), sa.ForeignKey("encounter.id"), nullable=True),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("metric", sa.String(40), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("threshold", sa.Float(), nullable=True),
        sa.Column("text_zh", sa.String(200), nullable=False),
        sa.Column("text_en", sa.String(200), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("raised_by_at", UtcTime(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("unacked_since", UtcTime(), nullable=False),
        sa.Column("announced_at", UtcTime(), nullable=False),
        sa.Column("acked_at", UtcTime(), nullable=True),
        sa.Column("acked_by", sa.Uuid(), nullable=True),
        sa.Column("ack_until", UtcTime(), nullable=True),
        sa.Column("shelved_until", UtcTime(), nullable=True),
        sa.Column("shelved_by", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", UtcTime(), nullable=True),
        sa.Column("resolved_by", sa.String(32), nullable=True),
        sa.Column("group_id", sa.Uuid(), sa.ForeignKey("alarm.id"), nullable=True),
        sa.Column("flood", sa.Boolean(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("steps_taken", sa.Integer(), nullable=False),
        sa.Column("next_step_at", UtcTime(), nullable=True),
        sa.Column("realarm_s", sa.Integer(), nullable=True),
        sa.Column("ack_timeout_s", sa.Integer(), nullable=True),
        sa.Column("notify", sa.JSON(), nullable=False),
        sa.Column("escalation", sa.JSON(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name="kind_known"),
        sa.CheckConstraint(_SEVERITIES, name="severity_known"),
        sa.CheckConstraint("state IN ('OPEN', 'ACKED', 'SHELVED', 'RESOLVED')", name="state_known"),
        sa.CheckConstraint(
            "(state = 'RESOLVED') = (resolved_at IS NOT NULL)", name="resolved_once"
        ),
        sa.CheckConstraint(
            "(state = 'SHELVED') = (shelved_until IS NOT NULL)", name="shelf_has_end"
        ),
        sa.CheckConstraint("state <> 'ACKED' OR acked_by IS NOT NULL", name="acked_by_somebody"),
        sa.CheckConstraint("state <> 'RESOLVED' OR next_step_at IS NULL", name="over_is_over"),
        sa.CheckConstraint("group_id <> id", name="not_led_by_itself"),
    )
    op.create_index("one_unresolved_alarm", "alarm", ["entity", "source", "hospital_id"],
                    unique=True, sqlite_where=_UNRESOLVED,
                    postgresql_where=_UNRESOLVED)  # fmt: skip
    op.create_index("unresolved_alarms", "alarm", ["hospital_id", "ward_id"],
                    sqlite_where=_UNRESOLVED, postgresql_where=_UNRESOLVED)  # fmt: skip
    op.create_index("alarms_to_step", "alarm", ["next_step_at"], sqlite_where=_STEPPING,
                    postgresql_where=_STEPPING)  # fmt: skip
    op.create_index("alarms_in_time", "alarm", ["hospital_id", "ward_id", "opened_at"])
    op.create_index("alarms_of_group", "alarm", ["group_id"], sqlite_where=_UNRESOLVED,
                    postgresql_where=_UNRESOLVED)  # fmt: skip


def _alarm_event() -> None:
    op.create_table(
        "alarm_event",
        *_row(),
        sa.Column("alarm_id", sa.Uuid(), sa.ForeignKey("alarm.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(13), nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("to", sa.String(80), nullable=True),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.CheckConstraint(f"kind IN ({_EVENTS})", name="kind_known"),
        sa.CheckConstraint(_SEVERITIES, name="severity_known"),
        sa.UniqueConstraint("alarm_id", "number", name="alarm_events_in_order"),
    )
    op.create_index("alarm_events_in_time", "alarm_event", ["hospital_id", "at"])


def _alarm_flood() -> None:
    op.create_table(
        "alarm_flood",
        *_row(),
        sa.Column("ward_id", sa.Uuid(), sa.ForeignKey("ward.id"), nullable=True),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), sa.ForeignKey("alarm.id"), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("next_step_at", UtcTime(), nullable=True),
        sa.Column("alarms", sa.Integer(), nullable=False),
        sa.Column("untold", sa.Integer(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.CheckConstraint("since <= until", name="since_before_until"),
        sa.CheckConstraint("(until IS NULL) = (next_step_at IS NOT NULL)", name="flood_is_watched"),
    )
    op.create_index("one_flood_per_place", "alarm_flood", ["hospital_id", "place"], unique=True,
                    sqlite_where=_FLOODING, postgresql_where=_FLOODING)  # fmt: skip
    op.create_index("floods_to_step", "alarm_flood", ["next_step_at"], sqlite_where=_STEPPING,
                    postgresql_where=_STEPPING)  # fmt: skip


def _alarm_limit() -> None:
    op.create_table(
        "alarm_limit",
        *_row(),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("longest_shelf_s", sa.Integer(), nullable=False),
        sa.Column("ack_timeout_s", sa.Integer(), nullable=False),
        sa.CheckConstraint(_SEVERITIES, name="severity_known"),
        sa.CheckConstraint("longest_shelf_s BETWEEN 60 AND 604800", name="shelf_of_use"),
        sa.CheckConstraint("ack_timeout_s BETWEEN 60 AND 604800", name="ack_timeout_of_use"),
        sa.UniqueConstraint("hospital_id", "severity", name="one_limit_per_severity"),
    )
