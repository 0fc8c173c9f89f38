"""Indexes by which the ledger is searched, and the purpose of each entry."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from audit.form import Malformed, read
from audit.people import purpose_of

revision: str = "ledger_search"
down_revision: str | None = "reviews"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_STEP = 2000
_LINKED = sa.text(
    "SELECT e.id, e.body FROM ledger_entry e WHERE e.id > :after AND EXISTS"
    " (SELECT 1 FROM ledger_leaf l WHERE l.entry_id = e.id) ORDER BY e.id LIMIT :most"
)
_INDEXED = ("action", "outcome", "scope", "at")


def upgrade() -> None:
    for column in _INDEXED:
        op.create_index(f"ledger_entry_{column}", "ledger_entry", [column, "id"])
    table = op.create_table(
        "ledger_purpose",
        sa.Column("purpose", sa.String(160), primary_key=True),
        sa.Column("entry_id", _NUMBER, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    connection, after = op.get_bind(), 0
    while rows := connection.execute(_LINKED, {"after": after, "most": _STEP}).all():
        after = rows[-1][0]
        known = [(key, bytes(body)) for key, body in rows if _is_entry(bytes(body))]
        if known:
            op.bulk_insert(
                table, [{"purpose": purpose_of(body), "entry_id": key} for key, body in known]
            )


def _is_entry(body: bytes) -> bool:
    try:
        read(body)
    except Malformed:
        return False  # a bad row, on record as evidence
    return True


def downgrade() -> None:
    op.drop_table("ledger_purpose")
    for column in _INDEXED:
        op.drop_index(f"ledger_entry_{column}", table_name="ledger_entry")
