"""Makes a backup: the database of one moment, what it must contain, sealed under its own key."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from app import migrate
from app.backups import postgres_copy, sqlite_copy
from app.backups.container import writing
from app.backups.listed import keep_beside
from app.backups.manifest import NAME, Manifest, Part
from app.settings import Settings
from audit.checkpoint import read_unchecked
from audit.erasures import erasures_signer
from audit.export import ExportRefused, newest_checkpoint
from audit.guard import flush_folder
from audit.keys import KeyKind, Keys
from kit.db import open_engine

SUFFIX = ".wgb"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that stands on the disk."""

    path: Path
    manifest: Manifest
    size: int


def make_backup(settings: Settings, keys: Keys, engine: Engine, folder: Path, at: datetime) -> Made:
    """Write a backup into the folder while the house works. Raises KeyTrouble, OSError,
    and BadErasures where the list of the erased is damaged.

    A file that stands there is whole: until then it has another name.
    """
    stamp = at.strftime("%Y%m%dT%H%M%S.%fZ")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"wardgrid-{stamp}{SUFFIX}"
    partial = target.with_name(f".{target.name}.partial")
    lister = erasures_signer(settings.log_origin, keys.secret(KeyKind.LEDGER))
    keep_beside(settings, lister, folder)
    with private_folder(settings.data_folder) as staging:
        manifest, files = _copied(settings, engine, staging, stamp)
        try:
            with writing(partial, keys, stamp, manifest.leaves) as tar:
                for part in manifest.parts:
                    tar.add(files[part.name], part.name)
                (staging / NAME).write_bytes(manifest.content())
                tar.add(staging / NAME, NAME)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    os.replace(partial, target)
    flush_folder(folder)
    return Made(target, manifest, target.stat().st_size)


def _copied(
    settings: Settings, engine: Engine, staging: Path, stamp: str
) -> tuple[Manifest, dict[str, Path]]:
    if engine.dialect.name == "sqlite":
        file = staging / sqlite_copy.PART
        sqlite_copy.copy(Path(str(engine.url.database)), file)
        copied = open_engine(f"sqlite:///{file}")
        try:
            note, revision = _note(copied), migrate.revision_of(copied)
        finally:
            copied.dispose()
        part = Part(sqlite_copy.PART, file.stat().st_size, sha256_of(file))
        rows = sqlite_copy.rows(file)
        return _manifest(settings, "sqlite", stamp, note, revision, (part,), rows), {
            sqlite_copy.PART: file
        }
    return _copied_rows(settings, engine, staging, stamp)


def _copied_rows(
    settings: Settings, engine: Engine, staging: Path, stamp: str
) -> tuple[Manifest, dict[str, Path]]:
    folder = staging / postgres_copy.FOLDER
    folder.mkdir(mode=0o700)
    parts, rows, columns = [], {}, {}
    with postgres_copy.snapshot(settings.database) as connection:
        for table in postgres_copy.tables(connection):
            target = folder / f"{table}.copy"
            part, rows[table] = postgres_copy.copy_out(connection, table, target)
            columns[table] = postgres_copy.columns(connection, table)
            parts.append(part)
        sequences = postgres_copy.sequences(connection)
        days = postgres_copy.days(connection)
        newest = connection.execute(
            "SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1"
        ).fetchone()
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    manifest = _manifest(
        settings, "postgresql", stamp, newest[0] if newest else "", revision and revision[0],
        tuple(parts), rows, columns, sequences, days,
    )  # fmt: skip
    return manifest, {part.name: staging / part.name for part in parts}


def _manifest(
    settings: Settings,
    database: str,
    stamp: str,
    note: str,
    revision: str | None,
    parts: tuple[Part, ...],
    rows: dict[str, int],
    columns: dict[str, list[str]] | None = None,
    sequences: dict[str, int] | None = None,
    days: list[str] | None = None,
) -> Manifest:
    leaves = read_unchecked(note).size if note else 0
    return Manifest(
        stamp, database, settings.log_origin, note, leaves, revision or "", parts, rows,
        columns or {}, sequences or {}, days or [],
    )  # fmt: skip


def _note(engine: Engine) -> str:
    try:
        return newest_checkpoint(engine)
    except ExportRefused:
        return ""


@contextmanager
def private_folder(beside: Path) -> Iterator[Path]:
    """A folder of our own on the house's own disk, gone afterwards. The copy in it is as secret as
    the database beside it."""
    staging = Path(tempfile.mkdtemp(prefix=".backup-", dir=beside))
    try:
        yield staging
    finally:
        shutil.rmtree(staging)


def sha256_of(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
