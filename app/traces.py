"""Traces for those who run the house: how long each part of an operation took, and nothing of whom.

A span holds a name of ours and attributes of a closed list: ids of operations, names from our code,
counts. Anything else is dropped. Where no receiver is set nothing is made. Spans wait in a bounded
queue for the one thread that sends them (app/trace_export.py); where it is full they are lost.
"""

import os
import re
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.trace_settings import TraceSettings

LONGEST_QUEUE: Final = 4096
# What may vary in a span. Names of operations only where they are on the list of known documents.
ATTRIBUTES = frozenset(
    {"operation", "document", "outcome", "work", "command", "request", "plan", "kind", "fault"}
)
_PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_PARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_NOBODY = ("0" * 32, "0" * 16)


@dataclass(slots=True)
class Span:
    """Times in nanoseconds since 1970; ids in hexadecimal. `set` before it ends."""

    name: str
    trace: str
    parent: str
    id: str = field(default_factory=lambda: os.urandom(8).hex())
    began: int = field(default_factory=time.time_ns)
    ended: int = 0
    failed: bool = False
    attributes: dict[str, str] = field(default_factory=dict)

    def set(self, **attributes: object) -> None:
        """Keeps what is on the list and plain; all else is dropped."""
        for name, value in attributes.items():
            text = str(value)
            if name in ATTRIBUTES and _PLAIN.fullmatch(text):
                self.attributes[name] = text


@dataclass(frozen=True, slots=True)
class _Above:
    """What a new span is a part of."""

    trace: str
    span: str
    sampled: bool


_ABOVE: ContextVar[_Above | None] = ContextVar("above", default=None)


class Traces:
    """`share` of the traces that begin here are kept; one of a trusted sender is as it says."""

    def __init__(self, share: float = 0.0) -> None:
        self.share = share
        self.waiting: deque[Span] = deque()
        self.dropped = 0

    @classmethod
    def of(cls, settings: "TraceSettings") -> "Traces":
        return cls(settings.trace_share if settings.otlp_endpoint else 0.0)

    @property
    def on(self) -> bool:
        return self.share > 0

    @contextmanager
    def span(self, name: str, sender: str | None = None, **attributes: object) -> Iterator[Span]:
        """Time the block. `sender` is the traceparent of somebody who is trusted with it."""
        above = (_parent(sender) or _ABOVE.get()) if self.on else None
        if above is None:
            above = _Above(os.urandom(16).hex(), "", random() < self.share)  # noqa: S311  # nosec B311
        span = Span(name, above.trace, above.span)
        if not above.sampled:
            with self._within(above):
                yield span
            return
        span.set(**attributes)
        try:
            with self._within(_Above(span.trace, span.id, True)):
                yield span
        except BaseException as fault:
            span.failed = True
            span.set(fault=type(fault).__name__)
            raise
        finally:
            span.ended = time.time_ns()
            self._keep(span)

    @contextmanager
    def _within(self, above: _Above) -> Iterator[None]:
        token = _ABOVE.set(above)
        try:
            yield
        finally:
            _ABOVE.reset(token)

    def _keep(self, span: Span) -> None:
        if len(self.waiting) >= LONGEST_QUEUE:
            self.dropped += 1
        else:
            self.waiting.append(span)


def _parent(header: str | None) -> _Above | None:
    found = _PARENT.fullmatch(header or "")
    if found is None or found[1] == _NOBODY[0] or found[2] == _NOBODY[1]:
        return None
    return _Above(found[1], found[2], bool(int(found[3], 16) & 1))
