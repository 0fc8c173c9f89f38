"""One value as sent → a reading, or why not. Pure: no clock, no database.

In this order: metric, unit, plausibility, time. What cannot be understood is parked, what is
impossible is refused, what is odd is stored and says so.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from domain.readings.quality import Quality
from domain.readings.recipes import Recipe
from domain.readings.units import scaled
from kit.clock import microseconds
from kit.errors import Invalid

SECOND = 1_000_000  # microseconds
AHEAD_ACCEPTED = 120 * SECOND
AHEAD_STORED = 3600 * SECOND
LATE_AFTER = 600 * SECOND  # older than that when it is stored, a value raises no alarm
LATE_STORED = 24 * 3600 * SECOND
SKEW_MARKED = 60 * SECOND
IMPOSSIBLE = "IMPOSSIBLE"
UNREADABLE = "VALUE_UNREADABLE"
_WORDS = {
    "true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "on": 1.0, "off": 0.0,
    "alert": 0.0, "a": 0.0, "confused": 1.0, "confusion": 1.0, "c": 1.0, "voice": 2.0, "v": 2.0,
    "pain": 3.0, "p": 3.0, "unresponsive": 4.0, "u": 4.0,
}  # fmt: skip
_SPOKEN = frozenset({"consciousness", "on_oxygen", "occupied"})


class Moment(NamedTuple):
    """When, in microseconds since 1970, and what is odd about it."""

    at: int
    quality: int


class Value(NamedTuple):
    """A canonical value; `raw` is what was sent where that was another number."""

    value: float
    quality: int
    raw: float | None
    impossible: bool


@dataclass(frozen=True, slots=True)
class Times:
    """What is known of the clocks when a message is cleaned."""

    received: int
    now: int
    skew: int = 0  # how much later than measured this device's values usually come
    history: bool = False  # from a file: as old as it may be


def moment(at: datetime | None, times: Times) -> Moment:
    """Judge a time. Raises Invalid AHEAD_OF_TIME, TOO_LATE or TIME_WITHOUT_ZONE."""
    if at is None:
        return Moment(times.received, int(Quality.SERVER_TIME))
    if at.tzinfo is None:
        raise Invalid("a time needs a zone; send it with an offset",
                      reason="TIME_WITHOUT_ZONE", field="ts")  # fmt: skip
    measured = microseconds(at)
    ahead = measured - times.received
    if ahead > AHEAD_STORED:
        raise Invalid("measured more than an hour after it was received: set the device's clock",
                      reason="AHEAD_OF_TIME", field="ts")  # fmt: skip
    if -ahead > LATE_STORED and not times.history:
        raise Invalid("measured more than a day before it was received: import it from a file",
                      reason="TOO_LATE", field="ts")  # fmt: skip
    quality = Quality.AHEAD if ahead > AHEAD_ACCEPTED else Quality.GOOD
    if max(times.received, times.now) - measured - times.skew > LATE_AFTER:
        quality |= Quality.LATE
    if abs(times.skew) > SKEW_MARKED:
        quality |= Quality.SKEWED
    return Moment(measured, int(quality))


def cleaned(sent: float | str, how: Recipe) -> Value:
    """Convert and judge a value. Raises Invalid VALUE_UNREADABLE."""
    number = sent if type(sent) is float else _number(sent, how.metric)
    if not math.isfinite(number):
        raise Invalid("the value is not a finite number", reason=UNREADABLE, field="value")
    value, quality = number, how.quality
    if how.fraction and how.factor == 1.0 and 0.0 <= number <= 1.0:
        value = scaled(number, 100.0, 0.0)
    elif not how.canonical:
        value = scaled(number, how.factor, how.offset)
    if value < how.soft_low:
        quality |= 16
    elif value > how.soft_high:
        quality |= 32
    if not how.own_low <= value <= how.own_high:
        quality |= 64
    return Value(value, quality, None if value == number else number,
                 not how.low <= value <= how.high)  # fmt: skip


def _number(sent: float | str, metric: str) -> float:
    try:
        return float(sent)
    except (ValueError, OverflowError):
        spoken = _WORDS.get(str(sent).strip().casefold()) if metric in _SPOKEN else None
        if spoken is None:
            raise Invalid("the value is not a number", reason=UNREADABLE, field="value") from None
        return spoken
