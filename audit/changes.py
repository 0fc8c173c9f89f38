"""What a command changed, collected from the session's rows as they are flushed.

Nobody writes this list by hand, so nobody can forget a row. Recorded by value: ids, closed
words, numbers, truth values and times. A sealed field is recorded as its key and the hash of its
ciphertext; a date (of birth) and any other text only as changed, unless a text's column says
`info={"ledger": True}`.
"""

from datetime import date, datetime
from enum import Enum
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, event, inspect
from sqlalchemy import Enum as Words
from sqlalchemy.orm import Mapper, ORMExecuteState
from sqlmodel import Session

from audit.entry import HIDDEN, Change, Recorded, SealedRef
from kit.canonical import MAX_INTEGER
from kit.clock import time_text
from kit.sealed import Sealed

_KEY_ID = slice(4, 20)  # of a sealed field's header (audit/seal.py)


class Changes:
    """Watches one session from `watch` to `collected`."""

    def __init__(self) -> None:
        self._changes: dict[tuple[str, str], Change] = {}

    @classmethod
    def watch(cls, session: Session) -> "Changes":
        changes = cls()
        event.listen(session, "before_flush", changes._before_flush)
        event.listen(session, "do_orm_execute", changes._on_statement)
        return changes

    def collected(self) -> tuple[Change, ...]:
        """Every row changed so far, once, in the order of its first flush."""
        return tuple(self._changes.values())

    def _before_flush(self, session: Session, _context: Any, _instances: Any) -> None:
        for row in session.new:
            self._record(row, "insert")
        for row in session.dirty:
            if session.is_modified(row):
                self._record(row, "update")
        for row in session.deleted:
            self._record(row, "delete")

    def _on_statement(self, state: ORMExecuteState) -> None:
        """A statement over many rows names no rows here, but it is never left out."""
        op = "update" if state.is_update else "delete" if state.is_delete else "insert"
        mapper = state.bind_mapper
        if mapper is None or not state.is_orm_statement or state.is_select:
            return
        fields: dict[str, tuple[Recorded, Recorded]] = {
            column: (HIDDEN, HIDDEN) for column in sorted(_written(state.statement))
        }
        self._merge(Change(_table(mapper), "*", None, op, fields))

    def _record(self, row: Any, op: str) -> None:
        state = inspect(row)
        mapper: Mapper[Any] = state.mapper
        table = _table(mapper)
        fields: dict[str, tuple[Recorded, Recorded]] = {}
        for key, column in _columns(mapper):
            if op == "update" and key not in state.committed_state:
                continue  # never set since it was read
            old, new = _old_and_new(state, key, op)
            if old is not new and old != new:
                fields[column.name] = _recorded(column, old), _recorded(column, new)
        identity = "/".join(_identity(mapper, row))
        self._merge(Change(table, identity, _version(row, op), op, fields))

    def _merge(self, change: Change) -> None:
        """Several flushes of one row are one change: the first old, the last new."""
        earlier = self._changes.get((change.table, change.id))
        if earlier is None:
            self._changes[change.table, change.id] = change
            return
        fields = dict(earlier.fields)
        for name, (old, new) in change.fields.items():
            fields[name] = (fields[name][0] if name in fields else old, new)
        op = earlier.op if change.op == "update" else change.op
        self._changes[change.table, change.id] = Change(
            change.table, change.id, change.version, op, fields
        )


@cache
def _columns(mapper: Mapper[Any]) -> tuple[tuple[str, ColumnElement[Any]], ...]:
    """What is recorded of a row: neither its own id nor the count of its changes."""
    columns = ((attribute.key, attribute.columns[0]) for attribute in mapper.column_attrs)
    return tuple(
        (key, column)
        for key, column in columns
        if column.name != "version" and not (column.primary_key and column.name == "id")
    )


def _old_and_new(state: Any, key: str, op: str) -> tuple[Any, Any]:
    if op == "insert":
        return None, state.dict.get(key)
    history = state.attrs[key].history
    current = history.added or history.unchanged
    new = None if op == "delete" or not current else current[0]
    if op == "delete":
        known = history.deleted or history.unchanged
        return (known[0] if known else None), None
    if not history.added:
        return new, new
    # a value that was overwritten unread is unknown to the session: say that it was hidden
    return (history.deleted[0] if history.deleted else _UNREAD), new


class _Unread:
    """An old value that was never loaded."""


_UNREAD = _Unread()


def _table(mapper: Mapper[Any]) -> str:
    table = mapper.local_table
    assert isinstance(table, Table)  # noqa: S101 - the house maps tables only
    return table.name


def _written(statement: Any) -> set[str]:
    """The columns that an UPDATE or INSERT sets, as far as it says."""
    values = getattr(statement, "_values", None) or {}
    return {str(getattr(column, "name", column)) for column in values}


def _identity(mapper: Mapper[Any], row: Any) -> list[str]:
    values = (getattr(row, mapper.get_property_by_column(c).key) for c in mapper.primary_key)
    return ["" if value is None else str(_plain(value)) for value in values]


def _version(row: Any, op: str) -> int | None:
    version = getattr(row, "version", None)
    if not isinstance(version, int):
        return None
    # the flush that follows counts an update
    return version + 1 if op == "update" else version


def _recorded(column: ColumnElement[Any], value: Any) -> Recorded:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Sealed):
        digest = sha256(value.ciphertext).hexdigest()
        return SealedRef(str(UUID(bytes=value.ciphertext[_KEY_ID])), digest)
    plain = _plain(value)
    if isinstance(plain, str) and isinstance(value, str) and not isinstance(value, Enum):
        open_text = isinstance(column.type, Words) or column.info.get("ledger") is True
        return plain if open_text else HIDDEN
    return plain


def _plain(value: Any) -> Recorded:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, date):
        return HIDDEN  # a day without a time is a birth date: it helps to name a person
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return int(value)
    return value if isinstance(value, str) else HIDDEN
