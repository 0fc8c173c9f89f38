"""Pruned entries as their segments still have them: what a look at the database can go by."""

from pathlib import Path

from sqlalchemy import Connection, text

from audit import log_rows
from audit.entry import parse_body
from audit.export_form import BUNDLE, bundle_name
from audit.form import Malformed
from audit.key_history import KeyHistory
from audit.pruning import left_in
from audit.segments import segment_folder
from audit.tree import leaf_hash

_NUMBER = text("SELECT number FROM ledger_segment WHERE first_leaf = :first")
_DONE = text("SELECT 1 FROM pruning WHERE first_leaf = :first AND state = 'DONE'")


def read_pruned(connection: Connection, folder: Path | None, history: KeyHistory) -> None:
    """Every pruned entry whose segment has the very bytes that were linked."""
    for first, end in log_rows.pruned_ranges(connection):
        number = connection.execute(_NUMBER, {"first": first}).scalar()
        place = None if folder is None or number is None else segment_folder(folder, number)
        for start in range(first, end, BUNDLE):
            hashes = log_rows.stored_hashes(connection, 0, start, min(BUNDLE, end - start))
            lines = _lines(place, (start - first) // BUNDLE)
            for offset, digest in enumerate(hashes):
                line = lines[offset] if offset < len(lines) else b""
                if leaf_hash(line) == digest:
                    _read(line, start + offset, history)
                else:
                    history.unread += 1


def returned(connection: Connection, first: int, end: int) -> int | None:
    """An entry that is there although its pruning was done."""
    done = connection.execute(_DONE, {"first": first}).first()
    return None if done is None else left_in(connection, first, end)


def _lines(place: Path | None, number: int) -> list[bytes]:
    try:
        return [] if place is None else (place / bundle_name(number)).read_bytes().split(b"\n")
    except OSError:
        return []


def _read(line: bytes, index: int, history: KeyHistory) -> None:
    try:
        history.read(parse_body(line), 0, index)
    except Malformed:
        return  # evidence, or an epoch
