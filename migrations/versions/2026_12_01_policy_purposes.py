"""Purposes of use: who has to state one of them to read something."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "policy_purposes"
down_revision: str | None = "break_glass_notices"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True


def upgrade() -> None:
    op.create_table(
        "policy_purpose",
        sa.Column("role", sa.String(40), sa.ForeignKey("access_role.slug"), primary_key=True),
        sa.Column("action", sa.String(60), primary_key=True),
        sa.Column("purpose", sa.String(16), primary_key=True),
    )


def downgrade() -> None:
    op.drop_table("policy_purpose")
