"""How transactions reach the disk: one thread with group commit, or many connections.

Both run the same attempts. An attempt is tried inside a transaction (or a savepoint of one);
whatever comes of it, its ledger draft is appended as the transaction's last statement.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import stamina
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from audit.entry import Draft
from audit.stream import Stream
from kit.errors import Retry
from kit.work import Event

T = TypeVar("T")

GROUP = 128  # attempts per commit; a longer queue waits for the next one
SERIALIZATION_FAILURES = ("40001", "40P01", "23P01")
STOPPED = "the service is stopping; send the request again"


@dataclass(slots=True)
class Landed:
    """What an attempt did: its draft is None when nothing was changed (a replayed answer)."""

    result: Any
    draft: Draft | None
    events: list[Event] = field(default_factory=list)
    entry: int | None = None  # id of the ledger entry, known once appended


@dataclass(frozen=True, slots=True)
class Attempt:
    """`do` makes the change; `refused` drafts the record of a change that did not happen."""

    do: Callable[[Connection], Landed]
    refused: Callable[[Exception], Draft]


class Outbox(Protocol):
    def __call__(self, connection: Connection, events: list[Event]) -> None: ...


class Writer(Protocol):
    """Runs attempts; `raw` is for the sequencer's own side tables."""

    def run(self, attempt: Attempt) -> Landed: ...

    def raw(self, fn: Callable[[Connection], T]) -> T: ...

    def stop(self) -> None: ...

    @property
    def waiting(self) -> int: ...


class EmbeddedWriter:
    """SQLite: one thread, many attempts per fsync, each in a savepoint of its own."""

    def __init__(
        self,
        engine: Engine,
        stream: Stream,
        outbox: Outbox,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._stream = stream
        self._outbox = outbox
        self._on_commit = on_commit
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._enqueue = threading.Lock()  # so that no job can land behind the stop mark
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    def run(self, attempt: Attempt) -> Landed:
        result: Landed = self._submit(_Job(attempt=attempt))
        return result

    def raw(self, fn: Callable[[Connection], T]) -> T:
        result: T = self._submit(_Job(fn=fn))
        return result

    def stop(self) -> None:
        """Finish what was accepted, then end the thread."""
        with self._enqueue:
            self._stopping.set()
            self._queue.put(None)
        self._thread.join()

    def _submit(self, job: "_Job") -> Any:
        with self._enqueue:
            if self._stopping.is_set():
                raise Retry(STOPPED, reason="STOPPING")
            self._queue.put(job)
        return job.future.result()

    def _loop(self) -> None:
        with self._engine.connect() as connection:
            while (job := self._queue.get()) is not None:
                group, stop = self._group(job)
                attempts = [job for job in group if job.attempt]
                if attempts:
                    self._commit_group(connection, attempts)
                for job in group:
                    if job.fn:
                        self._run_raw(connection, job)
                if stop:
                    return

    def _group(self, first: "_Job") -> tuple[list["_Job"], bool]:
        group = [first]
        while len(group) < GROUP:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return group, True
            group.append(job)
        return group, False

    def _commit_group(self, connection: Connection, jobs: list["_Job"]) -> None:
        try:
            landed = self._try_all(connection, jobs)
        except Exception as fault:  # the whole group rolled back: nobody may believe otherwise
            self._stream.rolled_back()
            with suppress(DBAPIError):
                connection.rollback()
            for job in jobs:
                job.future.set_exception(fault)
            return
        self._on_commit()
        for job, outcome in zip(jobs, landed, strict=True):
            if isinstance(outcome, Landed):
                job.future.set_result(outcome)
            else:
                job.future.set_exception(outcome)

    def _try_all(self, connection: Connection, jobs: list["_Job"]) -> list[Landed | Exception]:
        outcomes: list[Landed | Exception] = []
        drafts: list[tuple[Draft, Landed | None]] = []
        events: list[Event] = []
        transaction = connection.begin()
        for job in jobs:
            outcome, draft = _try(connection, _given(job.attempt))
            outcomes.append(outcome)
            if isinstance(outcome, Landed):
                events.extend(outcome.events)
            if draft:
                drafts.append((draft, outcome if isinstance(outcome, Landed) else None))
        if not drafts:
            transaction.rollback()
            return outcomes
        self._outbox(connection, events)
        _append(self._stream, connection, drafts)
        transaction.commit()
        self._stream.committed()
        return outcomes

    def _run_raw(self, connection: Connection, job: "_Job") -> None:
        try:
            with connection.begin():
                result = _given(job.fn)(connection)
        except Exception as fault:
            job.future.set_exception(fault)
        else:
            job.future.set_result(result)


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
                landed = self._again(lambda: self._land(attempt.do))
            except Exception as problem:
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

    def _again(self, land: Callable[[], Landed]) -> Landed:
        try:
            for attempt in stamina.retry_context(
                on=_lost_a_race, attempts=12, timeout=20, wait_initial=0.005, wait_max=0.25,
                wait_jitter=0.02,
            ):  # fmt: skip
                with attempt:
                    return land()
        except DBAPIError as race:
            if not _lost_a_race(race):
                raise
            raise Retry("too many changes at once; send it again", reason="LOST_A_RACE") from race
        raise AssertionError("retry_context ends by returning or raising")

    def _land(self, do: Callable[[Connection], Landed]) -> Landed:
        with self._engine.connect() as connection:
            transaction = connection.begin()
            try:
                landed = do(connection)
            except BaseException:
                if transaction.is_active:  # a flush that failed has rolled it back already
                    transaction.rollback()
                raise
            if landed.draft is None:
                transaction.rollback()
                return landed
            self._commit(connection, transaction, landed)
            return landed

    def _commit(self, connection: Connection, transaction: Any, landed: Landed) -> None:
        stream = self._stream_of(connection)
        try:
            self._outbox(connection, landed.events)
            _append(stream, connection, [(_given(landed.draft), landed)])
        except BaseException:
            stream.rolled_back()
            transaction.rollback()
            raise
        try:
            transaction.commit()
        except BaseException as problem:
            if isinstance(problem, DBAPIError) and problem.connection_invalidated:
                stream.unknown()  # the answer to COMMIT never came: begin another chain
            else:
                stream.rolled_back()
            raise
        stream.committed()

    def _stream_of(self, connection: Connection) -> Stream:
        stream: Stream | None = connection.info.get("stream")
        if stream is None:
            stream = connection.info["stream"] = self._new_stream()
        return stream


@dataclass(slots=True, eq=False)
class _Job:
    attempt: Attempt | None = None
    fn: Callable[[Connection], Any] | None = None
    future: "Future[Any]" = field(default_factory=Future)


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


def _try(connection: Connection, attempt: Attempt) -> tuple[Landed | Exception, Draft | None]:
    """`do` keeps to a savepoint of its own: after an exception nothing of it is left."""
    try:
        landed = attempt.do(connection)
    except Exception as problem:
        return problem, attempt.refused(problem)
    return landed, landed.draft


def _append(
    stream: Stream, connection: Connection, drafts: list[tuple[Draft, Landed | None]]
) -> None:
    entries = stream.append(connection, [draft for draft, _ in drafts])
    for (_, landed), entry in zip(drafts, entries, strict=True):
        if landed:
            landed.entry = entry


def _lost_a_race(problem: Exception) -> bool:
    if not isinstance(problem, DBAPIError):
        return False
    return getattr(problem.orig, "sqlstate", None) in SERIALIZATION_FAILURES


def _given(value: T | None) -> T:
    if value is None:
        raise AssertionError("a job holds an attempt or a function")
    return value
