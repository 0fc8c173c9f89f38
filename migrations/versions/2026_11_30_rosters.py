"""Shifts, wishes, rosters, duties, swaps and handovers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "rosters"
down_revision: str | None = "staff"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

# name, table, column that may be in one place at a time, from, until, PostgreSQL's range, what counts
APART = (
    (
        "duties_of_a_person_overlap", "duty", "staff_id", "since", "until",
        "tstzrange", "state <> 'CANCELLED'",
    ),
    (
        "rosters_of_a_ward_overlap", "roster", "ward_id", "from_day", "until_day",
        "daterange", "id IS NOT NULL",
    ),
)  # fmt: skip


def upgrade() -> None:
    _shift_type()
    _wish()
    _roster()
    _duty()
    _duty_swap()
    _handover()
    _handover_patient()
    postgres = op.get_bind().dialect.name == "postgresql"
    for judge in APART:
        (_exclude if postgres else _keep_apart)(*judge)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":  # there PostgreSQL's go with their tables
        for name, *_ in APART:
            op.execute(f"DROP TRIGGER {name}_new")
            op.execute(f"DROP TRIGGER {name}_changed")
    for table in (
        "handover_patient",
        "handover",
        "duty_swap",
        "duty",
        "roster",
        "wish",
        "shift_type",
    ):
        op.drop_table(table)


def _shift_type() -> None:
    op.create_table(
        "shift_type",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("name_zh", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(7), nullable=False),
        sa.Column("profession", sa.String(10), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("skill", sa.String(40), nullable=True),
        sa.Column("skill_mix", sa.JSON(), nullable=False),
        sa.Column("least_staff", sa.Integer(), nullable=False),
        sa.Column("by_ratio", sa.Boolean(), nullable=False),
        sa.Column("duty", sa.String(80), nullable=True),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('EARLY', 'DAY', 'LATE', 'NIGHT', 'ON_CALL')", name="kind_known"
        ),
        sa.CheckConstraint(
            "profession IN ('DOCTOR', 'NURSE', 'ASSISTANT', 'MIDWIFE', 'THERAPIST', 'TECHNICIAN')",
            name="profession_known",
        ),
        sa.CheckConstraint("least_staff BETWEEN 0 AND 99", name="least_staff_count"),
        sa.CheckConstraint("minutes BETWEEN 60 AND 1440", name="an_hour_to_a_day"),
        sa.CheckConstraint("starts_minute BETWEEN 0 AND 1439", name="starts_in_a_day"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ward_id", "code", name="shift_code_in_ward"),
    )


def _wish() -> None:
    op.create_table(
        "wish",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=True),
        sa.Column("want", sa.String(3), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("stated_at", UtcTime(), nullable=False),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.CheckConstraint("want IN ('ON', 'OFF')", name="want_known"),
        sa.CheckConstraint("weight BETWEEN 1 AND 10", name="weight_one_to_ten"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["shift_id"], ["shift_type.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_wish_per_day",
        "wish",
        ["staff_id", "day"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def _roster() -> None:
    op.create_table(
        "roster",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("published_at", UtcTime(), nullable=True),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'DRAFT') = (published_at IS NULL)", name="published_at_a_time"
        ),
        sa.CheckConstraint("state IN ('DRAFT', 'PUBLISHED', 'CLOSED')", name="state_known"),
        sa.CheckConstraint("from_day < until_day", name="from_before_until"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("rosters_of_ward", "roster", ["ward_id", "from_day"])


def _duty() -> None:
    op.create_table(
        "duty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("roster_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("ended_by", sa.String(10), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'CANCELLED') = (ended_by IS NOT NULL)", name="an_end_has_its_cause"
        ),
        sa.CheckConstraint(
            "ended_by IN ('SICK', 'SWAPPED', 'TAKEN_OVER', 'REPLANNED', 'NOT_NEEDED')",
            name="ended_by_known",
        ),
        sa.CheckConstraint("state IN ('PLANNED', 'PUBLISHED', 'CANCELLED')", name="state_known"),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["replaces_id"], ["duty.id"]),
        sa.ForeignKeyConstraint(["roster_id"], ["roster.id"]),
        sa.ForeignKeyConstraint(["shift_id"], ["shift_type.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("duties_of_person", "duty", ["staff_id", "since"])
    op.create_index("duties_of_roster", "duty", ["roster_id"])
    op.create_index("duties_of_ward", "duty", ["ward_id", "since"])


def _duty_swap() -> None:
    op.create_table(
        "duty_swap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("duty_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("other_staff_id", sa.Uuid(), nullable=False),
        sa.Column("other_duty_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("answered_at", UtcTime(), nullable=True),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('ASKED', 'ACCEPTED', 'DONE', 'DECLINED', 'WITHDRAWN')", name="state_known"
        ),
        sa.CheckConstraint("duty_id <> other_duty_id", name="two_duties"),
        sa.CheckConstraint("staff_id <> other_staff_id", name="two_people"),
        sa.ForeignKeyConstraint(["duty_id"], ["duty.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["other_duty_id"], ["duty.id"]),
        sa.ForeignKeyConstraint(["other_staff_id"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_open_swap_per_duty",
        "duty_swap",
        ["duty_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('ASKED', 'ACCEPTED')"),
        postgresql_where=sa.text("state IN ('ASKED', 'ACCEPTED')"),
    )
    op.create_index("swaps_of_colleague", "duty_swap", ["other_staff_id", "state"])


def _handover() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("from_account_id", sa.Uuid(), nullable=False),
        sa.Column("to_account_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.CheckConstraint("from_account_id <> to_account_id", name="two_people"),
        sa.ForeignKeyConstraint(["from_account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["to_account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("handovers_of_ward", "handover", ["ward_id", "at"])


def _handover_patient() -> None:
    op.create_table(
        "handover_patient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("handover_id", sa.Uuid(), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"]),
        sa.ForeignKeyConstraint(["handover_id"], ["handover.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("handover_id", "encounter_id", name="handed_over_once"),
    )


def _exclude(
    name: str, table: str, column: str, first: str, last: str, span: str, counted: str
) -> None:
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist"
        f" (uuid_span({column}, {column}, '[]') WITH &&, {span}({first}, {last}) WITH &&)"
        f" WHERE ({counted})"
    )


def _keep_apart(
    name: str, table: str, column: str, first: str, last: str, span: str, counted: str
) -> None:
    overlap = (
        f"NEW.{counted} AND EXISTS (SELECT 1 FROM {table} o WHERE o.{counted}"
        f" AND o.{column} = NEW.{column} AND o.id <> NEW.id"
        f" AND (NEW.{last} IS NULL OR o.{first} < NEW.{last})"
        f" AND (o.{last} IS NULL OR o.{last} > NEW.{first}))"
    )
    for event, when in (("new", "INSERT"), ("changed", "UPDATE")):
        op.execute(
            f"CREATE TRIGGER {name}_{event} BEFORE {when} ON {table} WHEN {overlap}"
            f" BEGIN SELECT RAISE(ABORT, '{name}'); END"
        )
