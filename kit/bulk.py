"""Many rows in one statement, as each database takes them fastest.

PostgreSQL is given a column at a time as arrays, SQLite one prepared statement many times over.
Names of tables and columns come from our own code, never from a message.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

_NUMBERS = frozenset({int, float, type(None)})
Columns = Mapping[str, str]  # name → PostgreSQL's type


def is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def by_column(rows: Sequence[tuple[Any, ...]]) -> tuple[str, ...]:
    """Rows turned into one array a column, written as PostgreSQL reads it.

    The driver's own way, value by value, takes longer than the database needs to store them.
    """
    return tuple(map(array, zip(*rows, strict=True)))


def array(values: Iterable[Any]) -> str:
    """`{1,NULL,"text"}` of numbers, texts, keys, times and None."""
    listed = list(values)
    if _NUMBERS.issuperset(map(type, listed)):  # as a list prints itself
        return "{" + str(listed)[1:-1].replace("None", "NULL") + "}"
    return "{" + ",".join([_written(value) for value in listed]) + "}"


def _written(value: Any) -> str:
    if value is None:
        return "NULL"
    kind = type(value)
    if kind is int or kind is float:
        return repr(value)
    if isinstance(value, int | float):
        return repr(value + 0)  # of a named number, what it is worth
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def upsert(
    connection: Connection, table: str, columns: Columns, rows: Sequence[tuple[Any, ...]],
    keys: int, changes: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Insert, or change the rows with the same first `keys` columns: `changes` by column.

    Without `changes` every other column takes the new value. The rows differ in their keys.
    """
    if not rows:
        return
    names = tuple(columns)
    changed = tuple((changes or {name: f"excluded.{name}" for name in names[keys:]}).items())
    conflict = (
        f" ON CONFLICT ({', '.join(names[:keys])}) DO UPDATE SET "
        + ", ".join(f"{name} = {value}" for name, value in changed)
    )  # fmt: skip
    if is_postgres(connection):
        statement = _postgres(table, names, tuple(columns.values())) + conflict
        connection.exec_driver_sql(statement, by_column(rows))
    else:
        connection.exec_driver_sql(_sqlite(table, names) + conflict, list(rows))


@lru_cache(maxsize=64)
def _postgres(table: str, names: tuple[str, ...], types: tuple[str, ...]) -> str:
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT * FROM unnest({arrays})"  # noqa: S608


@lru_cache(maxsize=64)
def _sqlite(table: str, names: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(names))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
