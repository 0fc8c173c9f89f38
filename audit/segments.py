"""Puts leaves of the log away as a segment: entries, hashes, the signed head, a manifest over all.

Only reads the database. What it writes follows from what is signed there, so that a segment that
was lost or damaged before its entries were pruned is made again, byte for byte.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from audit import log_rows
from audit.checkpoint import Verifier
from audit.export import every_leaf, flush_all, line_of, take_place
from audit.export_form import BUNDLE, CHECKPOINT, KEY, MANIFEST, bundle_name, bundles, leaves_name
from audit.log_rows import LeafRow
from audit.segment_form import NONE_BEFORE, Segment, times_in
from audit.tables import LEDGER_CHECKPOINT, LEDGER_ENTRY, LEDGER_LEAF
from audit.tiles import Tiles
from kit.clock import parse_time, time_text
from kit.db import reading

MOST_ENTRIES = 1_000_000
_HEADS = LEDGER_CHECKPOINT.c


class SegmentRefused(RuntimeError):
    """The log cannot be put away there; the message says why."""


@dataclass(frozen=True, slots=True)
class Range:
    """Leaves [first, end) as segment `number`, after the manifest with the hash `previous`."""

    number: int
    first: int
    end: int
    previous: str = NONE_BEFORE


def segment_folder(folder: Path, number: int) -> Path:
    return folder / f"{number:08d}"


def end_of_segment(
    engine: Engine, first: int, now: datetime, most: int = MOST_ENTRIES
) -> int | None:
    """Where the segment that begins at `first` ends, once its month (UTC) is over or it has `most`
    entries; None before. It ends where a checkpoint was signed."""
    with reading(engine) as session:
        connection = session.connection()
        size = connection.execute(select(func.max(_HEADS.size))).scalar() or 0
        if size - first >= most:
            return _signed_end(connection, first, first + most)
        begun = _first_time(connection, first)
        if size <= first or begun is None or _next_month(begun) > now:
            return None
        later = _first_leaf_since(connection, first, _next_month(begun))
        return _signed_end(connection, first, size if later is None else later)


def make_segment(
    engine: Engine, folder: Path, key: Verifier, this: Range, now: datetime
) -> Segment:
    """Write it below `folder`, durably and as a whole; replaces one of this number.

    Raises SegmentRefused where no checkpoint was signed at its end.
    """
    target = segment_folder(folder, this.number)
    partial = target.with_name(target.name + ".partial")
    if partial.exists():
        shutil.rmtree(partial)  # of a program that was interrupted
    for place in (partial, partial / "bundles", partial / "leaves"):
        place.mkdir(mode=0o700, parents=place == partial)
    with reading(engine) as session:
        connection = session.connection()
        note = log_rows.note_at(connection, this.end)
        if note is None:
            raise SegmentRefused(f"no checkpoint was signed at {this.end} leaves")
        (partial / CHECKPOINT).write_text(note, "utf-8")
        times = _bundles(connection, partial, this)
        edge = _edge(connection, this.first)
    (partial / KEY).write_text(f"{key.text}\n")
    since, until = times or (time_text(now), time_text(now))
    segment = Segment(
        key.name, this.number, this.first, this.end, since, until, edge, this.previous,
        tuple(_parts(partial)),
    )  # fmt: skip
    (partial / MANIFEST).write_bytes(segment.content())
    flush_all(partial)
    take_place(partial, target)
    return segment


def manifest_hash(segment: Segment) -> str:
    return sha256(segment.content()).hexdigest()


def _bundles(connection: Connection, folder: Path, this: Range) -> tuple[str, str] | None:
    """Writes lines and hashes; the first and the last time among them."""
    rows = _rows(connection, this)
    since, until = "", ""
    for number in range(bundles(this.end - this.first)):
        lines, hashes = [], []
        for _ in range(min(BUNDLE, this.end - this.first - number * BUNDLE)):
            _, _, digest, body, _, evidence = next(rows)
            lines.append(line_of(body if evidence is None else evidence, digest))
            hashes.append(digest)
        since, until = times_in(lines, since, until)
        (folder / bundle_name(number)).write_bytes(b"".join(lines))
        (folder / leaves_name(number)).write_bytes(b"".join(hashes))
    return (since, until) if since else None


def _rows(connection: Connection, this: Range) -> Iterator[LeafRow]:
    return every_leaf(connection, this.end, this.first)


def _parts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield path.relative_to(folder).as_posix(), sha256(path.read_bytes()).hexdigest()


def _edge(connection: Connection, size: int) -> tuple[str, ...]:
    """The complete subtrees over the first `size` leaves, the largest first."""
    tiles = Tiles(lambda level, first, count: log_rows.stored_hashes(
        connection, level, first, count))  # fmt: skip
    edge, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            edge.append(tiles.node(level, start >> level).hex())
            start += 1 << level
    return tuple(edge)


def _signed_end(connection: Connection, first: int, upto: int) -> int | None:
    """The largest signed size up to there, or else the next one beyond."""
    inside = select(func.max(_HEADS.size)).where(_HEADS.size > first, _HEADS.size <= upto)
    beyond = select(func.min(_HEADS.size)).where(_HEADS.size > first)
    end = connection.execute(inside).scalar() or connection.execute(beyond).scalar()
    return None if end is None else int(end)


def _first_time(connection: Connection, first: int) -> datetime | None:
    asked = (
        select(LEDGER_ENTRY.c.at)
        .join(LEDGER_LEAF, LEDGER_LEAF.c.entry_id == LEDGER_ENTRY.c.id)
        .where(LEDGER_LEAF.c.idx >= first)
        .order_by(LEDGER_LEAF.c.idx)
        .limit(1)
    )
    at: datetime | None = connection.execute(asked).scalar()
    return at


def _first_leaf_since(connection: Connection, first: int, at: datetime) -> int | None:
    asked = (
        select(func.min(LEDGER_LEAF.c.idx))
        .join(LEDGER_ENTRY, LEDGER_LEAF.c.entry_id == LEDGER_ENTRY.c.id)
        .where(LEDGER_LEAF.c.idx >= first, LEDGER_ENTRY.c.at >= at)
    )
    index: int | None = connection.execute(asked).scalar()
    return index


def _next_month(at: datetime) -> datetime:
    year, month = divmod(at.astimezone(UTC).month, 12)
    return datetime(at.astimezone(UTC).year + year, month + 1, 1, tzinfo=UTC)


def last_time(segment: Segment) -> datetime:
    return parse_time(segment.until)
