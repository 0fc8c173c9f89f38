"""The audit ledger in GraphQL, for those who review it. Reading it is itself recorded."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.connection import page_size
from api.query import Reader, query
from api.sight import Sight, View, classified
from audit.search import Found, newest_note, search
from authz.classes import DataClass
from kit.errors import Invalid


@classified(DataClass.AUDIT)
@strawberry.type(name="LedgerEntry")
class EntryView(View):
    """One recorded operation. `body` is exactly what is hashed; the rest is read from it."""

    id: strawberry.ID
    at: datetime
    actor_id: strawberry.ID
    action: str
    outcome: str
    scope: str
    leaf: int | None
    body: str

    @classmethod
    def of(cls, row: Found, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            at=row.at,
            actor_id=strawberry.ID(str(row.actor_id)),
            action=row.action,
            outcome=row.outcome,
            scope=row.scope,
            leaf=row.leaf,
            body=row.body.decode(),
        )


@classified(DataClass.AUDIT)
@strawberry.type
class LedgerPage:
    """Entries, newest first. `before` of the next page is `endCursor` of this one."""

    nodes: list[EntryView]
    end_cursor: str | None
    has_next_page: bool


@strawberry.type
class LedgerQueries:
    @query("ledger.read")
    def ledger_entries(
        self,
        reader: Reader,
        first: int,
        before: str | None = None,
        actor_id: UUID | None = None,
        action: str | None = None,
        outcome: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        subject_id: UUID | None = None,
    ) -> LedgerPage:
        """Search the ledger by who, what, outcome and time; newest first.

        `subjectId` is what a body calls a person concerned; `accessLog` looks by patient."""
        size = page_size(first)
        rows = search(
            reader.session, reader.scopes, before=cursor_number(before), actor=actor_id,
            action=action, outcome=outcome, since=since, until=until, limit=size + 1,
            subjects=() if subject_id is None else (subject_id,),
        )  # fmt: skip
        reader.context.note_read("LedgerEntry.body")
        shown = [EntryView.of(row, reader.sight(row.place)) for row in rows[:size]]
        return LedgerPage(
            nodes=shown,
            end_cursor=str(rows[len(shown) - 1].id) if shown else None,
            has_next_page=len(rows) > size,
        )

    @query("ledger.read")
    def ledger_checkpoint(self, reader: Reader) -> str | None:
        """The newest signed note: origin, size and root of the log. Keep it elsewhere."""
        return newest_note(reader.session) if reader.scopes else None


def cursor_number(cursor: str | None) -> int | None:
    """The entry behind an `endCursor`. Raises Invalid for any other text."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
        raise Invalid("no such cursor; take endCursor of the page before", field="before")
    return int(cursor)
