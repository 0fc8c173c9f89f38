"""Who lies where, who is away, what housekeeping does, which waiver was used."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "stays"
down_revision: str | None = "requests"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_PRESENT = sa.text("until IS NULL")


def upgrade() -> None:
    _bed_stay()
    _stay_leave()
    _cleaning_task()
    _waiver_use()


def downgrade() -> None:
    for table in (
        "waiver_use",
        "cleaning_task",
        "stay_leave",
        "bed_stay",
    ):
        op.drop_table(table)


def _bed_stay() -> None:
    op.create_table(
        "bed_stay",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("bed_id", sa.Uuid(), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("begun_by", sa.String(7), nullable=False),
        sa.Column("ended_by", sa.String(9), nullable=True),
        sa.Column("ended_recorded_at", UtcTime(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("state_waiver_id", sa.Uuid(), nullable=True),
        sa.Column("voided_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "begun_by IN ('ADMIT', 'MOVE', 'SWAP', 'RESTORE')", name="begun_by_known"
        ),
        sa.CheckConstraint(
            "ended_by IN ('MOVE', 'SWAP', 'DEPARTURE', 'CANCEL')", name="ended_by_known"
        ),
        sa.CheckConstraint("(until IS NULL) = (ended_by IS NULL)", name="an_end_has_its_cause"),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"]),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["previous_id"], ["bed_stay.id"]),
        sa.ForeignKeyConstraint(["request_id"], ["bed_request.id"]),
        sa.ForeignKeyConstraint(["state_waiver_id"], ["waiver.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("bed_stay_in_time", "bed_stay", ["bed_id", "since"])
    op.create_index("bed_stay_of_encounter", "bed_stay", ["encounter_id", "since"])
    op.create_index("bed_stay_of_ward", "bed_stay", ["ward_id", "until"])
    op.create_index(
        "one_present_stay_per_bed",
        "bed_stay",
        ["bed_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL AND voided_at IS NULL"),
        postgresql_where=sa.text("until IS NULL AND voided_at IS NULL"),
    )
    op.create_index(
        "one_present_stay_per_encounter",
        "bed_stay",
        ["encounter_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL AND voided_at IS NULL"),
        postgresql_where=sa.text("until IS NULL AND voided_at IS NULL"),
    )


def _stay_leave() -> None:
    op.create_table(
        "stay_leave",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("stay_id", sa.Uuid(), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), nullable=False),
        sa.Column("expected_back", UtcTime(), nullable=True),
        sa.CheckConstraint("since <= until", name="since_before_until"),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["stay_id"], ["bed_stay.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_leave_per_stay",
        "stay_leave",
        ["stay_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index("stay_leave_in_time", "stay_leave", ["stay_id", "since"])


def _cleaning_task() -> None:
    op.create_table(
        "cleaning_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("bed_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(9), nullable=False),
        sa.Column("priority", sa.String(6), nullable=False),
        sa.Column("state", sa.String(11), nullable=False),
        sa.Column("stay_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column("assigned_at", UtcTime(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("inspected_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(until IS NULL) = (state IN ('QUEUED','ASSIGNED','IN_PROGRESS','SUSPENDED'))",
            name="open_tasks_have_no_end",
        ),
        sa.CheckConstraint(
            "kind IN ('ROUTINE', 'DISCHARGE', 'ISOLATION', 'TERMINAL')", name="kind_known"
        ),
        sa.CheckConstraint("priority IN ('NORMAL', 'NEXT', 'STAT')", name="priority_known"),
        sa.CheckConstraint(
            "state IN ('QUEUED', 'ASSIGNED', 'IN_PROGRESS', 'SUSPENDED', 'DONE', 'INSPECTED', 'CANCELLED')",
            name="state_known",
        ),
        sa.CheckConstraint("since <= until", name="since_before_until"),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["stay_id"], ["bed_stay.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("cleaning_task_in_time", "cleaning_task", ["ward_id", "since"])
    op.create_index(
        "one_open_task_per_bed",
        "cleaning_task",
        ["bed_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )


def _waiver_use() -> None:
    op.create_table(
        "waiver_use",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("waiver_id", sa.Uuid(), nullable=False),
        sa.Column("stay_id", sa.Uuid(), nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.CheckConstraint("(stay_id IS NULL) <> (hold_id IS NULL)", name="a_stay_or_a_hold"),
        sa.ForeignKeyConstraint(["hold_id"], ["bed_hold.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["stay_id"], ["bed_stay.id"]),
        sa.ForeignKeyConstraint(["waiver_id"], ["waiver.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("waiver_used", "waiver_use", ["waiver_id"])
