"""Segments of the ledger: which leaves were put away together, and for how long they are kept."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "ledger_segments"
down_revision: str | None = "consent_directives"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_segment",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, unique=True),
        sa.Column("first_leaf", _NUMBER, nullable=False),
        sa.Column("last_leaf", _NUMBER, nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("manifest", sa.String(64), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=False),
        sa.CheckConstraint("number >= 1", name="counted_from_one"),
        sa.CheckConstraint("first_leaf >= 0 AND last_leaf >= first_leaf", name="leaves_in_order"),
        sa.CheckConstraint("keep_days >= 183", name="kept_half_a_year"),
    )


def downgrade() -> None:
    op.drop_table("ledger_segment")
