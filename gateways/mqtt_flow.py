"""Gathers messages into batches, stores them, and only then acknowledges them.

While one batch is being stored the next one gathers: batches grow with the load by themselves.
What cannot be stored now is tried again until it can; nothing is acknowledged meanwhile.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import time
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from app.jobs import PROGRAM
from app.wiring import App
from domain.telemetry.commands import Stored
from gateways.mqtt_counts import OUTCOMES, Counts
from gateways.mqtt_directory import Directory
from gateways.mqtt_payload import Arrived, topic_of
from gateways.mqtt_reading import Load, Part, loads, read
from kit.errors import Refusal

LINGER_S = 0.03  # a message waits so long for company
MOST_READINGS = 5_000  # in one batch, or as much work; the message that goes beyond is still in it
PARKING = 50  # readings are stored in the time that parking one message takes
TOGETHER = 64  # messages read together; so many wait for no more company
HOSPITALS_AT_ONCE = 4
FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 5.0
MOST_UNASKED_BYTES = 8 * 2**20  # of QoS 0, which the broker may send without limit

_TOOK_TOO_LONG = "57014"

log = logging.getLogger("wardgrid.mqtt")
T = TypeVar("T")


class _Stopping(Exception):
    """The program stops; what is not stored stays with the broker."""


class Flow:
    """`take` is called by the network thread, everything else runs in a thread of its own."""

    def __init__(
        self,
        app: App,
        counts: Counts,
        acknowledge: Callable[[Arrived], None],
        suspect: Callable[[Part], None],
    ) -> None:
        self._app = app
        self._counts = counts
        self._acknowledge = acknowledge
        self._suspect = suspect
        self._directory = Directory(app)
        self._waiting: deque[Arrived] = deque()
        self._unasked_bytes = 0
        self._come = threading.Event()
        self._stop = threading.Event()
        self._storing = ThreadPoolExecutor(HOSPITALS_AT_ONCE, thread_name_prefix="mqtt-store")
        self._thread = threading.Thread(target=self._run, name="mqtt-flow", daemon=True)
        counts.queue.set_function(lambda: len(self._waiting))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch under way; the rest is not acknowledged and comes again."""
        self._stop.set()
        self._come.set()
        if self._thread.is_alive():
            self._thread.join()
        self._storing.shutdown()
        self._directory.close()

    def take(self, arrived: Arrived) -> None:
        """How many may wait is limited by the receive maximum; QoS 0 is limited here."""
        self._counts.messages.inc()
        if arrived.qos == 0:
            if self._unasked_bytes > MOST_UNASKED_BYTES:
                self._counts.refused.labels("QOS_0_OVERFLOW").inc()
                return
            self._unasked_bytes += len(arrived.body)
        self._waiting.append(arrived)
        self._come.set()

    def forget(self) -> None:
        """A new connection: what waits of the old one comes again."""
        self._waiting.clear()
        self._unasked_bytes = 0

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                parts = self._gather()
                if parts:
                    self._land(parts)
            except _Stopping:
                return
            except Exception as fault:  # the door outlives any batch; nothing was acknowledged
                log.error("a batch failed", extra={"fault": type(fault).__name__})
                self._stop.wait(FIRST_WAIT_S)

    def _gather(self) -> list[Part]:
        """The next batch, read. Waits for the first message, then a moment for others."""
        if not self._waiting:
            self._come.wait()
        self._come.clear()
        if not self._waiting or self._stop.is_set():
            return []
        if len(self._waiting) < TOGETHER:
            self._stop.wait(LINGER_S)
        parts: list[Part] = []
        work = 0
        while work < MOST_READINGS and (some := self._next()):
            read_now = self._read(some)
            parts += read_now
            work += sum(part.readings + PARKING * len(part.unreadable) for part in read_now)
        if self._waiting:
            self._come.set()
        return parts

    def _next(self) -> list[Arrived]:
        some: list[Arrived] = []
        while len(some) < TOGETHER:
            try:
                arrived = self._waiting.popleft()
            except IndexError:  # empty, or a new connection emptied it just now
                break
            self._unasked_bytes -= 0 if arrived.qos else len(arrived.body)
            some.append(arrived)
        return some

    def _read(self, some: Sequence[Arrived]) -> list[Part]:
        names = [topic_of(arrived.topic) for arrived in some]
        known = self._patiently(
            lambda: self._directory.look_up({name for name in names if name is not None})
        )
        parts = []
        for arrived, name in zip(some, names, strict=True):
            who = known.get(name) if name else None
            if who is None:  # of no hospital of ours: there is nobody to keep it for
                self._counts.refused.labels("HOSPITAL_UNKNOWN").inc()
                self._acknowledge(arrived)
            else:
                parts.append(read(arrived, who))
        return parts

    def _land(self, parts: list[Part]) -> None:
        by_hospital = loads(parts)
        if len(by_hospital) == 1:
            self._store(by_hospital[0])
        else:
            for done in [self._storing.submit(self._store, load) for load in by_hospital]:
                done.result()
        self._counts.lag.set(time() - parts[0].arrived.at_s)

    def _store(self, load: Load) -> None:
        """Store and acknowledge; a message that alone cannot be stored is parked as it came."""
        try:
            stored = self._patiently(lambda: self._app.pipeline.run(PROGRAM, load.command()).result)
        except _Stopping:
            raise
        except Exception as fault:
            self._store_in_halves(load, fault)
            return
        self._count(stored, len(load.parts))
        for part in load.parts:
            self._acknowledge(part.arrived)
            if part.suspect:
                self._suspect(part)

    def _store_in_halves(self, load: Load, fault: Exception) -> None:
        parts, half = load.parts, len(load.parts) // 2
        if half:
            self._store(Load(load.hospital_id, parts[:half]))
            self._store(Load(load.hospital_id, parts[half:]))
            return
        why = fault.reason if isinstance(fault, Refusal) else type(fault).__name__
        log.error("a message cannot be stored", extra={"reason": why})
        if parts[0].messages:
            self._store(Load(load.hospital_id, [parts[0].as_fault()]))
        # else: it cannot even be kept; not acknowledged, it stays with the broker

    def _patiently(self, attempt: Callable[[], T]) -> T:
        """Again and again while the database is away or others come first."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return attempt()
            except Refusal as why:
                if not why.retryable:
                    raise
            except DBAPIError as fault:
                if not _passes(fault):
                    raise
            self._counts.retries.inc()
            if self._stop.wait(wait_s):
                raise _Stopping
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _count(self, stored: Stored, messages: int) -> None:
        for outcome in OUTCOMES:
            self._counts.readings.labels(outcome).inc(getattr(stored, outcome))
        self._counts.batches.inc()
        self._counts.acknowledged.inc(messages)


def _passes(fault: DBAPIError) -> bool:
    """The database is away, full or busy: nothing is wrong with the batch."""
    if getattr(fault.orig, "sqlstate", None) == _TOOK_TOO_LONG:
        return False  # half of it may not
    return fault.connection_invalidated or isinstance(fault, OperationalError | InterfaceError)
