"""PostgreSQL: every table's rows as of one snapshot, and the way back into an empty database.

Rows travel as COPY text, in the order of their keys, so that equal content is equal bytes. Needs
no program of the server and no right but to read; the schema comes from the migrations.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from app import migrate
from app.backups.container import BackupRefused
from app.backups.manifest import Manifest, Part
from kit.db import EVERY_HOSPITAL

FOLDER = "rows"
_REVISION = "alembic_version"
_TABLES = """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition AND c.relname <> %s ORDER BY 1"""
_COLUMNS = """SELECT a.attname FROM pg_attribute a WHERE a.attrelid = %s::regclass
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum"""
_KEY = """SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
    AND a.attnum = ANY(i.indkey) WHERE i.indrelid = %s::regclass AND i.indisprimary
    ORDER BY array_position(i.indkey, a.attnum)"""
_PARENTS = """SELECT DISTINCT conrelid::regclass::text, confrelid::regclass::text
    FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid"""
_TRIGGERS = """SELECT t.tgname, t.tgenabled FROM pg_trigger t WHERE t.tgrelid = %s::regclass
    AND NOT t.tgisinternal"""
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
_DAYS = """SELECT substr(c.relname, 10) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'reading'::regclass AND c.relname ~ '^reading_p[0-9]{8}$' ORDER BY 1"""
_STATE = {"A": "ENABLE ALWAYS", "O": "ENABLE", "R": "ENABLE REPLICA", "D": "DISABLE"}
# Transactions of another server have other numbers. All that is linked comes before all that is
# not, and both before whatever this server will write.
_OWN_VALUE = {
    ("ledger_entry", "xid"): "CASE WHEN EXISTS (SELECT 1 FROM ledger_leaf l"
    " WHERE l.entry_id = ledger_entry.id) THEN '0'::xid8 ELSE '1'::xid8 END"
}


@contextmanager
def snapshot(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that sees one moment until it is closed."""
    with psycopg.connect(address(url)) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL statement_timeout = 0")
        yield connection
        connection.rollback()


def tables(connection: psycopg.Connection[Any]) -> list[str]:
    return [name for (name,) in connection.execute(_TABLES, (_REVISION,))]


def columns(connection: psycopg.Connection[Any], table: str) -> list[str]:
    return [name for (name,) in connection.execute(_COLUMNS, (table,))]


def sequences(connection: psycopg.Connection[Any]) -> dict[str, int]:
    return {name: value for name, value in connection.execute(_SEQUENCES) if value is not None}


def days(connection: psycopg.Connection[Any]) -> list[str]:
    """Days of readings that have a partition of their own, as 20261130."""
    return [day for (day,) in connection.execute(_DAYS)]


def copy_out(connection: psycopg.Connection[Any], table: str, target: Path) -> tuple[Part, int]:
    """Write a table's rows; the part and how many rows."""
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        target.chmod(0o600)
        with connection.cursor() as cursor:
            with cursor.copy(_select(connection, table)) as rows:
                for block in rows:
                    file.write(block)
                    digest.update(block)
                    size += len(block)
            count = cursor.rowcount
    return Part(f"{FOLDER}/{target.name}", size, digest.hexdigest()), count


def put(url: str, folder: Path, manifest: Manifest) -> None:
    """Fill an empty database. Raises BackupRefused where it is not empty; else all or nothing."""
    with psycopg.connect(address(url)) as connection:
        if connection.execute(_TABLES, ("",)).fetchone():
            raise BackupRefused("the database has tables already; restore to an empty one")
    migrate.upgrade(url, manifest.revision)
    with psycopg.connect(address(url)) as connection:
        connection.execute("SET LOCAL statement_timeout = 0")
        here = tables(connection)
        if set(here) != set(manifest.columns):
            raise BackupRefused("the backup has not the tables of its own revision")
        states = {table: connection.execute(_TRIGGERS, (table,)).fetchall() for table in here}
        for table in here:  # as the owner: what keeps rows from being written again
            connection.execute(_sql("ALTER TABLE {} DISABLE TRIGGER USER", table))
        for table in reversed(_parents_first(connection, here)):
            connection.execute(_sql("DELETE FROM {}", table))  # what the migrations put in
        for day in manifest.days:
            connection.execute("SELECT reading_make_day(to_date(%s, 'YYYYMMDD'))", (day,))
        for table in _parents_first(connection, here):
            _copy_in(connection, table, manifest, folder)
        for name, value in manifest.sequences.items():
            connection.execute("SELECT setval(%s::regclass, %s)", (name, value))
        for table, triggers in states.items():
            for name, state in triggers:
                text = f"ALTER TABLE {{}} {_STATE[_text(state)]} TRIGGER {{}}"
                connection.execute(_sql(text, table, name))


def _copy_in(
    connection: psycopg.Connection[Any], table: str, manifest: Manifest, folder: Path
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, manifest.columns[table]))
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with connection.cursor() as cursor:
        with cursor.copy(into) as rows, (folder / f"{table}.copy").open("rb") as file:
            while block := file.read(1 << 20):
                rows.write(block)
        if cursor.rowcount != manifest.rows[table]:
            raise BackupRefused(f"{table} has not the rows that the manifest counts")


def content(url: str) -> dict[str, str]:
    """SHA-256 of every table's rows in the order of their keys: equal content, equal hashes."""
    found = {}
    with snapshot(url) as connection, connection.cursor() as cursor:
        for table in tables(connection):
            digest = hashlib.sha256()
            with cursor.copy(_select(connection, table)) as rows:
                for block in rows:
                    digest.update(block)
            found[table] = digest.hexdigest()
    return found


def _select(connection: psycopg.Connection[Any], table: str) -> sql.Composed:
    names = [
        sql.SQL("{} AS {}").format(sql.SQL(own), sql.Identifier(name))
        if (own := _OWN_VALUE.get((table, name)))
        else sql.Identifier(name)
        for name in columns(connection, table)
    ]
    keys = [sql.Identifier(name) for (name,) in connection.execute(_KEY, (table,))] or names
    return sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        sql.SQL(", ").join(names), sql.Identifier(table), sql.SQL(", ").join(keys)
    )


def _parents_first(connection: psycopg.Connection[Any], names: list[str]) -> list[str]:
    graph: dict[str, set[str]] = {name: set() for name in names}
    for child, parent in connection.execute(_PARENTS):
        graph[child].add(parent)
    try:
        return list(TopologicalSorter(_ordered(graph)).static_order())
    except CycleError:
        raise BackupRefused("tables of this revision refer to each other in a circle") from None


def _ordered(graph: Mapping[str, set[str]]) -> dict[str, list[str]]:
    return {name: sorted(parents) for name, parents in graph.items()}


def _text(value: bytes | str) -> str:
    """PostgreSQL's "char" comes as a byte."""
    return value.decode() if isinstance(value, bytes) else value


def _sql(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*map(sql.Identifier, names))


def address(url: str) -> str:
    """The address for the driver; it holds the password, so it is never shown."""
    parsed = make_url(url).set(drivername="postgresql")
    parsed = parsed.update_query_dict({"options": EVERY_HOSPITAL}, append=True)
    return parsed.render_as_string(hide_password=False)
