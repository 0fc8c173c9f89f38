"""How transactions reach the disk: one thread with group commit, or many connections.

Both run the same attempts. An attempt is tried inside a transaction (or a savepoint of one);
whatever comes of it, its ledger draft is appended as the transaction's last statement.
"""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from audit.entry import Draft
from audit.stream import Stream
from kit.errors import Retry
from kit.work import Event

T = TypeVar("T")

log = logging.getLogger("wardgrid.writer")

GROUP = 128  # attempts per commit; a longer queue waits for the next one
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
    serial: bool = True  # as its command says


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
            try:
                _leave(connection)
            finally:  # nobody waits for ever
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
            outcome, draft = _try(connection, given(job.attempt))
            outcomes.append(outcome)
            if isinstance(outcome, Landed):
                events.extend(outcome.events)
            if draft:
                drafts.append((draft, outcome if isinstance(outcome, Landed) else None))
        if not drafts:
            transaction.rollback()
            return outcomes
        self._outbox(connection, events)
        append_drafts(self._stream, connection, drafts)
        try:
            transaction.commit()
        except BaseException:
            self._stream.unknown()  # it may have reached the disk: the table will tell
            raise
        self._stream.committed()
        return outcomes

    def _run_raw(self, connection: Connection, job: "_Job") -> None:
        try:
            with connection.begin():
                result = given(job.fn)(connection)
        except Exception as fault:
            try:
                _leave(connection)
            finally:
                job.future.set_exception(fault)
        else:
            job.future.set_result(result)


def _leave(connection: Connection) -> None:
    """End the transaction. After a COMMIT that failed SQLite may still be in it, while SQLAlchemy
    thinks that it is over: no later change could begin."""
    try:
        with suppress(DBAPIError):
            connection.rollback()
        driver = connection.connection.driver_connection
        if driver is not None and driver.in_transaction:
            driver.rollback()
    except Exception as fault:  # whatever it is: the one writer must live, on another connection
        log.error("writer reconnects", extra={"fault": type(fault).__name__})
        connection.invalidate()


@dataclass(slots=True, eq=False)
class _Job:
    attempt: Attempt | None = None
    fn: Callable[[Connection], Any] | None = None
    future: "Future[Any]" = field(default_factory=Future)


def _try(connection: Connection, attempt: Attempt) -> tuple[Landed | Exception, Draft | None]:
    """`do` keeps to a savepoint of its own: after an exception nothing of it is left."""
    try:
        landed = attempt.do(connection)
    except OperationalError:
        # The disk is full or broken: SQLite may have rolled back everything, and then another
        # savepoint would be a transaction of its own, committed when it is released.
        raise
    except Exception as problem:
        return problem, attempt.refused(problem)
    return landed, landed.draft


def append_drafts(
    stream: Stream, connection: Connection, drafts: list[tuple[Draft, Landed | None]]
) -> None:
    entries = stream.append(connection, [draft for draft, _ in drafts])
    for (_, landed), entry in zip(drafts, entries, strict=True):
        if landed:
            landed.entry = entry


def given(value: T | None) -> T:
    if value is None:
        raise AssertionError("a job holds an attempt or a function")
    return value
