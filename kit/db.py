"""Engines and sessions. Anyone may read; only the pipeline writes.

The guard sits on the engine, below ORM and Core alike: a transaction that carries
no ledger entry cannot commit, whoever opened it.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlmodel import Session

_LEDGERED = "ledgered"
_WITHIN = text("SELECT set_config('wardgrid.hospitals', :listed, true)")
IDLE_S = 10  # a transaction without a statement for so long is ended by the server


class UnledgeredCommit(RuntimeError):
    """A bug: a transaction with no ledger entry tried to commit."""


class WrongEncoding(RuntimeError):
    """The database was made with another encoding than UTF-8: names would not be kept."""


# On PostgreSQL the rows' own policy shows a session that says nothing no hospital at all. The
# program says: all of them; and narrows the reads that it makes for a person (`reading`).
EVERY_HOSPITAL = "-cwardgrid.hospitals=*"  # no blank: it stands in addresses too
# a machine that is gone holds no lock for longer than a minute: the server asks after it
_VANISHED = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"


def open_engine(url: str, *, guarded: bool = True, pool_size: int = 16) -> Engine:
    """Open the database. Only migrations and test set-up may pass `guarded=False`."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = _open_sqlite(url, parsed.database)
    else:
        engine = _open_postgres(url, pool_size)
    if guarded:
        event.listen(engine, "begin", _forget_ledgered)
        event.listen(engine, "commit", _refuse_unledgered)
    return engine


@contextmanager
def reading(engine: Engine, within: Collection[UUID] | None = None) -> Iterator[Session]:
    """A session that sees one snapshot and can never write.

    On PostgreSQL it sees rows of the hospitals `within` alone, whatever it asks; None: of all.
    """
    options: dict[str, Any] = {"readonly": True}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with (
        engine.connect().execution_options(**options) as connection,
        Session(connection, autoflush=False) as session,
    ):
        if within is not None and engine.dialect.name == "postgresql":
            connection.execute(_WITHIN, {"listed": ",".join(map(str, within))})
        yield session
        session.expunge_all()  # rows that were read outlive the snapshot
        session.rollback()


def mark_ledgered(connection: Connection) -> None:
    """Say that this transaction carries its entry. Only audit/stream.py calls it."""
    connection.info[_LEDGERED] = True


def count_only(connection: Connection) -> None:
    """Say that this transaction changes nothing but the program's counters of itself: how many
    answers were late, no word of whose. Only app/fleet_levels.py calls it."""
    connection.info[_LEDGERED] = True


def _open_sqlite(url: str, database: str | None) -> Engine:
    if database:  # personal data: the file is its owner's alone before the first byte is in it
        Path(database).touch(mode=0o600)
    engine = create_engine(url, pool_size=16, max_overflow=16)
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _open_postgres(url: str, pool_size: int) -> Engine:
    # SERIALIZABLE: rules over several rows (staffed capacity, room sex, overlaps) hold without
    # a lock that writers share; the loser of a race is retried by the pipeline.
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=2,  # whoever waits longer for a connection is told to come again
        pool_pre_ping=True,
        isolation_level="SERIALIZABLE",
        connect_args={
            "options": "-c statement_timeout=5s -c lock_timeout=2s"
            f" -c idle_in_transaction_session_timeout={IDLE_S}s -c timezone=UTC {_VANISHED}"
            f" {EVERY_HOSPITAL}"
        },
    )
    event.listen(engine, "connect", _require_utf8, insert=True)  # before SQLAlchemy asks anything
    return engine


def _require_utf8(connection: Any, _record: Any) -> None:
    found = connection.info.parameter_status("server_encoding")
    if found != "UTF8":
        raise WrongEncoding(f"the database is encoded in {found}; make a new one: CREATE DATABASE "
                            "wardgrid TEMPLATE template0 ENCODING 'UTF8'")  # fmt: skip


def _forget_ledgered(connection: Connection) -> None:
    connection.info[_LEDGERED] = False


def _refuse_unledgered(connection: Connection) -> None:
    if not connection.info.get(_LEDGERED):
        # SQLAlchemy takes a commit that raises for done: without this the driver's transaction
        # would stay open, and with it the lock of the one writer.
        connection.connection.rollback()
        raise UnledgeredCommit("append to the ledger before the commit")


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we emit BEGIN ourselves, below
    for pragma in (
        "busy_timeout = 5000",  # ms; first, because switching to WAL may have to wait
        "journal_mode = WAL",
        "synchronous = FULL",  # NORMAL loses acknowledged commits in a power cut
        "foreign_keys = ON",
        "recursive_triggers = ON",  # else REPLACE INTO walks past the ledger's triggers
        "trusted_schema = OFF",
        "secure_delete = ON",  # what is deleted, a key above all, is overwritten with zeros
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    # Two deferred transactions could read the same tail and then both extend it,
    # so a writer takes the write lock before it reads.
    readonly = connection.get_execution_options().get("readonly", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if readonly else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")
