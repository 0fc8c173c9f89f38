"""What patients would like of a bed, and what wards offer of it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "preferences"
down_revision: str | None = "approval_policy"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

PRESENT = sa.text("until IS NULL")


def upgrade() -> None:
    op.create_table(
        "placement_preference",
        *_row(),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), sa.ForeignKey("encounter.id"), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("room", sa.String(6), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("nurse_sex", sa.String(1), nullable=True),
        sa.Column("family_district", sa.String(32), nullable=True),
        sa.Column("family_minutes", sa.Integer(), nullable=True),
        sa.CheckConstraint("room IN ('NONE', 'SINGLE', 'SHARED')", name="room_known"),
        sa.CheckConstraint("nurse_sex IN ('F', 'M')", name="nurse_sex_known"),
        sa.CheckConstraint(
            "(family_district IS NULL) = (family_minutes IS NULL)",
            name="family_district_with_minutes",
        ),
        sa.CheckConstraint("family_minutes BETWEEN 1 AND 1440", name="family_minutes_of_a_day"),
        sa.CheckConstraint("since < until", name="since_before_until"),
    )
    op.create_index(
        "one_preference_per_encounter", "placement_preference", ["encounter_id"], unique=True,
        sqlite_where=PRESENT, postgresql_where=PRESENT,
    )  # fmt: skip
    op.create_index(
        "placement_preference_in_time", "placement_preference", ["encounter_id", "since"]
    )
    op.create_table(
        "ward_profile",
        *_row(),
        sa.Column("ward_id", sa.Uuid(), sa.ForeignKey("ward.id"), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("nurse_sexes", sa.JSON(), nullable=False),
        sa.Column("travel_min", sa.JSON(), nullable=False),
    )
    op.create_index("one_profile_per_ward", "ward_profile", ["ward_id"], unique=True)


def _row() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("ward_profile")
    op.drop_table("placement_preference")
