"""PostgreSQL: writers in parallel, no shared lock; the loser of a race tries again."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import stamina
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.read_only import full
from app.writer import STOPPED, Attempt, Landed, Outbox, append_drafts, given
from audit.stream import Stream
from kit.errors import Retry

T = TypeVar("T")

# the last: a lock was not had in time; a step of the schema may hold it (app/migrate.py)
LOST_RACES = ("40001", "40P01", "23P01", "55P03")


class ParallelWriter:
    """PostgreSQL: the caller's thread, a connection and a ledger stream each, no shared lock."""

    def __init__(
        self,
        engine: Engine,
        new_stream: Callable[[], Stream],
        outbox: Outbox,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._new_stream = new_stream
        self._outbox = outbox
        self._on_commit = on_commit
        self._active = 0
        self._idle = threading.Condition()
        self._stopping = False

    @property
    def waiting(self) -> int:
        return self._active

    def run(self, attempt: Attempt) -> Landed:
        with self._busy():
            try:
                landed = self._again(lambda: self._land(attempt.do, attempt.serial), attempt.serial)
            except Exception as problem:
                if full(problem):
                    raise  # the pipeline makes room first, then records it
                refusal = attempt.refused(problem)
                self._again(lambda: self._land(lambda _connection: Landed(None, refusal)))
                self._on_commit()
                raise
        self._on_commit()
        return landed

    def raw(self, fn: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection, connection.begin():
            return fn(connection)

    def stop(self) -> None:
        """Wait for the transactions under way."""
        with self._idle:
            self._stopping = True
            self._idle.wait_for(lambda: self._active == 0, timeout=20)

    def _busy(self) -> "_Busy":
        return _Busy(self)

    def _again(self, land: Callable[[], Landed], serial: bool = True) -> Landed:
        try:
            for attempt in stamina.retry_context(
                on=_lost_a_race if serial else _met_another, attempts=12, timeout=20,
                wait_initial=0.005, wait_max=0.25, wait_jitter=0.02,
            ):  # fmt: skip
                with attempt:
                    return land()
        except _SessionEnded as ended:
            raise Retry("the database was away; send it again", reason="DATABASE_AWAY") from ended
        except DBAPIError as race:
            if not _lost_a_race(race):
                raise
            raise Retry("too many changes at once; send it again", reason="LOST_A_RACE") from race
        raise AssertionError("retry_context ends by returning or raising")

    def _land(self, do: Callable[[Connection], Landed], serial: bool = True) -> Landed:
        with self._connected() as connection:
            if not serial:  # of this connection until it goes back to the pool
                connection.execution_options(isolation_level="READ COMMITTED")
            transaction = connection.begin()
            try:
                landed = do(connection)
            except BaseException as problem:
                if transaction.is_active:  # a flush that failed has rolled it back already
                    transaction.rollback()
                _raise_if_ended(problem)
                raise
            if landed.draft is None:
                transaction.rollback()
                return landed
            self._commit(connection, transaction, landed)
            return landed

    def _connected(self) -> Connection:
        """Nothing was sent yet where the server is away or the pool has none to give."""
        try:
            return self._engine.connect()
        except (OperationalError, PoolExhausted) as away:
            raise _SessionEnded from away

    def _commit(self, connection: Connection, transaction: Any, landed: Landed) -> None:
        stream = self._stream_of(connection)
        try:
            self._outbox(connection, landed.events)
            append_drafts(stream, connection, [(given(landed.draft), landed)])
        except BaseException as problem:
            stream.rolled_back()
            transaction.rollback()
            _raise_if_ended(problem)
            raise
        try:
            transaction.commit()
        except BaseException as problem:
            if isinstance(problem, DBAPIError) and problem.connection_invalidated:
                stream.unknown()  # the answer to COMMIT never came: begin another chain
            else:
                stream.rolled_back()
                _end_transaction(connection)
            raise
        stream.committed()

    def _stream_of(self, connection: Connection) -> Stream:
        stream: Stream | None = connection.info.get("stream")
        if stream is None:
            stream = connection.info["stream"] = self._new_stream()
        return stream


class _Busy:
    def __init__(self, writer: ParallelWriter) -> None:
        self._writer = writer

    def __enter__(self) -> None:
        writer = self._writer
        with writer._idle:
            if writer._stopping:
                raise Retry(STOPPED, reason="STOPPING")
            writer._active += 1

    def __exit__(self, *_: object) -> None:
        with self._writer._idle:
            self._writer._active -= 1
            self._writer._idle.notify_all()


def _end_transaction(connection: Connection) -> None:
    """SQLAlchemy takes a commit that raises for done, and would give the connection to the next one
    with its transaction still open."""
    try:
        connection.connection.rollback()
    except Exception:  # whatever state it is in, nobody shall have it
        connection.invalidate()


class _SessionEnded(Exception):
    """The server ended the session before COMMIT was sent: nothing was stored, so try anew."""


def _raise_if_ended(problem: BaseException) -> None:
    if isinstance(problem, DBAPIError) and problem.connection_invalidated:
        raise _SessionEnded from problem


def _met_another(problem: Exception) -> bool:
    """A command without a serial order read no version that its sender had seen: begin anew."""
    return isinstance(problem, Retry) or _lost_a_race(problem)


def _lost_a_race(problem: Exception) -> bool:
    if not isinstance(problem, DBAPIError):
        return isinstance(problem, _SessionEnded)
    return getattr(problem.orig, "sqlstate", None) in LOST_RACES
