"""How long the way between two hospitals is, where somebody measured it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "travel_times"
down_revision: str | None = "ledger_people"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True


def upgrade() -> None:
    op.create_table(
        "travel_time",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("to_hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.UniqueConstraint("hospital_id", "to_hospital_id", name="one_way_each"),
        sa.CheckConstraint("minutes > 0", name="minutes_of_a_way"),
        sa.CheckConstraint("hospital_id <> to_hospital_id", name="two_hospitals"),
    )


def downgrade() -> None:
    op.drop_table("travel_time")
