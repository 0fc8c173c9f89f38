"""Contacts, quiet hours, who is on call, and the deliveries of notices."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "notices"
down_revision: str | None = "alarms"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_IN_USE = sa.text("removed_at IS NULL")
_INBOX = sa.text("channel = 'IN_APP'")
_NOBODY = sa.text("reach = 'NOBODY'")
_TO_SEND = sa.text("state IN ('PENDING', 'FAILED')")
_CHANNELS = "channel IN ('IN_APP', 'EMAIL', 'WEBHOOK', 'WECOM', 'DINGTALK', 'FEISHU')"
_SEVERITIES = "IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')"


def upgrade() -> None:
    _contact()
    _quiet_hours()
    _on_call()
    _notice_plan()
    _delivery()


def downgrade() -> None:
    for table in ("delivery", "notice_plan", "on_call", "quiet_hours", "contact"):
        op.drop_table(table)


def _row() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def _to(table: str, *, nullable: bool = False, index: bool = False) -> sa.Column[object]:
    return sa.Column(
        f"{table}_id", sa.Uuid(), sa.ForeignKey(f"{table}.id"), nullable=nullable, index=index
    )


def _contact() -> None:
    op.create_table(
        "contact",
        *_row(),
        _to("hospital", nullable=True),
        _to("ward", nullable=True),
        _to("account", nullable=True),
        sa.Column("duty", sa.String(80), nullable=True),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("least_severity", sa.String(8), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("template", sa.String(500), nullable=True),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("bounced_at", UtcTime(), nullable=True),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.CheckConstraint(_CHANNELS, name="channel_known"),
        sa.CheckConstraint(f"least_severity {_SEVERITIES}", name="least_severity_known"),
        sa.CheckConstraint("language IN ('ZH', 'EN')", name="language_known"),
        sa.CheckConstraint("(account_id IS NULL) = (duty IS NOT NULL)", name="somebody_s_contact"),
        sa.CheckConstraint("(duty IS NULL) = (hospital_id IS NULL)", name="a_duty_is_somewhere"),
        sa.CheckConstraint("account_id IS NULL OR channel = 'EMAIL'", name="own_contact_is_mail"),
        sa.CheckConstraint("channel <> 'IN_APP'", name="the_inbox_needs_none"),
    )
    op.create_index("contacts_of_account", "contact", ["account_id"],
                    sqlite_where=_IN_USE, postgresql_where=_IN_USE)  # fmt: skip
    op.create_index("contacts_of_duty", "contact", ["hospital_id", "duty"],
                    sqlite_where=_IN_USE, postgresql_where=_IN_USE)  # fmt: skip


def _quiet_hours() -> None:
    op.create_table(
        "quiet_hours",
        *_row(),
        _to("contact"),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("until_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"severity {_SEVERITIES}", name="severity_known"),
        sa.CheckConstraint("severity <> 'CRITICAL'", name="critical_is_never_silenced"),
        sa.CheckConstraint("from_minute BETWEEN 0 AND 1439", name="from_in_a_day"),
        sa.CheckConstraint("until_minute BETWEEN 0 AND 1439", name="until_in_a_day"),
        sa.CheckConstraint("from_minute <> until_minute", name="not_the_whole_day"),
        sa.UniqueConstraint("contact_id", "severity", name="one_quiet_time_per_severity"),
    )


def _on_call() -> None:
    op.create_table(
        "on_call",
        *_row(),
        _to("hospital"),
        _to("ward", nullable=True),
        sa.Column("duty", sa.String(80), nullable=False),
        _to("account"),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("since < until", name="since_before_until"),
    )
    op.create_index("on_call_in_time", "on_call", ["hospital_id", "until"])


def _notice_plan() -> None:
    op.create_table(
        "notice_plan",
        *_row(),
        _to("hospital"),
        _to("ward", nullable=True),
        _to("alarm", index=True),
        _to("alarm_event"),
        sa.Column("reach", sa.String(10), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("planned_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "reach IN ('WARD', 'HOSPITAL', 'SUPERVISOR', 'NOBODY')", name="reach_known"
        ),
        sa.UniqueConstraint("alarm_event_id", name="an_event_is_planned_once"),
    )
    op.create_index("nobody_reached", "notice_plan", ["hospital_id", "planned_at"],
                    sqlite_where=_NOBODY, postgresql_where=_NOBODY)  # fmt: skip


def _delivery() -> None:
    op.create_table(
        "delivery",
        *_row(),
        _to("hospital", nullable=True),
        _to("ward", nullable=True),
        _to("alarm", nullable=True),
        _to("alarm_event", nullable=True),
        _to("account", nullable=True),
        _to("contact", nullable=True),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("code", sa.String(40), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("read_at", UtcTime(), nullable=True),
        sa.CheckConstraint(_CHANNELS, name="channel_known"),
        sa.CheckConstraint(f"severity {_SEVERITIES}", name="severity_known"),
        sa.CheckConstraint(
            "state IN ('PENDING', 'SENT', 'FAILED', 'BOUNCED', 'GAVE_UP', 'SUPPRESSED')",
            name="state_known",
        ),
        sa.CheckConstraint("attempts >= 0", name="attempts_count"),
        sa.CheckConstraint("(alarm_event_id IS NULL) = (alarm_id IS NULL)", name="alarm_and_event"),
        sa.CheckConstraint("(channel = 'IN_APP') = (contact_id IS NULL)", name="a_contact_outside"),
        sa.CheckConstraint("channel <> 'IN_APP' OR account_id IS NOT NULL", name="inbox_has_owner"),
        sa.UniqueConstraint("alarm_event_id", "contact_id", name="told_once_per_contact"),
    )
    op.create_index("told_once_in_the_inbox", "delivery", ["alarm_event_id", "account_id"],
                    unique=True, sqlite_where=_INBOX, postgresql_where=_INBOX)  # fmt: skip
    op.create_index("deliveries_to_send", "delivery", ["due_at"],
                    sqlite_where=_TO_SEND, postgresql_where=_TO_SEND)  # fmt: skip
    op.create_index("deliveries_of_alarm", "delivery", ["alarm_id"])
    op.create_index("inbox", "delivery", ["account_id", "id"],
                    sqlite_where=_INBOX, postgresql_where=_INBOX)  # fmt: skip
    op.create_index("deliveries_of_contact", "delivery", ["contact_id"])
