"""The ledger: entries, leaves, checkpoints, tiles, and the triggers that keep them append-only."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from audit.ddl import APPEND_ONLY, drop_functions, triggers
from kit.rows import UtcTime

revision: str = "ledger"
down_revision: str | None = "accounts"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _entries()
    _log()
    for statement in triggers(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(APPEND_ONLY):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for statement in drop_functions():
            op.execute(statement)


def _entries() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("stream", sa.String(36), nullable=False),
        sa.Column("sseq", sa.BigInteger, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("action", sa.String(160), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("scope", sa.String(80), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ledger_entry_place", "ledger_entry", ["stream", "sseq"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "ALTER TABLE ledger_entry ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id()"
        )
        op.execute("CREATE INDEX ledger_entry_order ON ledger_entry (xid, id)")


def _log() -> None:
    op.create_table(
        "ledger_leaf",
        sa.Column("idx", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("entry_id", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("evidence", sa.LargeBinary),
    )
    op.create_index("ledger_leaf_entry", "ledger_leaf", ["entry_id"])
    op.create_table(
        "ledger_checkpoint",
        sa.Column("size", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_table(
        "ledger_tile",
        sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("idx", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
