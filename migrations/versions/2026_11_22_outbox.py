"""Events and first answers, committed with the change they belong to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "outbox"
down_revision: str | None = "bed_judges"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("hospital_id", sa.Uuid(), nullable=True),
        sa.Column("ward_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
    )
    op.create_index("outbox_by_hospital", "outbox", ["hospital_id", "id"])
    if op.get_context().dialect.name == "postgresql":
        # Rows are read in the order of their transactions, below the oldest one still open:
        # by id alone, a row committed late would be passed over.
        op.execute("ALTER TABLE outbox ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id()")
        op.execute("CREATE INDEX outbox_in_order ON outbox (xid, id)")
    op.create_table(
        "first_answer",
        sa.Column("actor_id", sa.Uuid(), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
    )
    op.create_index("ix_first_answer_at", "first_answer", ["at"])


def downgrade() -> None:
    op.drop_table("first_answer")
    op.drop_table("outbox")
