"""Takes the entries of a pruned range out of the database, a piece at a time.

The triggers let it (audit/ddl_pruning.py): first the mark goes in, which they take only where the
signed log has the approval, and with it where the streams stood; then entries go. A crash leaves a
mark and some entries, and the next call goes on.
"""

from sqlalchemy import Connection, Engine, bindparam, text

from audit.pruned import STAYING
from audit.sequencer import Write
from kit.db import mark_ledgered, reading

PIECE = 500  # entries in one transaction
_APPROVAL = text(
    "SELECT e.id FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id"
    " WHERE e.action = 'ledger.prune' AND e.outcome = 'done' AND l.evidence IS NULL"
    " AND l.idx >= :end ORDER BY e.id"
)
_BODY = text("SELECT body FROM ledger_entry WHERE id = :id")
_MARKED = text("SELECT 1 FROM ledger_pruned WHERE first_leaf = :first AND end_leaf = :end")
_MARK = text(
    "INSERT INTO ledger_pruned (first_leaf, end_leaf, entry_id) VALUES (:first, :end, :entry)"
)
# The last entry of a stream, where it goes: what the stream writes next follows from there.
_ENDS = text(
    "INSERT INTO ledger_stream_end (stream, sseq, hash) SELECT e.stream, e.sseq, l.hash"
    " FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id"
    " WHERE l.idx >= :first AND l.idx < :end AND l.evidence IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM ledger_entry n WHERE n.stream = e.stream AND n.sseq > e.sseq)"
)
_PRESENT = text(
    "SELECT e.id FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id"
    " WHERE l.idx >= :first AND l.idx < :end AND l.evidence IS NULL AND e.action NOT IN :staying"
    " LIMIT :most"
).bindparams(bindparam("staying", STAYING, expanding=True))
_GO = (
    "DELETE FROM ledger_person WHERE entry_id = :id",
    "DELETE FROM ledger_purpose WHERE entry_id = :id",
    "DELETE FROM ledger_entry WHERE id = :id",
)


class PruneRefused(RuntimeError):
    """Nothing went: the signed log does not approve this range."""


def is_marked(connection: Connection, first: int, end: int) -> bool:
    return connection.execute(_MARKED, {"first": first, "end": end}).first() is not None


def approval_of(connection: Connection, first: int, end: int) -> int | None:
    """The entry in the signed log that approves exactly these leaves."""
    told = (f'["end",{end}]'.encode(), f'["first",{first}]'.encode())
    for entry in connection.execute(_APPROVAL, {"end": end}).scalars().all():
        body = bytes(connection.execute(_BODY, {"id": entry}).scalar_one())
        if all(note in body for note in told):
            return int(entry)
    return None


def left_in(connection: Connection, first: int, end: int) -> int | None:
    """An entry of a range that is marked, and should be gone."""
    found = connection.execute(_PRESENT, {"first": first, "end": end, "most": 1}).scalar()
    return None if found is None else int(found)


def prune(engine: Engine, write: Write, first: int, end: int) -> bool:
    """Take out at most a piece of [first, end); True once nothing is left. Raises PruneRefused."""
    with reading(engine) as session:
        connection = session.connection()
        marked = is_marked(connection, first, end)
        approval = None if marked else approval_of(connection, first, end)
    if not marked:
        if approval is None:
            raise PruneRefused(f"no signed entry approves leaves {first} to {end - 1}")
        write(lambda connection: _mark(connection, first, end, approval))
    return write(lambda connection: _take_out(connection, first, end))


def _mark(connection: Connection, first: int, end: int, approval: int) -> None:
    values = {"first": first, "end": end}
    connection.execute(_MARK, {**values, "entry": approval})
    connection.execute(_ENDS, values)
    mark_ledgered(connection)


def _take_out(connection: Connection, first: int, end: int) -> bool:
    values = {"first": first, "end": end, "most": PIECE}
    gone = [{"id": row} for row in connection.execute(_PRESENT, values).scalars()]
    if gone:
        for statement in _GO:
            connection.execute(text(statement), gone)
    mark_ledgered(connection)
    return len(gone) < PIECE
