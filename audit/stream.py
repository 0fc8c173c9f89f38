"""Streams: each writing connection extends a hash chain of its own, so that writers share no lock.

An entry's `sprev` is the leaf hash of the entry before it in its stream; a MAC under a key of the
stream shows that this program wrote it. A rollback takes the chain back; where nobody knows how a
COMMIT ended, the chain is abandoned and the next one names it.
"""

import hmac
import threading
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from audit.checkpoint import require_name
from audit.entry import Draft, body_of
from audit.form import ZERO_HASH, Head, Link, Malformed, read
from audit.tree import leaf_hash
from kit.clock import time_text
from kit.db import mark_ledgered
from kit.ids import new_id

SECRET = 32  # bytes
MOST_ROWS = 2000  # of one INSERT; SQLite takes 32,766 values
_COLUMNS = "stream, sseq, at, actor_id, action, outcome, scope, body, mac"
_LAST = text("SELECT body FROM ledger_entry ORDER BY id DESC LIMIT 1")
_LOST_RACES = ("40001", "40P01")  # the transaction lost a race; the chain is as it was


def stream_key(secret: bytes, log: str, stream: str) -> bytes:
    """The MAC key of one stream: HKDF-SHA-256 of the log's secret."""
    info = f"wardgrid ledger stream 1\n{log}\n{stream}".encode()
    return HKDF(algorithm=SHA256(), length=SECRET, salt=None, info=info).derive(secret)


def mac_of(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")


class Streams:
    """Opens streams for one process; remembers which ones were abandoned."""

    def __init__(self, log: str, secret: bytes, ended: Sequence[Head] = ()) -> None:
        if len(secret) != SECRET:
            raise ValueError(f"the ledger's MAC secret has {SECRET} bytes")
        self.log = require_name(log)
        self._secret = secret
        self._ended = list(ended)
        self._lock = threading.Lock()

    @classmethod
    def resume(cls, engine: Engine, log: str, secret: bytes) -> "Streams":
        """For a new process; raises where the database has no ledger."""
        with engine.connect().execution_options(readonly=True) as connection:
            connection.execute(_LAST)
            connection.rollback()
        return cls(log, secret)

    def __repr__(self) -> str:
        return f"Streams({self.log}, ***)"

    def new(self) -> "Stream":
        return Stream(self, str(new_id()))

    def key(self, stream: str) -> bytes:
        return stream_key(self._secret, self.log, stream)

    def ended(self, head: Head) -> None:
        """A later stream will name this one."""
        with self._lock:
            self._ended.append(head)

    def take_ended(self) -> tuple[Head, ...]:
        with self._lock:
            taken, self._ended = tuple(self._ended), []
        return taken


class Stream:
    """One connection's chain. Used by one thread at a time.

    `append` is the last statement of a transaction; then exactly one of `committed`,
    `rolled_back` and `unknown` says how it ended.
    """

    def __init__(self, streams: Streams, stream: str) -> None:
        self._streams = streams
        self._begin(stream)

    def _begin(self, stream: str) -> None:
        self.id = stream
        self._key = self._streams.key(stream)
        self._kept = self._next = (0, ZERO_HASH)  # committed; written in this transaction
        self._named: tuple[Head, ...] = ()
        self._broken = False

    def append(self, connection: Connection, drafts: Sequence[Draft]) -> list[int]:
        """Write the entries, one INSERT for up to 2,000 of them; returns their ids.

        Raises ValueError for a draft that has no body. After any error the transaction must be
        rolled back: it is not marked as ledgered.
        """
        if not drafts:
            raise ValueError("a transaction is recorded by at least one entry")
        if self._next[0] == 0:
            self._named += self._predecessors(connection)
        rows = [self._row(draft, connection.dialect.name) for draft in drafts]
        ids: list[int] = []
        try:
            for start in range(0, len(rows), MOST_ROWS):
                ids += _insert(connection, rows[start : start + MOST_ROWS])
        except DBAPIError as problem:
            # the database knows another head than this object: do not stumble on for ever
            self._broken = getattr(problem.orig, "sqlstate", None) not in _LOST_RACES
            raise
        mark_ledgered(connection)
        return ids

    def committed(self) -> None:
        self._kept, self._named = self._next, ()

    def rolled_back(self) -> None:
        """The chain goes on from the last entry that was committed."""
        if self._broken:
            self.unknown()
            return
        self._give_back()
        self._next = self._kept

    def unknown(self) -> None:
        """How the COMMIT ended is not known: go on in another chain, which names this one."""
        self._give_back()
        sseq, digest = self._kept
        if sseq:
            self._streams.ended(Head(self.id, sseq, digest, sure=False))
        self._begin(str(new_id()))

    def _give_back(self) -> None:
        for head in self._named:
            if not head.sure:  # a sure one was read from the table and will be read again
                self._streams.ended(head)
        self._named = ()

    def _predecessors(self, connection: Connection) -> tuple[Head, ...]:
        """What this stream takes over from, read where nobody else can write meanwhile."""
        left = self._streams.take_ended()
        if connection.dialect.name != "sqlite":
            return left
        last = _heads(connection.execute(_LAST).scalar())
        return last + tuple(head for head in left if head.stream not in [h.stream for h in last])

    def _row(self, draft: Draft, dialect: str) -> tuple[Any, ...]:
        sseq, sprev = self._next
        before = self._named if sseq == 0 else ()
        body = body_of(draft, Link(self._streams.log, self.id, sseq + 1, sprev, before))
        self._next = (sseq + 1, leaf_hash(body).hex())
        return (
            self.id,
            sseq + 1,
            _time(draft.at, dialect),
            _uuid(draft.actor_id, dialect),
            draft.action,
            draft.outcome,
            draft.scope,
            body,
            mac_of(self._key, body),
        )


def _insert(connection: Connection, rows: list[tuple[Any, ...]]) -> list[int]:
    if connection.dialect.name == "sqlite":
        written = connection.exec_driver_sql(_statement("?", len(rows), ""), _flat(rows))
        last = written.lastrowid  # one writer, AUTOINCREMENT: the rows' ids are consecutive
        return list(range(last - len(rows) + 1, last + 1))
    returned = connection.exec_driver_sql(_statement("%s", len(rows), " RETURNING id"), _flat(rows))
    return [row[0] for row in returned]


@lru_cache(maxsize=256)
def _statement(mark: str, rows: int, returning: str) -> str:
    values = f"({', '.join([mark] * 9)})"
    return f"INSERT INTO ledger_entry ({_COLUMNS}) VALUES {', '.join([values] * rows)}{returning}"  # noqa: S608 - constants only


def _flat(rows: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(value for row in rows for value in row)


def _time(at: datetime, dialect: str) -> Any:
    return time_text(at) if dialect == "sqlite" else at


def _uuid(value: UUID, dialect: str) -> Any:
    return value.hex if dialect == "sqlite" else value


def _heads(last: bytes | None) -> tuple[Head, ...]:
    """The head that the last entry leaves; an unreadable one is the sequencer's to report."""
    if last is None:
        return ()
    try:
        link = read(bytes(last))
    except Malformed:
        return ()
    return (Head(link.stream, link.sseq, leaf_hash(bytes(last)).hex(), sure=True),)
