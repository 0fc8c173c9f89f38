"""Rotations of keys: who asked, who agreed, how far it is."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "key_rotations"
down_revision: str | None = "holiday_region"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_OPEN = sa.text("state IN ('REQUESTED', 'RUNNING')")


def upgrade() -> None:
    op.create_table(
        "key_rotation",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(7), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", UtcTime(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", UtcTime(), nullable=True),
        sa.Column("key_version", sa.Integer(), nullable=True),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=True),
        sa.Column("pass_moved", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("damaged", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.CheckConstraint("kind IN ('KEK', 'SUBJECT')", name="kind_known"),
        sa.CheckConstraint(
            "state IN ('REQUESTED', 'RUNNING', 'DONE', 'WITHDRAWN')", name="state_known"
        ),
        sa.CheckConstraint("approved_by <> requested_by", name="two_people"),
        sa.CheckConstraint(
            "(state IN ('RUNNING', 'DONE')) = (approved_by IS NOT NULL)", name="runs_if_approved"
        ),
        sa.CheckConstraint(
            "(state IN ('DONE', 'WITHDRAWN')) = (ended_at IS NOT NULL)", name="ends"
        ),
    )
    op.create_index(
        "one_rotation_of_a_kind", "key_rotation", ["kind"], unique=True,
        sqlite_where=_OPEN, postgresql_where=_OPEN,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("key_rotation")
