"""SQLite through apsw in the shape of the standard driver, so that the program runs on our VFS.

Only what SQLAlchemy's pysqlite dialect calls. The errors are the standard driver's own.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw
import pytest
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

_ERRORS: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (apsw.ConstraintError, sqlite3.IntegrityError),
    (apsw.BusyError, sqlite3.OperationalError),
    (apsw.FullError, sqlite3.OperationalError),
    (apsw.IOError, sqlite3.OperationalError),
    (apsw.Error, sqlite3.DatabaseError),
)


def use_vfs(patch: pytest.MonkeyPatch, vfs: str) -> None:
    """From now on new engines reach SQLite through apsw and the file layer `vfs`."""
    driver = Driver(vfs)
    patch.setattr(SQLiteDialect_pysqlite, "import_dbapi", classmethod(lambda _cls: driver))


class Driver:
    """Stands for the module sqlite3."""

    paramstyle = "qmark"
    sqlite_version_info = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    PARSE_DECLTYPES = PARSE_COLNAMES = 0

    def __init__(self, vfs: str) -> None:
        self._vfs = vfs

    def __getattr__(self, name: str) -> Any:
        return getattr(sqlite3, name)  # the error classes

    def connect(self, database: str, **_options: Any) -> "Connection":
        return Connection(apsw.Connection(str(database), vfs=self._vfs))


class Connection:
    isolation_level: str | None = None

    def __init__(self, inner: apsw.Connection) -> None:
        self._inner = inner

    def cursor(self) -> "Cursor":
        return Cursor(self._inner)

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "Cursor":
        return self.cursor().execute(statement, parameters)

    def create_function(
        self, name: str, arity: int, function: Callable[..., Any], *, deterministic: bool = False
    ) -> None:
        self._inner.create_scalar_function(name, function, arity, deterministic=deterministic)

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def close(self) -> None:
        self._inner.close()

    @property
    def in_transaction(self) -> bool:
        return self._inner.in_transaction

    def _end(self, statement: str) -> None:
        if self._inner.in_transaction:
            self.execute(statement)


class Cursor:
    arraysize = 1

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._inner = connection.cursor()
        self._inner.exec_trace = self._about_to_run
        self._rows: Iterator[Any] = iter(())
        self.description: Any = None
        self.rowcount = -1

    @property
    def lastrowid(self) -> int:
        return self._connection.last_insert_rowid()

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "Cursor":
        return self._run(lambda: self._inner.execute(statement, tuple(parameters)))

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> "Cursor":
        return self._run(lambda: self._inner.executemany(statement, map(tuple, rows)))

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        return [row for row, _ in zip(self._rows, range(size), strict=False)]

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def close(self) -> None:
        self._inner.close()

    def _run(self, begin: Callable[[], Any]) -> "Cursor":
        before = self._connection.total_changes()
        with _standard_errors():
            self._rows = iter(list(begin()))
        self.rowcount = self._connection.total_changes() - before
        return self

    def _about_to_run(self, cursor: Any, _statement: str, _parameters: Any) -> bool:
        columns = cursor.get_description()
        self.description = [(name, *(None,) * 6) for name, _ in columns] or None
        return True


@contextmanager
def _standard_errors() -> Iterator[None]:
    try:
        yield
    except apsw.Error as problem:
        kind = next(ours for theirs, ours in _ERRORS if isinstance(problem, theirs))
        told = kind(str(problem))
        no_room = sqlite3.SQLITE_FULL if isinstance(problem, apsw.FullError) else None
        code = getattr(problem, "extendedresult", no_room)  # none where our own layer raised it
        told.sqlite_errorcode = code  # type: ignore[attr-defined]  # as the driver does
        raise told from problem
