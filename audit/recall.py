"""Where the log stands when a sequencer begins: what the guard file remembers, checked against the
database and brought up to date."""

from sqlalchemy import Connection

from audit import log_rows
from audit.chains import Chains
from audit.checkpoint import BadNote, Checkpoint, open_checkpoint
from audit.form import Malformed, read
from audit.guard import GuardMissing, LedgerRefused, RolledBack, State
from audit.signer import Signer


def recall(
    connection: Connection, signer: Signer, chains: Chains, guard: State | None, *, adopt: bool
) -> State:
    """The end of the log. Raises LedgerRefused where database and guard do not agree."""
    size = log_rows.size_of(connection)
    if guard is None:
        if size and not adopt:
            raise GuardMissing(
                "the ledger has entries but its guard file is missing: bring it back, or "
                "compare the log with a checkpoint kept elsewhere and adopt it"
            )
        state = State(chains)
        state.note = signer.sign(Checkpoint(signer.name, 0, state.frontier.root()))
    else:
        _require_same(connection, signer, guard, size)
        state = guard
    state = _catch_up(connection, signer, state, size)
    _require_later_numbers(connection, state)
    return state


def _require_later_numbers(connection: Connection, state: State) -> None:
    """Entries are linked in the order of their transactions: what another server writes under
    lower numbers than the last linked one would never be."""
    if state.position[0] >= (number := log_rows.next_transaction(connection)):
        raise RolledBack(
            f"the last linked entry is of transaction {state.position[0]}, this server is at"
            f" {number}: it is another one, filled from a dump or reset. Nothing is written to it;"
            " use the old cluster, or wardgrid restore, which numbers anew"
        )


def _require_same(connection: Connection, signer: Signer, state: State, size: int) -> None:
    try:
        kept = open_checkpoint(state.note, [signer.verifier])
    except BadNote:
        raise LedgerRefused("the guard file's checkpoint is not signed by our key") from None
    if (kept.size, kept.root) != (state.frontier.size, state.frontier.root()):
        raise LedgerRefused("the guard file does not agree with its own checkpoint")
    if size < kept.size:
        raise RolledBack(
            f"the database has {size} ledger leaves, the last checkpoint covered {kept.size}:"
            " it was rolled back or restored; nothing is written to it"
        )
    if kept.size and (
        log_rows.leaf_at(connection, kept.size - 1) != state.last
        or log_rows.note_at(connection, kept.size) != state.note
    ):
        raise RolledBack(
            f"the database's ledger differs from the checkpoint over {kept.size} leaves:"
            " it was rolled back and went another way; nothing is written to it"
        )


def _catch_up(connection: Connection, signer: Signer, state: State, size: int) -> State:
    """Leaves that were stored before the guard file was, or all of an adopted log."""
    while state.frontier.size < size:
        for rows in log_rows.linked_from(connection, state.frontier.size):
            for _, entry_id, digest, body, xid, evidence in rows:
                state.frontier.extend([digest])
                state.position = max(state.position, (xid, entry_id))
                state.last = digest
                _follow(state.chains, body, evidence, digest)
    note = log_rows.note_at(connection, size) if size else state.note
    try:
        kept = open_checkpoint(note or "", [signer.verifier])
    except BadNote:
        raise LedgerRefused("the database's newest checkpoint is missing or false") from None
    if kept.root != state.frontier.root():
        raise RolledBack("the database's leaves do not agree with its newest checkpoint")
    state.note = note or ""
    return state


def _follow(chains: Chains, body: bytes | None, evidence: bytes | None, digest: bytes) -> None:
    if body is None or evidence is not None:
        return
    try:
        link = read(body)
    except Malformed:
        return
    chains.put(link.stream, (link.sseq, digest.hex()))
