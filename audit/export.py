"""Copies the log out of the database, as it is: judging it is the verifier's work."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from audit import log_rows
from audit.checkpoint import Verifier
from audit.export_form import (
    BUNDLE,
    CHECKPOINT,
    KEY,
    MANIFEST,
    MISSING,
    PRUNED,
    WITHHELD,
    Manifest,
    bundle_name,
    leaves_name,
    note_name,
    thinned,
)
from audit.guard import flush_folder
from audit.log_rows import LeafRow
from audit.proof import Proof, make_proof
from audit.tiles import Tiles
from kit.db import reading

_SIZES = text("SELECT size FROM ledger_checkpoint ORDER BY size")
_INDEX = text("SELECT idx, evidence FROM ledger_leaf WHERE entry_id = :id ORDER BY idx")
_BODY = text("SELECT body FROM ledger_entry WHERE id = :id")

Shown = Callable[[int], bool]


class ExportRefused(RuntimeError):
    """There is nothing to export, or the place is taken by something else."""


def export_ledger(
    engine: Engine,
    directory: Path,
    key: Verifier,
    *,
    first: int = 0,
    end: int | None = None,
    durable: bool = True,
) -> Manifest:
    """Write the log up to its newest checkpoint; replaces an earlier export as a whole.

    Leaves outside [first, end) are shown as bare hashes. Raises ExportRefused.
    """
    partial = directory.with_name(directory.name + ".partial")
    if directory.exists() and any(directory.iterdir()) and not (directory / MANIFEST).exists():
        raise ExportRefused(f"{directory.name} holds something else; choose an empty folder")
    if partial.exists():
        shutil.rmtree(partial)  # of an export that was interrupted
    for folder in (partial, partial / "bundles", partial / "leaves", partial / "notes"):
        folder.mkdir(mode=0o700, parents=folder == partial)
    with _snapshot(engine) as connection:
        manifest = _notes(connection, partial, key)
        _bundles(connection, partial, manifest.size, _range(first, end))
    (partial / KEY).write_text(f"{key.text}\n")
    (partial / MANIFEST).write_bytes(manifest.content())
    if durable:
        flush_all(partial)
    take_place(partial, directory)
    return manifest


def newest_checkpoint(engine: Engine) -> str:
    """The signed note to keep elsewhere. Raises ExportRefused if nothing is signed yet."""
    with _snapshot(engine) as connection:
        return _newest(connection)[1]


def prove_entry(engine: Engine, entry_id: int) -> tuple[bytes, Proof]:
    """An entry's body and the proof that it is in the log. Raises ExportRefused."""
    with _snapshot(engine) as connection:
        size, note = _newest(connection)
        leaves = connection.execute(_INDEX, {"id": entry_id}).all()
        linked = [index for index, evidence in leaves if evidence is None]
        body = connection.execute(_BODY, {"id": entry_id}).scalar()
        if linked and body is None and _pruned(connection, linked[0]):
            raise ExportRefused(f"entry {entry_id} was pruned: its segment has it still")
        if not linked or body is None or linked[0] >= size:
            raise ExportRefused(f"no checkpoint covers an entry {entry_id}")
        tiles = Tiles(lambda level, first, count: log_rows.stored_hashes(
            connection, level, first, count))  # fmt: skip
        return bytes(body), make_proof(linked[0], size, note, tiles.node)


def _pruned(connection: Connection, index: int) -> bool:
    return any(first <= index < end for first, end in log_rows.pruned_ranges(connection))


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    with reading(engine) as session:
        yield session.connection()


def _newest(connection: Connection) -> tuple[int, str]:
    sizes = list(connection.execute(_SIZES).scalars())
    note = log_rows.note_at(connection, sizes[-1]) if sizes else None
    if note is None:
        raise ExportRefused("nothing is signed yet")
    return sizes[-1], note


def _notes(connection: Connection, folder: Path, key: Verifier) -> Manifest:
    sizes = thinned(list(connection.execute(_SIZES).scalars()))
    if not sizes:
        raise ExportRefused("nothing is signed yet")
    listed = []
    for size in sizes:
        content = (log_rows.note_at(connection, size) or "").encode()
        name = CHECKPOINT if size == sizes[-1] else note_name(size)
        (folder / name).write_bytes(content)
        listed.append((size, sha256(content).hexdigest()))
    return Manifest(key.name, sizes[-1], tuple(listed))


def _bundles(connection: Connection, folder: Path, size: int, shown: Shown) -> None:
    rows, pruned = every_leaf(connection, size), log_rows.pruned_ranges(connection)
    for number in range((size + BUNDLE - 1) // BUNDLE):
        lines, hashes = [], []
        for _ in range(min(BUNDLE, size - number * BUNDLE)):
            index, _, digest, body, _, evidence = next(rows)
            gone = any(first <= index < end for first, end in pruned)
            content = body if evidence is None else evidence
            lines.append(line_of(content, digest, shown=shown(index), pruned=gone))
            hashes.append(digest)
        (folder / bundle_name(number)).write_bytes(b"".join(lines))
        (folder / leaves_name(number)).write_bytes(b"".join(hashes))


def every_leaf(connection: Connection, size: int, first: int = 0) -> Iterator[LeafRow]:
    """Leaves from the first to `size`, with a bare one wherever the table has none."""
    expected = first
    for rows in log_rows.linked_from(connection, first, BUNDLE):
        for row in rows:
            while expected < min(row[0], size):
                yield expected, 0, bytes(32), None, 0, None
                expected += 1
            if row[0] == expected:
                yield row
                expected += 1
    while expected < size:
        yield expected, 0, bytes(32), None, 0, None
        expected += 1


def line_of(
    body: bytes | None, digest: bytes, *, shown: bool = True, pruned: bool = False
) -> bytes:
    """A leaf's line in a bundle."""
    if body is None and pruned:
        return PRUNED + digest.hex().encode() + b"\n"
    # a body that is no single line could pose as several leaves
    if body is None or not body.startswith(b"{") or b"\n" in body:
        return MISSING + digest.hex().encode() + b"\n"
    return body + b"\n" if shown else WITHHELD + digest.hex().encode() + b"\n"


def _range(first: int, end: int | None) -> Shown:
    return lambda index: first <= index and (end is None or index < end)


def flush_all(folder: Path) -> None:
    """Make a folder and all that is in it survive a power cut."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            flush_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    flush_folder(folder)


def take_place(partial: Path, directory: Path) -> None:
    """Put a finished folder where another may stand."""
    replaced = directory.with_name(directory.name + ".replaced")
    if replaced.exists():
        shutil.rmtree(replaced)
    if directory.exists():
        directory.rename(replaced)
    partial.rename(directory)
    flush_folder(directory.parent)
    if replaced.exists():
        shutil.rmtree(replaced)
