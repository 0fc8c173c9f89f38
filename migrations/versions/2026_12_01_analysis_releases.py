"""Months of the analysis that were released: groups of people, made once."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "analysis_releases"
down_revision: str | None = "blind_turns"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True


def upgrade() -> None:
    op.create_table(
        "analysis_release",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("dataset", sa.String(9), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "dataset IN ('STAYS', 'BED_DAYS', 'WAITING', 'TRANSFERS')", name="dataset_known"
        ),
    )
    op.create_index(
        "one_release_per_month", "analysis_release", ["hospital_id", "dataset", "month"],
        unique=True,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("analysis_release")
