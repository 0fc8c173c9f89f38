"""Sends spans to a receiver: OTLP over HTTP in its JSON form, which every collector understands.

Nobody waits for it: a receiver that is away costs spans, never an answer.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from app.circuits import Circuits
from app.traces import Span, Traces

log = logging.getLogger("wardgrid.traces")

EVERY_S, MOST, TIMEOUT_S = 2.0, 512, 5.0
_RECEIVER = "receiver"
_ERROR = 2  # a span's status, as OTLP counts


@dataclass(slots=True)
class TraceExport:
    """A thread; `send` does one round."""

    endpoint: str
    traces: Traces
    circuits: Circuits = field(default_factory=Circuits)
    sent: int = 0

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; what waits then is tried once."""
        with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False) as client:
            while not stop.wait(EVERY_S):
                self.send(client)
            self.send(client)

    def send(self, client: httpx.Client) -> None:
        """All that waits, in parts; while the receiver's circuit is open, nothing."""
        while self.traces.waiting and self.circuits.begin(_RECEIVER):
            part = [
                self.traces.waiting.popleft() for _ in range(min(MOST, len(self.traces.waiting)))
            ]
            try:
                client.post(self.endpoint, json=body(part)).raise_for_status()
            except httpx.HTTPError as away:
                self.circuits.failed(_RECEIVER)
                self.traces.dropped += len(part)
                log.warning("spans are lost", extra={"fault": type(away).__name__})
            else:
                self.circuits.arrived(_RECEIVER)
                self.sent += len(part)


def body(spans: Sequence[Span]) -> dict[str, object]:
    """An ExportTraceServiceRequest."""
    resource = {"attributes": [_pair("service.name", "wardgrid")]}
    scope = {"scope": {"name": "wardgrid"}, "spans": [_span(one) for one in spans]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _span(one: Span) -> dict[str, object]:
    return {
        "traceId": one.trace,
        "spanId": one.id,
        "parentSpanId": one.parent,
        "name": one.name,
        "kind": 1,  # internal
        "startTimeUnixNano": str(one.began),
        "endTimeUnixNano": str(one.ended),
        "attributes": [_pair(f"wardgrid.{name}", text) for name, text in one.attributes.items()],
        "status": {"code": _ERROR} if one.failed else {},
    }


def _pair(key: str, text: str) -> dict[str, object]:
    return {"key": key, "value": {"stringValue": text}}
