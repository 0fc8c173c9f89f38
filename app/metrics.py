"""Prometheus metrics in a registry of their own; labels come from closed sets only."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from app.objectives import Source, WorkClass
from app.service_levels import ServiceLevels

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OTHER = "other"  # an operation that is not on the list of known documents
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """One per program. `known` are the operation names that may become labels."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.registry = CollectorRegistry()
        self._known = frozenset(known)
        self.levels = ServiceLevels()
        self.registry.register(self.levels)
        labels = ("operation", "outcome")
        self._operations = self._counter("graphql_operations", "GraphQL operations", *labels)
        self._durations = Histogram(
            "wardgrid_graphql_seconds", "Time to answer", ("operation",),
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._commands = self._counter("commands", "Commands", "command", "outcome")
        self._refused = self._counter("requests_refused", "Refused at the door", "reason")
        self._shed = self._counter("shed", "Turned away for load", "work")
        self._sockets = self._gauge("sockets", "Open live sockets")
        self._subscriptions = self._gauge("subscriptions", "Open subscriptions")
        self._closed = self._counter("sockets_closed", "Live sockets closed by us", "code")
        self._sent = self._counter("live_messages", "Messages to live sockets")
        self._faults = self._counter("faults", "Masked faults", "kind")
        self._notices = self._counter("notices", "Attempts to send a notice", "channel", "outcome")

    def know(self, operations: Iterable[str]) -> None:
        """These operation names may become labels: they are on the allow-list."""
        self._known |= frozenset(operations)

    def watch(self, name: str, what: str, value: Callable[[], float]) -> None:
        """A gauge read when it is scraped: writer queue, ledger lag, feed lag."""
        self._gauge(name, what).set_function(value)

    @contextmanager
    def operation(
        self, name: str | None, kind: WorkClass = WorkClass.SCREEN
    ) -> Iterator["Outcome"]:
        """Count and time one GraphQL operation; an exception counts as a fault."""
        label = self.label(name)
        outcome, began = Outcome(), perf_counter()
        try:
            yield outcome
        except BaseException:
            outcome.is_("fault")
            raise
        finally:
            took_s = perf_counter() - began
            self._durations.labels(label).observe(took_s)
            self.levels.note(Source(kind), took_s)
            self.levels.note(Source.ANSWERS, outcome.code == "fault")
            self._operations.labels(label, outcome.code).inc()

    def label(self, operation: str | None) -> str:
        """Its name where it is on the list; a client could write anything else into it."""
        return operation if operation and operation in self._known else OTHER

    def command(self, name: str, outcome: str) -> None:
        self._commands.labels(name, outcome).inc()

    def refused(self, reason: str) -> None:
        self._refused.labels(reason).inc()

    def shed(self, kind: WorkClass) -> None:
        """An operation that was turned away because too much is under way."""
        self._shed.labels(kind).inc()
        self.levels.note(Source.ANSWERS, 1)

    def fault(self, kind: str) -> None:
        self._faults.labels(kind).inc()

    def notice(self, channel: str, outcome: str) -> None:
        self._notices.labels(channel, outcome).inc()

    def socket_opened(self) -> None:
        self._sockets.inc()

    def socket_closed(self, code: int) -> None:
        self._sockets.dec()
        self._closed.labels(str(code)).inc()

    def subscribed(self, change: int) -> None:
        """+1 or -1 subscription."""
        self._subscriptions.inc(change)

    def sent(self, messages: int = 1) -> None:
        self._sent.inc(messages)

    def render(self) -> bytes:
        """What a scraper reads."""
        return generate_latest(self.registry)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"wardgrid_{name}", what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(f"wardgrid_{name}", what, registry=self.registry)


class Outcome:
    """How one operation ended: done, denied, conflict, invalid, not_found or fault."""

    def __init__(self) -> None:
        self.code = "done"

    def is_(self, code: str) -> None:
        self.code = code
