"""How judged samples become one alarm: on-delay, off-delay, holes, all in event time.

    NORMAL → PENDING(since) → FIRING → CLEARING(since) → NORMAL

Times are microseconds since 1970. A sample that is not newer than the last one changes nothing,
so late, repeated and permuted readings never do.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

HOT, BETWEEN, COOL = 1, 0, -1  # what a detector says of a sample; BETWEEN: neither bad nor well
SECOND = 1_000_000
MINUTE = 60 * SECOND


class Phase(StrEnum):
    NORMAL = "NORMAL"
    PENDING = "PENDING"  # it looks bad, not yet for long enough
    FIRING = "FIRING"
    CLEARING = "CLEARING"  # it looks well, not yet for long enough
    NO_DATA = "NO_DATA"  # nothing is heard


class Outcome(StrEnum):
    OPENED = "OPENED"
    CLEARED = "CLEARED"


class Event(NamedTuple):
    """What happened, when by the device's clock, and with which value."""

    outcome: Outcome
    at: int
    value: float


NOTHING: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Delays:
    """`max_gap` 0 knows no holes: for what is asked, not sent."""

    on: int = 0
    off: int = 0
    min_samples: int = 1
    max_gap: int = 0


@dataclass(slots=True)
class Track:
    """Where one rule stands for one entity. `memory` is the detector's own, plain JSON.

    `count` counts the samples of a PENDING or CLEARING phase; `opened_at` is when it fired.
    """

    phase: Phase = Phase.NORMAL
    since: int = 0
    last_at: int = 0
    count: int = 0
    value: float = 0.0
    memory: list[Any] = field(default_factory=list)

    def key(self) -> tuple[Phase, int, int]:
        """Differs from what it was where there is something to save."""
        return self.phase, self.since, self.count

    def copy(self) -> "Track":
        return Track(self.phase, self.since, self.last_at, self.count, self.value,
                     list(self.memory))  # fmt: skip


def step(delays: Delays, track: Track, verdict: int, at: int, value: float) -> tuple[Event, ...]:
    """Take one judged sample; what came of it, in order."""
    if at <= track.last_at:
        return NOTHING
    phase = track.phase
    if phase is Phase.NORMAL and verdict != HOT:
        track.last_at = at
        return NOTHING
    before = elapse(delays, track, at - 1)
    hole = 0 < delays.max_gap < at - track.last_at
    track.last_at = at
    if track.phase in (Phase.NORMAL, Phase.PENDING):
        return before + _rise(delays, track, verdict, at, value, hole)
    return before + _fall(delays, track, verdict, at, value, hole)


def elapse(delays: Delays, track: Track, now: int) -> tuple[Event, ...]:
    """Let time pass up to `now` without a sample: the delay may end, unless a hole ends it."""
    if track.phase is not Phase.PENDING or track.count < delays.min_samples:
        return NOTHING
    end = track.since + delays.on
    if end > now or 0 < delays.max_gap < end - track.last_at:
        return NOTHING
    track.phase, track.since, track.count = Phase.FIRING, end, 0
    return (Event(Outcome.OPENED, end, track.value),)


def due(delays: Delays, track: Track) -> int | None:
    """When `elapse` would open an alarm if nothing more came; None: never."""
    if track.phase is not Phase.PENDING or track.count < delays.min_samples:
        return None
    end = track.since + delays.on
    return None if 0 < delays.max_gap < end - track.last_at else end


def _rise(
    delays: Delays, track: Track, verdict: int, at: int, value: float, hole: bool
) -> tuple[Event, ...]:
    if verdict != HOT:
        track.phase, track.count = Phase.NORMAL, 0
        return NOTHING
    track.value = value
    if track.phase is Phase.NORMAL or hole:
        track.phase, track.since, track.count = Phase.PENDING, at, 1
    else:
        track.count += 1
    return elapse(delays, track, at)


def _fall(
    delays: Delays, track: Track, verdict: int, at: int, value: float, hole: bool
) -> tuple[Event, ...]:
    if verdict != COOL:
        if track.phase is Phase.CLEARING:
            track.phase, track.count = Phase.FIRING, 0
        return NOTHING
    if track.phase is not Phase.CLEARING or hole:
        track.phase, track.since, track.count = Phase.CLEARING, at, 1
    else:
        track.count += 1
    if at - track.since < delays.off:
        return NOTHING
    track.phase, track.since, track.count = Phase.NORMAL, at, 0
    return (Event(Outcome.CLEARED, at, value),)
