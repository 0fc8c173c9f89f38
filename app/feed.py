"""What has changed, told to everyone who listens, in order and without gaps.

One thread tails the outbox. Wake-ups, from the pipeline and from other processes by NOTIFY, are
hints that save waiting for the next look; the rows are the truth.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app import tail
from app.cursors import Cursors, Position
from app.hints import Hints, hints_of
from app.horizon import own_horizon
from app.tail import Change
from kit.db import reading
from kit.errors import Conflict
from kit.work import Scope

POLL_S = 0.2
SOON_S = 0.01  # after a wake-up the row may wait for an older transaction: look again soon
BATCH = 500

log = logging.getLogger("wardgrid.feed")

Listener = Callable[[Sequence[Change]], None]


class Topic(Protocol):
    """Changes inside `scope`, of these names (empty: any)."""

    @property
    def scope(self) -> Scope: ...
    @property
    def names(self) -> frozenset[str]: ...


class Resync(Conflict):
    """The cursor is older than what is kept: read the whole state, then go on from there."""

    code = "RESYNC"


class Feed:
    """`listen` and `subscribe` call back from the feed's own thread: be quick, never raise."""

    def __init__(self, engine: Engine, cursors: Cursors, *, poll_s: float = POLL_S) -> None:
        self._engine = engine
        self._cursors = cursors
        self._poll_s = poll_s
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._hints: Hints | None = None
        self._reached = Position(0, 0)
        self.errors = 0

    def start(self) -> None:
        """Tail from here on."""
        with reading(self._engine) as session:
            self._reached = tail.head(session.connection())
        self._stopping.clear()
        self._hints = hints_of(self._engine, self._awake.set)
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Return when the thread has ended."""
        self._stopping.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._hints is not None:
            self._hints.stop()
            self._hints = None

    def wake(self) -> None:
        """A change has been committed by this process: look now, and hint to the others."""
        self._awake.set()
        if self._hints is not None:
            self._hints.tell()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call with every batch of changes from now on. Returns what ends it."""
        with self._lock:
            self._listeners = [*self._listeners, listener]
        return lambda: self._forget(listener)

    def subscribe(
        self, topics: Sequence[Topic], deliver: Listener, after: str | None, hospital: UUID | None
    ) -> Callable[[], None]:
        """Call with changes of the topics, beginning right behind the cursor `after`.

        Raises Resync where rows behind the cursor are no longer kept, Invalid for a strange one.
        """
        gate = threading.Lock()
        latest: list[Position] = []

        def pass_on(changes: Sequence[Change]) -> None:
            with gate:
                fresh = [c for c in changes if not latest or c.position > latest[0]]
                if fresh:
                    latest[:] = [fresh[-1].position]
                    _deliver(topics, fresh, deliver)

        if after is None:
            return self.listen(pass_on)
        with gate:  # what comes in meanwhile waits until the past has been told
            end = self.listen(pass_on)
            try:
                missed = self.since(after, hospital)
            except Exception:
                end()
                raise
            if missed:
                latest[:] = [missed[-1].position]
                _deliver(topics, missed, deliver)
        return end

    def since(self, after: str, hospital: UUID | None) -> list[Change]:
        """All changes behind a cursor, oldest first, of every hospital: cut to topics yourself."""
        position = self._cursors.position(after, hospital)
        # Not behind what the listeners have been told, else a row could fall between the two.
        told = self._reached.transaction + (self._reached.row > 0)
        ended = max(own_horizon(self._engine), told)
        with reading(self._engine) as session:
            connection = session.connection()
            if not tail.kept_since(connection, position):
                raise Resync("this cursor is too old; read the whole state again", field="after")
            found: list[Change] = []
            while batch := tail.after(connection, position, BATCH, ended):
                found += batch
                position = batch[-1].position
        return found

    def tell(self, scope: Scope, name: str, ids: dict[str, str], at: datetime) -> None:
        """Call the listeners with what no row keeps, as the progress of a run: nobody who comes
        later hears of it, and no cursor leads behind it."""
        passing = [Change(self._reached, scope, name, ids, at)]
        for listener in self._listeners:
            listener(passing)

    def cursor(self, session: Session, hospital: UUID | None) -> str:
        """What the session's snapshot has seen: subscribing `after` it misses nothing."""
        return self._cursors.cursor(tail.head(session.connection()), hospital)

    def _forget(self, listener: Listener) -> None:
        with self._lock:
            self._listeners = [known for known in self._listeners if known is not listener]

    def _run(self) -> None:
        wait_s = self._poll_s
        while not self._stopping.is_set():
            woken = self._awake.wait(wait_s)
            self._awake.clear()
            busy = self._look() or woken
            wait_s = SOON_S if busy else min(self._poll_s, wait_s * 2)

    def _next(self, ended: int) -> Sequence[Change]:
        with reading(self._engine) as session:
            return tail.after(session.connection(), self._reached, BATCH, ended)

    def _look(self) -> bool:
        try:
            changes = self._next(0) or self._next(own_horizon(self._engine))
        except SQLAlchemyError as fault:
            self.errors += 1
            log.warning("the outbox cannot be read", extra={"reason": type(fault).__name__})
            self._stopping.wait(self._poll_s)
            return False
        if changes:
            self._reached = changes[-1].position
            for listener in self._listeners:
                listener(changes)
        return bool(changes)


def takes(topic: Topic, change: Change) -> bool:
    """Whether a topic is about a change."""
    return topic.scope.covers(change.scope) and (not topic.names or change.name in topic.names)


def _deliver(topics: Sequence[Topic], changes: Sequence[Change], deliver: Listener) -> None:
    wanted = [c for c in changes if any(takes(topic, c) for topic in topics)]
    if wanted:
        deliver(wanted)
