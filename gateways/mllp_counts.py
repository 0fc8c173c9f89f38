"""What the HL7 door counts. Peers are named by the operator, so their number is bounded."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class Counts:
    """One per program: a registry takes each name once."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"wardgrid_hl7_{name}", what, labels, registry=registry)

        self._messages = counter("messages", "HL7 messages answered", "peer", "code")
        self._unanswered = counter("unanswered", "HL7 messages a fault left unanswered", "peer")
        self._garbage = counter("garbage_bytes", "Bytes outside MLLP frames", "peer")
        self._closed = counter("connections_closed", "MLLP connections", "peer", "why")
        self._open = Gauge("wardgrid_hl7_connections", "Open MLLP connections", ("peer",),
                           registry=registry)  # fmt: skip

    def answered(self, peer: str, code: str) -> None:
        self._messages.labels(peer, code).inc()

    def unanswered(self, peer: str) -> None:
        self._unanswered.labels(peer).inc()

    def garbage(self, peer: str, size: int) -> None:
        if size:
            self._garbage.labels(peer).inc(size)

    def opened(self, peer: str) -> None:
        self._open.labels(peer).inc()

    def closed(self, peer: str, why: str) -> None:
        self._open.labels(peer).dec()
        self._closed.labels(peer, why).inc()

    def refused(self, why: str) -> None:
        """A connection of nobody whom we know, or one too many."""
        self._closed.labels("", why).inc()
