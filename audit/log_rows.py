"""The sequencer's SQL: committed entries in a safe order, and the log's own tables."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, text

from audit.chains import Place
from audit.form import Malformed, read
from audit.intake import Leaf, Written
from audit.tree import leaf_hash

NO_ENTRY = 0  # entry_id of a leaf that stands for no row: an epoch

_SQLITE_NEXT = text(
    "SELECT id, 0 AS xid, stream, sseq, body, mac FROM ledger_entry"
    " WHERE id > :id ORDER BY id LIMIT :most"
)
# A row with a smaller id may commit later. Transactions below xmin have all ended: nothing can
# appear any more before the rows that this sees. The order is by e.xid: a bare xid would mean the
# text that is selected, in which 1000 comes before 999.
_POSTGRES_NEXT = text(
    "SELECT e.id, e.xid::text, e.stream, e.sseq, e.body, e.mac FROM ledger_entry e"
    " WHERE (e.xid, e.id) > (CAST(CAST(:xid AS text) AS xid8), :id)"
    " AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY e.xid, e.id LIMIT :most"
)
_LEAVES = (
    "SELECT l.idx, l.entry_id, l.hash, e.body, {xid} AS xid, l.evidence FROM ledger_leaf l"
    " LEFT JOIN ledger_entry e ON e.id = l.entry_id"
    " WHERE l.idx >= :first ORDER BY l.idx LIMIT :most"
)
_SIZE = text("SELECT coalesce(max(idx) + 1, 0) FROM ledger_leaf")
_LEAF = text("SELECT hash FROM ledger_leaf WHERE idx = :idx")
_NOTE = text("SELECT note FROM ledger_checkpoint WHERE size = :size")
_HEAD = text(
    "SELECT e.body FROM ledger_entry e WHERE e.stream = :stream AND EXISTS"
    " (SELECT 1 FROM ledger_leaf l WHERE l.entry_id = e.id) ORDER BY e.sseq DESC LIMIT 1"
)
_PRUNED_HEAD = text(
    "SELECT sseq, hash FROM ledger_stream_end WHERE stream = :stream ORDER BY sseq DESC LIMIT 1"
)
_PRUNED = text("SELECT first_leaf, end_leaf FROM ledger_pruned ORDER BY first_leaf")
_LINKED = text("SELECT 1 FROM ledger_leaf WHERE entry_id = :id LIMIT 1")
_EPOCH = text(
    f"SELECT evidence FROM ledger_leaf WHERE entry_id = {NO_ENTRY} ORDER BY idx DESC LIMIT 1"  # noqa: S608 - a constant
)
_STORED = {
    0: text("SELECT hash FROM ledger_leaf WHERE idx >= :first AND idx < :end ORDER BY idx"),
    1: text(
        "SELECT hash FROM ledger_tile WHERE level = :level AND idx >= :first AND idx < :end"
        " ORDER BY idx"
    ),
}

LeafRow = tuple[int, int, bytes, bytes | None, int, bytes | None]


_NEXT_XID = text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")


def committed_after(connection: Connection, position: tuple[int, int], most: int) -> list[Written]:
    """The next committed entries after (transaction, id), in an order that never changes."""
    xid, entry_id = position
    if connection.dialect.name == "sqlite":
        rows = connection.execute(_SQLITE_NEXT, {"id": entry_id, "most": most})
    else:
        place = {"xid": str(xid), "id": entry_id, "most": most}
        rows = connection.execute(_POSTGRES_NEXT, place)
    return [
        Written(row[0], int(row[1]), row[2], row[3], bytes(row[4]), bytes(row[5])) for row in rows
    ]


def next_transaction(connection: Connection) -> int:
    """The number that a transaction would get now; SQLite's have none."""
    if connection.dialect.name == "sqlite":
        return 1
    return int(connection.execute(_NEXT_XID).scalar_one())


def linked_from(connection: Connection, first: int, most: int = 4096) -> Iterator[list[LeafRow]]:
    """Leaves with their entries' bodies: index, entry, hash, body, transaction, evidence."""
    xid = "0" if connection.dialect.name == "sqlite" else "e.xid::text"
    statement = text(_LEAVES.format(xid=xid))
    while True:
        rows = connection.execute(statement, {"first": first, "most": most}).all()
        if not rows:
            return
        yield [
            (row[0], row[1], bytes(row[2]), _bytes(row[3]), int(row[4] or 0), _bytes(row[5]))
            for row in rows
        ]
        first = rows[-1][0] + 1


def size_of(connection: Connection) -> int:
    size: int = connection.execute(_SIZE).scalar_one()
    return size


def leaf_at(connection: Connection, index: int) -> bytes | None:
    return _bytes(connection.execute(_LEAF, {"idx": index}).scalar())


def note_at(connection: Connection, size: int) -> str | None:
    note: str | None = connection.execute(_NOTE, {"size": size}).scalar()
    return note


def last_epoch(connection: Connection) -> bytes | None:
    """The leaf of the newest epoch; None in a log that was never restored."""
    return _bytes(connection.execute(_EPOCH).scalar())


def is_linked(connection: Connection, entry_id: int) -> bool:
    return connection.execute(_LINKED, {"id": entry_id}).scalar() is not None


def linked_head(connection: Connection, stream: str) -> Place | None:
    """Where a stream stands in the log."""
    body = _bytes(connection.execute(_HEAD, {"stream": stream}).scalar())
    if body is None:  # not there yet, or pruned
        gone = connection.execute(_PRUNED_HEAD, {"stream": stream}).first()
        return None if gone is None else (int(gone[0]), bytes(gone[1]).hex())
    try:
        return read(body).sseq, leaf_hash(body).hex()
    except Malformed:
        return None


def pruned_ranges(connection: Connection) -> list[tuple[int, int]]:
    """Leaves [first, end) whose entries may be gone, as the database says."""
    return [(int(row[0]), int(row[1])) for row in connection.execute(_PRUNED)]


def stored_hashes(connection: Connection, level: int, first: int, count: int) -> list[bytes]:
    """For audit.tiles: leaves, or the hashes over 256^level of them."""
    place = {"level": level, "first": first, "end": first + count}
    return [bytes(row[0]) for row in connection.execute(_STORED[min(level, 1)], place)]


def store(
    connection: Connection,
    first: int,
    leaves: Sequence[Leaf],
    tiles: Sequence[tuple[int, int, bytes]],
    checkpoint: tuple[int, str],
) -> None:
    """Write one step: its leaves, the tiles they complete, the note over all."""
    _insert(connection, "ledger_leaf (idx, entry_id, hash, evidence)",
            [(first + n, leaf.entry_id, leaf.hash, leaf.evidence)
             for n, leaf in enumerate(leaves)])  # fmt: skip
    plain = connection.dialect.name == "sqlite"  # there an id is 32 hex digits
    _insert(connection, "ledger_person (person, entry_id)",
            [(person.replace("-", "") if plain else person, leaf.entry_id)
             for leaf in leaves for person in sorted(leaf.people)])  # fmt: skip
    _insert(
        connection,
        "ledger_purpose (purpose, entry_id)",
        [(leaf.purpose, leaf.entry_id) for leaf in leaves if leaf.purpose is not None],
    )
    _insert(connection, "ledger_tile (level, idx, hash)", tiles)
    _insert(connection, "ledger_checkpoint (size, note)", [checkpoint])


def _insert(connection: Connection, into: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    marks = ", ".join([mark] * len(rows[0]))
    connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", list(rows))  # noqa: S608 - constants only


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
