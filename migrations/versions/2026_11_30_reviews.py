"""Flagged reads, how far the record was looked through, blind indexes of staff's family names."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "reviews"
down_revision: str | None = "erasures"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_KINDS = "'COLLEAGUE', 'VIP', 'SAME_FAMILY_NAME', 'NO_CARE_RELATION', 'BREAK_GLASS'"
_OPEN = sa.text("state = 'OPEN'")
_BLINDS = ("family_zh_blind", "family_en_blind")


def upgrade() -> None:
    for name in _BLINDS:
        op.add_column("staff_member", sa.Column(name, sa.LargeBinary(), nullable=True))
    op.create_table(
        "review_cursor",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("leaf", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "review_item",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("leaf", sa.BigInteger(), nullable=False),
        sa.Column("last_leaf", sa.BigInteger(), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("verdict", sa.String(13), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", UtcTime(), nullable=True),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name="kind_known"),
        sa.CheckConstraint("state IN ('OPEN', 'SIGNED_OFF')", name="state_known"),
        sa.CheckConstraint(
            "verdict IN ('APPROPRIATE', 'INAPPROPRIATE', 'UNCLEAR')", name="verdict_known"
        ),
        sa.CheckConstraint("reads >= 1", name="read_at_least_once"),
        sa.CheckConstraint("reviewed_by <> reader_id", name="nobody_signs_off_their_own"),
        sa.CheckConstraint(
            "(state = 'SIGNED_OFF') = (reviewed_by IS NOT NULL)", name="signed_off_by"
        ),
    )
    op.create_index("one_open_item", "review_item", ["kind", "reader_id", "subject"], unique=True,
                    sqlite_where=_OPEN, postgresql_where=_OPEN)  # fmt: skip
    op.create_index("review_items_by_state", "review_item", ["state", "id"])


def downgrade() -> None:
    op.drop_table("review_item")
    op.drop_table("review_cursor")
    for name in _BLINDS:
        op.drop_column("staff_member", name)
