"""Readings into the database, in bulk and each once: by (channel, time of measurement).

No ORM and no row objects: one statement stores the batch, and only what was there before is
looked at again. A second value of the same moment is a correction; the first one is kept aside.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from domain.readings.quality import Quality
from kit.bulk import by_column, is_postgres

REPLACED = "REPLACED"
_SOME = 400  # keys in one statement


class Kept(NamedTuple):
    """A row of `reading`."""

    channel: int
    at: int
    received: int
    stored: int
    value: float
    quality: int
    raw: float | None
    raw_unit: str | None


@dataclass(slots=True)
class Outcome:
    """What became of the rows of a batch."""

    new: list[Kept] = field(default_factory=list)
    corrected: list[Kept] = field(default_factory=list)
    duplicate: int = 0


def keep(connection: Connection, rows: Sequence[Kept]) -> Outcome:
    """Store rows in the order in which they came."""
    if not rows:
        return Outcome()
    by_key: dict[tuple[int, int], Kept] = {}
    again: list[Kept] = []
    for row in rows:
        if by_key.setdefault((row.channel, row.at), row) is not row:
            again.append(row)
    first = sorted(by_key.values())  # one order for everybody: writers wait, never deadlock
    known = _insert(connection, first)
    outcome = Outcome(new=first if not known else [row for row in first if row[:2] not in known])
    if known or again:
        doubtful = [by_key[key] for key in sorted(known)] + again
        _reconcile(connection, doubtful, outcome)
    return outcome


def set_aside(connection: Connection, rows: Iterable[Kept], reason: str) -> None:
    """Keep values that are no readings. The same one twice is one row."""
    given = [(r.channel, r.at, reason, r.value, r.received, r.stored, r.quality, r.raw, r.raw_unit)
             for r in sorted(rows)]  # fmt: skip
    if given:
        marks = ", ".join(["%s" if is_postgres(connection) else "?"] * 9)
        connection.exec_driver_sql(
            "INSERT INTO reading_aside (channel_id, at, reason, value, received, stored,"  # noqa: S608
            f" quality, raw, raw_unit) VALUES ({marks}) ON CONFLICT DO NOTHING",
            given,
        )


def _insert(connection: Connection, rows: list[Kept]) -> set[tuple[int, int]]:
    """Insert what is new; answers with the keys that were there."""
    if is_postgres(connection):
        found = connection.exec_driver_sql(_INSERT_POSTGRES, by_column(rows))
        return {(channel, at) for channel, at in found}
    connection.exec_driver_sql("SAVEPOINT readings")
    stored = connection.exec_driver_sql(_INSERT_SQLITE, rows).rowcount
    if stored == len(rows):
        connection.exec_driver_sql("RELEASE readings")
        return set()
    # Which of them were there, SQLite does not say: take all back and ask first.
    connection.exec_driver_sql("ROLLBACK TO readings")
    connection.exec_driver_sql("RELEASE readings")
    known = {row[:2] for row in _existing(connection, [row[:2] for row in rows])}
    new = [row for row in rows if row[:2] not in known]
    if new:
        connection.exec_driver_sql(_INSERT_SQLITE, new)
    return known


def _existing(connection: Connection, keys: Sequence[tuple[int, int]]) -> list[Kept]:
    """Those rows; on PostgreSQL locked, so that two corrections come one after the other."""
    if is_postgres(connection):
        found = connection.exec_driver_sql(_EXISTING_POSTGRES, by_column(keys))
        return [Kept(*row) for row in found]
    rows: list[Kept] = []
    for start in range(0, len(keys), _SOME):
        some = keys[start : start + _SOME]
        marks = ", ".join(["(?, ?)"] * len(some))
        asked = f"{_EXISTING} WHERE (channel_id, at) IN (VALUES {marks})"
        values = tuple(part for key in some for part in key)
        rows += [Kept(*row) for row in connection.exec_driver_sql(asked, values)]
    return rows


def _reconcile(connection: Connection, rows: Sequence[Kept], outcome: Outcome) -> None:
    """Values of moments that have one already."""
    keys = sorted({row[:2] for row in rows})
    current = {row[:2]: row for row in _existing(connection, keys)}
    replaced = _replaced(connection, keys)
    aside: list[Kept] = []
    changed: dict[tuple[int, int], Kept] = {}
    for row in rows:
        key = row[:2]
        there = current[key]
        if row.value == there.value or (*key, row.value) in replaced:
            outcome.duplicate += 1  # a replaced value that is sent again changes nothing
            continue
        replaced.add((*key, there.value))
        aside.append(there)
        newer = row._replace(quality=row.quality | Quality.CORRECTED)
        current[key] = changed[key] = newer
        outcome.corrected.append(newer)
    if changed:
        set_aside(connection, aside, REPLACED)
        _update(connection, list(changed.values()))


def _replaced(
    connection: Connection, keys: Sequence[tuple[int, int]]
) -> set[tuple[int, int, float]]:
    mark = "%s" if is_postgres(connection) else "?"
    asked = (
        "SELECT channel_id, at, value FROM reading_aside"  # noqa: S608 - a placeholder's mark
        f" WHERE reason = 'REPLACED' AND channel_id = {mark} AND at = {mark}"
    )
    found: set[tuple[int, int, float]] = set()
    if connection.exec_driver_sql(_ANY_REPLACED).first() is None:
        return found
    for key in keys:
        found |= {tuple(row) for row in connection.exec_driver_sql(asked, key)}
    return found


def _update(connection: Connection, rows: Sequence[Kept]) -> None:
    mark = "%s" if is_postgres(connection) else "?"
    connection.exec_driver_sql(
        f"UPDATE reading SET received = {mark}, stored = {mark}, value = {mark},"  # noqa: S608
        f" quality = {mark}, raw = {mark}, raw_unit = {mark}"
        f" WHERE channel_id = {mark} AND at = {mark}",
        [(*row[2:], *row[:2]) for row in rows],
    )


_COLUMNS = "channel_id, at, received, stored, value, quality, raw, raw_unit"
_EXISTING = f"SELECT {_COLUMNS} FROM reading"  # noqa: S608 - names of our own columns
_ANY_REPLACED = "SELECT 1 FROM reading_aside WHERE reason = 'REPLACED' LIMIT 1"
_INSERT_SQLITE = (
    f"INSERT INTO reading ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    " ON CONFLICT DO NOTHING"
)
_GIVEN = (
    "unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::float8[], %s::int[],"
    f" %s::float8[], %s::text[]) AS given({_COLUMNS})"
)
# The rows that were there are what the INSERT does not return.
_INSERT_POSTGRES = (
    f"WITH given AS (SELECT * FROM {_GIVEN}), kept AS (INSERT INTO reading ({_COLUMNS})"  # noqa: S608
    " SELECT * FROM given ON CONFLICT DO NOTHING RETURNING channel_id, at)"
    " SELECT channel_id, at FROM given EXCEPT SELECT channel_id, at FROM kept"
)
_EXISTING_POSTGRES = (
    f"SELECT {_COLUMNS} FROM reading"  # noqa: S608 - names of our own columns
    " WHERE (channel_id, at) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))"
    " ORDER BY channel_id, at FOR UPDATE"
)
