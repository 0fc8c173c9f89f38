"""Reads the outbox in the order in which its rows became visible.

SQLite has one writer, so ids are that order. PostgreSQL hands out ids before the commit: a row
of a slow transaction appears behind rows with higher ids. There rows go by (transaction, id),
and only from below the oldest transaction still open, so that none can appear behind a reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal_column, select, text

from app.cursors import START, Position
from app.outbox import OUTBOX
from kit.work import Scope

_HORIZON = "pg_snapshot_xmin(pg_current_snapshot())"
_VISIBLE = text(
    "(outbox.xid, outbox.id) > (CAST(:transaction AS xid8), :row)"
    f" AND outbox.xid < GREATEST({_HORIZON}, CAST(:ended AS xid8))"
)
_UNUSED = text(
    "SELECT pg_sequence_last_value(pg_get_serial_sequence('outbox', 'id')::regclass) IS NULL"
)
_IN_ORDER = text("outbox.xid, outbox.id")
_COLUMNS = (
    OUTBOX.c.id, OUTBOX.c.hospital_id, OUTBOX.c.ward_id,
    OUTBOX.c.name, OUTBOX.c.ids, OUTBOX.c.at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One outbox row: something happened in `scope`. Ids only."""

    position: Position
    scope: Scope
    name: str
    ids: dict[str, str]
    at: datetime


def after(
    connection: Connection, position: Position, most: int, ended: int = 0
) -> Sequence[Change]:
    """The next changes behind a position, at most `most`.

    `ended`: transactions below it are known to be over, whatever the server's horizon says.
    """
    if connection.dialect.name == "postgresql":
        return _after_on_postgres(connection, position, most, ended)
    rows = connection.execute(
        select(literal_column("0"), *_COLUMNS)
        .where(OUTBOX.c.id > position.row)
        .order_by(OUTBOX.c.id)
        .limit(most)
    )
    return [_change(row) for row in rows]


def head(connection: Connection) -> Position:
    """Everything up to here is visible in this snapshot; nothing more will appear behind it."""
    if connection.dialect.name == "postgresql":
        horizon = connection.execute(text(f"SELECT {_HORIZON}::text")).scalar_one()
        return Position(int(horizon), 0)
    last = connection.execute(select(func.max(OUTBOX.c.id))).scalar_one()
    return Position(0, last or 0)


def kept_since(connection: Connection, position: Position) -> bool:
    """True if no row behind the position can have been removed by retention."""
    first = connection.execute(select(func.min(OUTBOX.c.id))).scalar_one()
    if first == 1 or position == START:
        return first == 1 or first is None
    if first is None:
        return position == head(connection) or _never_used(connection)
    if connection.dialect.name == "postgresql":
        query = text("SELECT min(xid)::text FROM outbox")
        return int(connection.execute(query).scalar_one()) <= position.transaction
    return bool(first <= position.row + 1)


def _never_used(connection: Connection) -> bool:
    """PostgreSQL: no row was ever made. Its head moves on with the whole server's transactions."""
    if connection.dialect.name != "postgresql":
        return False
    return bool(connection.execute(_UNUSED).scalar_one())


def _after_on_postgres(
    connection: Connection, position: Position, most: int, ended: int
) -> Sequence[Change]:
    reached = {
        "transaction": str(position.transaction), "row": position.row, "ended": str(ended)
    }  # fmt: skip
    rows = connection.execute(
        select(literal_column("outbox.xid::text"), *_COLUMNS)
        .where(_VISIBLE)
        .order_by(_IN_ORDER)
        .limit(most),
        reached,
    )
    return [_change(row) for row in rows]


def _change(row: Any) -> Change:
    transaction, key, hospital, ward, name, ids, at = row
    return Change(Position(int(transaction), key), Scope(hospital, ward), name, ids, at)
