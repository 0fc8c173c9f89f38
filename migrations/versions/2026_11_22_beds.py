"""Beds, how clean they are, when they are out of use, which rule was waived."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "beds"
down_revision: str | None = "patients"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_PRESENT = sa.text("until IS NULL")


def upgrade() -> None:
    _bed()
    _waiver()
    _bed_hygiene()
    _bed_block()


def downgrade() -> None:
    for table in (
        "bed_block",
        "bed_hygiene",
        "waiver",
        "bed",
    ):
        op.drop_table(table)


def _bed() -> None:
    op.create_table(
        "bed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("censusable", sa.Boolean(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.CheckConstraint("added_at <= removed_at", name="added_before_removed"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "bed_code_in_ward",
        "bed",
        ["ward_id", "code"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_index("beds_of_room", "bed", ["room_id"])


def _waiver() -> None:
    op.create_table(
        "waiver",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(16), nullable=False),
        sa.Column("bed_id", sa.Uuid(), nullable=True),
        sa.Column("encounter_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("granted_at", UtcTime(), nullable=False),
        sa.Column("valid_until", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "rule IN ('BED_STATE', 'ROOM_SEX', 'ROOM_ISOLATION', 'STAFFED_CAPACITY')",
            name="rule_known",
        ),
        sa.CheckConstraint("granted_at < valid_until", name="ends_later"),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"]),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("waiver_of_ward", "waiver", ["ward_id", "valid_until"])


def _bed_hygiene() -> None:
    op.create_table(
        "bed_hygiene",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("bed_id", sa.Uuid(), nullable=False),
        sa.Column("hygiene", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.CheckConstraint(
            "hygiene IN ('CLEAN', 'DIRTY', 'CLEANING', 'SUSPENDED', 'CONTAMINATED')",
            name="hygiene_known",
        ),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("bed_hygiene_in_time", "bed_hygiene", ["bed_id", "since"])
    op.create_index(
        "bed_hygiene_of_ward",
        "bed_hygiene",
        ["ward_id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "one_hygiene_per_bed",
        "bed_hygiene",
        ["bed_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )


def _bed_block() -> None:
    op.create_table(
        "bed_block",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("bed_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(7), nullable=False),
        sa.Column("reason", sa.String(9), nullable=False),
        sa.Column("expected_until", UtcTime(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('BLOCKED', 'CLOSED')", name="kind_known"),
        sa.CheckConstraint(
            "reason IN ('REPAIR', 'INFECTION', 'STAFFING', 'EQUIPMENT', 'BUILDING', 'OTHER')",
            name="reason_known",
        ),
        sa.CheckConstraint("since <= until", name="since_before_until"),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("bed_block_in_time", "bed_block", ["ward_id", "since"])
    op.create_index(
        "one_block_per_bed",
        "bed_block",
        ["bed_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
