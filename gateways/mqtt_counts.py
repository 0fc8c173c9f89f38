"""What the MQTT door counts, for /metrics; labels come from closed sets only."""

from prometheus_client import CollectorRegistry, Counter, Gauge

OUTCOMES = ("stored", "duplicate", "corrected", "rejected", "parked")


class Counts:
    """One per program."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"wardgrid_mqtt_{name}", what, labels, registry=registry)

        def gauge(name: str, what: str) -> Gauge:
            return Gauge(f"wardgrid_mqtt_{name}", what, registry=registry)

        self.messages = counter("messages", "Messages received over MQTT")
        self.acknowledged = counter("acknowledged", "Messages stored or parked, and acknowledged")
        self.readings = counter("readings", "Readings received over MQTT", "outcome")
        self.refused = counter("refused", "Messages of nobody known, not kept", "reason")
        self.denied = counter("denied", "Publications that the broker denied")
        self.batches = counter("batches", "Batches stored")
        self.retries = counter("retries", "Batches tried again")
        self.queue = gauge("queue", "Messages received and not stored yet")
        self.lag = gauge("lag_seconds", "From receipt of a batch's first message to its storing")
        self.connected = gauge("connected", "1 while the broker is reached")
        self.lost_by_broker = gauge("broker_dropped", "Messages that the broker itself dropped")
