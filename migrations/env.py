"""Runs a migration on SQLite or PostgreSQL: alone, in one transaction each, with no row orphaned.

The address comes from `wardgrid migrate` (attribute `url`), from `-x url=`, or from the setting
WARDGRID_DATABASE_URL; there is no default.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from sqlalchemy import Connection, text

from kit.db import open_engine
from migrations.tables import every_table

_MIGRATION_LOCK = 0x77617264  # "ward": one migration at a time, whoever starts it
_PARTITION = re.compile(r"reading_(p\d{8}|rest)")  # made and dropped as days pass; in no model
# Whoever waits for a table's lock lets nobody pass: a step gives up before writers do (2 s).
_LOCK_WAIT = "500ms"
_POSTGRES_ONLY_COLUMNS = {"xid"}  # which transaction wrote the row; no column of the models


def _address() -> str:
    given = context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True).get(
        "url"
    )
    address = given or os.environ.get("WARDGRID_DATABASE_URL")
    if not address:
        raise SystemExit("give the database: -x url=... or WARDGRID_DATABASE_URL")
    return str(address)


def run() -> None:
    """Bring the database to the revision that alembic was asked for."""
    if context.is_offline_mode():
        raise SystemExit("migrations look at the rows they change: there is no SQL-only mode")
    engine = open_engine(_address(), guarded=False)
    alone = _alone_on_sqlite if engine.dialect.name == "sqlite" else _alone_on_postgres
    try:
        with engine.connect() as connection, alone(connection):
            _migrate(connection)
    finally:
        engine.dispose()


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=None if context.config.attributes.get("steps_only") else every_table(),
        include_object=_is_ours,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _is_ours(item: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    if not reflected:
        return True
    if kind == "table" and name and _PARTITION.fullmatch(name):
        return False
    columns = {column.name for column in item.columns} if kind == "index" else {name}
    return columns.isdisjoint(_POSTGRES_ONLY_COLUMNS)


@contextmanager
def _alone_on_sqlite(connection: Connection) -> Iterator[None]:
    # Rebuilding a table drops the old one; with foreign keys on, that would delete its children.
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - a checked-out connection has its driver
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
        orphans = driver.execute("PRAGMA foreign_key_check").fetchall()
        if orphans:
            raise RuntimeError(f"rows without their parent after the migration: {orphans[:5]}")
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


@contextmanager
def _alone_on_postgres(connection: Connection) -> Iterator[None]:
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
    connection.execute(text("SET lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
    connection.execute(text(f"SET lock_timeout = '{_LOCK_WAIT}'"))
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _MIGRATION_LOCK})
        connection.commit()


run()
