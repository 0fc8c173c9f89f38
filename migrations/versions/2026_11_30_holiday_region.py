"""In which part of its country a hospital keeps holidays."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "holiday_region"
down_revision: str | None = "break_glass"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True


def upgrade() -> None:
    op.add_column("hospital", sa.Column("holiday_region", sa.String(8), nullable=True))


def downgrade() -> None:
    op.drop_column("hospital", "holiday_region")
