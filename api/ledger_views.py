"""An entry of the ledger as people see it: what is hashed, and what it says, in parts."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

import orjson
import strawberry

from api.sight import Sight, View, classified
from audit.search import Found
from authz.classes import DataClass


@strawberry.enum
class ToldAs(StrEnum):
    """How the ledger holds a value. NOTHING: the field was empty. HIDDEN: a text or date that the
    ledger never tells. SEALED: only the digest of what was encrypted."""

    NOTHING = "NOTHING"
    VALUE = "VALUE"
    HIDDEN = "HIDDEN"
    SEALED = "SEALED"


@classified(DataClass.AUDIT)
@strawberry.type(name="LedgerValue")
class ValueView(View):
    """A value before or after: `text` for a VALUE, the ciphertext's SHA-256 for a SEALED one."""

    told_as: ToldAs
    text: str | None

    @classmethod
    def of(cls, value: Any, sight: Sight) -> Self:
        if value is None:
            return cls(sight=sight, told_as=ToldAs.NOTHING, text=None)
        if not isinstance(value, dict):
            text = value if isinstance(value, str) else orjson.dumps(value).decode()
            return cls(sight=sight, told_as=ToldAs.VALUE, text=text)
        if "sealed" in value:
            return cls(sight=sight, told_as=ToldAs.SEALED, text=value["sealed"][1])
        return cls(sight=sight, told_as=ToldAs.HIDDEN, text=None)


@classified(DataClass.AUDIT)
@strawberry.type(name="LedgerChange")
class ChangeView(View):
    """One field of a row, before and after. `op`: insert, update or delete."""

    table: str
    row_id: str
    version: int | None
    op: str
    field: str
    old: ValueView
    new: ValueView

    @classmethod
    def all_of(cls, body: dict[str, Any], sight: Sight) -> Iterator[Self]:
        for change in body["change"]:
            for name, old, new in change["fields"]:
                yield cls(
                    sight=sight, table=change["table"], row_id=change["id"],
                    version=change["version"], op=change["op"], field=name,
                    old=ValueView.of(old, sight), new=ValueView.of(new, sight),
                )  # fmt: skip


@classified(DataClass.AUDIT)
@strawberry.type(name="LedgerEntry")
class EntryView(View):
    """One recorded operation. `body` is exactly what is hashed; the rest is read from it.

    `changes`: each changed field, before and after. `fields`: personal fields that were shown.
    """

    id: strawberry.ID
    at: datetime
    actor_id: strawberry.ID
    role: str
    action: str
    outcome: str
    purpose: str
    operation: str
    scope: str
    leaf: int | None
    subject_ids: list[strawberry.ID]
    fields: list[str]
    changes: list[ChangeView]
    body: str

    @classmethod
    def of(cls, row: Found, sight: Sight) -> Self:
        body: dict[str, Any] = orjson.loads(row.body)
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            at=row.at,
            actor_id=strawberry.ID(str(row.actor_id)),
            role=body["actor"]["role"],
            action=row.action,
            outcome=row.outcome,
            purpose=body["purpose"],
            operation=body["op"]["name"],
            scope=row.scope,
            leaf=row.leaf,
            subject_ids=[strawberry.ID(one) for one in body["subjects"]],
            fields=body["fields"],
            changes=list(ChangeView.all_of(body, sight)),
            body=row.body.decode(),
        )


@classified(DataClass.AUDIT)
@strawberry.type
class LedgerPage:
    """Entries, newest first. `before` of the next page is `endCursor` of this one."""

    nodes: list[EntryView]
    end_cursor: str | None
    has_next_page: bool
