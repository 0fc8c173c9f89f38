"""Hospitals, wards with staffing over time, and rooms."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "places"
down_revision: str | None = "ledger"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_PRESENT = sa.text("until IS NULL")


def upgrade() -> None:
    _hospital()
    _ward()
    _ward_specialty()
    _ward_staffing()
    _room()


def downgrade() -> None:
    for table in (
        "room",
        "ward_staffing",
        "ward_specialty",
        "ward",
        "hospital",
    ):
        op.drop_table(table)


def _hospital() -> None:
    op.create_table(
        "hospital",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("name_zh", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("approval_mode", sa.String(9), nullable=False),
        sa.CheckConstraint("approval_mode IN ('PEACETIME', 'SURGE')", name="approval_mode_known"),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_degrees"),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_degrees"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )


def _ward() -> None:
    op.create_table(
        "ward",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("name_zh", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("care_level", sa.String(7), nullable=False),
        sa.Column("sex_policy", sa.String(8), nullable=False),
        sa.Column("min_age", sa.Integer(), nullable=True),
        sa.Column("max_age", sa.Integer(), nullable=True),
        sa.Column("licensed_beds", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "care_level IN ('ICU', 'HDU', 'WARD', 'ED', 'AMU', 'THEATRE', 'LOUNGE')",
            name="care_level_known",
        ),
        sa.CheckConstraint(
            "sex_policy IN ('FEMALE', 'MALE', 'MIXED', 'PER_ROOM')", name="sex_policy_known"
        ),
        sa.CheckConstraint("licensed_beds >= 0", name="licensed_beds_not_negative"),
        sa.CheckConstraint("max_age BETWEEN 0 AND 130", name="max_age_years"),
        sa.CheckConstraint("min_age <= max_age", name="ages_in_order"),
        sa.CheckConstraint("min_age BETWEEN 0 AND 130", name="min_age_years"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hospital_id", "code", name="ward_code_in_hospital"),
    )


def _ward_specialty() -> None:
    op.create_table(
        "ward_specialty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("specialty", sa.String(32), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.CheckConstraint("rank BETWEEN 1 AND 99", name="rank_from_one"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ward_id", "specialty", name="specialty_once_in_ward"),
    )


def _ward_staffing() -> None:
    op.create_table(
        "ward_staffing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("staffed_beds", sa.Integer(), nullable=False),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.CheckConstraint("staffed_beds >= 0", name="staffed_beds_not_negative"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_staffing_per_ward",
        "ward_staffing",
        ["ward_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index("ward_staffing_in_time", "ward_staffing", ["ward_id", "since"])


def _room() -> None:
    op.create_table(
        "room",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("sex_policy", sa.String(7), nullable=False),
        sa.Column("equipment", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('BAY', 'SIDE', 'NEG_PRESSURE', 'POS_PRESSURE')", name="kind_known"
        ),
        sa.CheckConstraint(
            "sex_policy IN ('FIXED_F', 'FIXED_M', 'DYNAMIC', 'MIXED')", name="sex_policy_known"
        ),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ward_id", "code", name="room_code_in_ward"),
    )
