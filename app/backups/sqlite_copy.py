"""SQLite: a copy of the file through the online backup API, and the way back."""

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from app.backups.container import BackupRefused

PART = "database.db"
STEP = 2048  # pages copied at once; between two steps writers go on


def copy(database: Path, target: Path) -> None:
    """A copy of one moment. Writers go on meanwhile; what they change is copied again."""
    target.touch(mode=0o600)
    with closing(_read_only(database)) as source, closing(sqlite3.connect(target)) as copied:
        copied.execute("PRAGMA synchronous = OFF")  # the sealed archive is what is flushed
        copied.execute("PRAGMA journal_mode = MEMORY")
        source.backup(copied, pages=STEP, sleep=0.001)


def rows(file: Path) -> dict[str, int]:
    """How many rows each table of a copy has."""
    with closing(_read_only(file)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        return {
            name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608 - names of the file's own tables
            for (name,) in names
        }


def require_sound(file: Path, expected: Mapping[str, int]) -> None:
    """Raises BackupRefused unless the file is whole and has the rows that the manifest counts."""
    try:
        with closing(_read_only(file)) as connection:
            problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
        found = rows(file)
    except sqlite3.DatabaseError:
        raise BackupRefused("the database in the backup is damaged") from None
    if problem != "ok" or orphan is not None:
        raise BackupRefused("the database in the backup is damaged: its integrity check fails")
    if found != dict(expected):
        odd = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
        raise BackupRefused(f"the database has not the rows that the manifest counts: {odd[0]}")


def put(part: Path, database: Path) -> None:
    """Move the copy into its place. Raises BackupRefused where a database is already."""
    if database.exists():
        raise BackupRefused(f"{database.name} is there already; restore to a new place")
    with part.open("rb") as file:
        os.fsync(file.fileno())
    shutil.move(part, database)
    database.chmod(0o600)


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)
