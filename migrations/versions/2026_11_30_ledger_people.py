"""Who acted and who is concerned in each ledger entry, for the search."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from audit.form import Malformed, read
from audit.people import people_of

revision: str = "ledger_people"
down_revision: str | None = "backups"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_STEP = 2000
_LINKED = sa.text(
    "SELECT e.id, e.body FROM ledger_entry e WHERE e.id > :after AND EXISTS"
    " (SELECT 1 FROM ledger_leaf l WHERE l.entry_id = e.id) ORDER BY e.id LIMIT :most"
)


def upgrade() -> None:
    table = op.create_table(
        "ledger_person",
        sa.Column("person", sa.Uuid(), primary_key=True),
        sa.Column("entry_id", _NUMBER, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    connection, after = op.get_bind(), 0
    while rows := connection.execute(_LINKED, {"after": after, "most": _STEP}).all():
        after = rows[-1][0]
        people = [
            {"person": UUID(person), "entry_id": key}
            for key, body in rows
            for person in _people(bytes(body))
        ]
        if people:
            op.bulk_insert(table, people)


def _people(body: bytes) -> set[str]:
    try:
        read(body)
    except Malformed:
        return set()  # a bad row, on record as evidence
    return people_of(body)


def downgrade() -> None:
    op.drop_table("ledger_person")
