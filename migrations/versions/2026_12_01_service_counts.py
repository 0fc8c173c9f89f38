"""What each process has measured of the objectives, so that a restart forgets nothing of it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "service_counts"
down_revision: str | None = "analysis_releases"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True


def upgrade() -> None:
    op.create_table(
        "service_count",
        sa.Column("process", sa.Uuid(), primary_key=True),
        sa.Column("objective", sa.String(40), primary_key=True),
        sa.Column("shape", sa.String(40), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("forget", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("service_count")
