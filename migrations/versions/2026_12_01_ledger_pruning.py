"""Pruning of the ledger: who asked and approved, what is gone, and the one lawful way to it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from audit import ddl, ddl_pruning
from kit.rows import UtcTime

revision: str = "ledger_pruning"
down_revision: str | None = "service_counts"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False  # it replaces the triggers of the ledger's tables

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_OPEN = sa.text("state <> 'CANCELLED'")


def upgrade() -> None:
    _prunings()
    op.create_table(
        "ledger_pruned",
        sa.Column("first_leaf", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("end_leaf", sa.BigInteger, nullable=False),
        sa.Column("entry_id", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "ledger_stream_end",
        sa.Column("stream", sa.String(36), primary_key=True),
        sa.Column("sseq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    for statement in ddl_pruning.put(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":  # a trigger that names a missing table stops every other statement
        for statement in ddl_pruning.drop(dialect):
            op.execute(statement)
    for table in ("ledger_stream_end", "ledger_pruned", "pruning"):
        op.drop_table(table)
    if dialect == "postgresql":
        for statement in ddl_pruning.drop(dialect):
            op.execute(statement)
    for statement in ddl.before_pruning(dialect):
        op.execute(statement)


def _prunings() -> None:
    op.create_table(
        "pruning",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("segment_id", sa.Uuid(), sa.ForeignKey("ledger_segment.id"), nullable=False),
        sa.Column("first_leaf", _NUMBER, nullable=False),
        sa.Column("last_leaf", _NUMBER, nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", UtcTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.Column("begun_at", UtcTime(), nullable=True),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('REQUESTED', 'CANCELLED', 'APPROVED', 'BEGUN', 'DONE')", name="state_known"
        ),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_when"),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (state = 'REQUESTED')", name="decided_by_somebody"
        ),
        sa.CheckConstraint("state = 'CANCELLED' OR decided_by <> requested_by", name="four_eyes"),
        sa.CheckConstraint(
            "state NOT IN ('BEGUN', 'DONE') OR begun_at IS NOT NULL", name="begun_when"
        ),
        sa.CheckConstraint("state <> 'DONE' OR done_at IS NOT NULL", name="done_when"),
    )
    op.create_index("one_pruning_at_a_time", "pruning", ["segment_id"], unique=True,
                    sqlite_where=_OPEN, postgresql_where=_OPEN)  # fmt: skip
    op.create_index("prunings_by_state", "pruning", ["state", "id"])
