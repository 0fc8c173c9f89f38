"""Spans of time, the steps they are shown in, and midnights where the hospital is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domain.measures.intervals import DAY_US, HOUR_US, MINUTE_US, Micros
from kit.clock import EPOCH, microseconds
from kit.errors import Invalid

MOST_POINTS = 1000
MOST_DAYS = 20 * 366
SHORT_STEPS = (5 * MINUTE_US, 15 * MINUTE_US, HOUR_US, 3 * HOUR_US)
LONG_STEPS_DAYS = (1, 7, 28)
GRAIN_US = 15 * MINUTE_US  # clocks change at whole quarters of an hour


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time that has begun; `until` is not in it, and never in the future."""

    since: datetime
    until: datetime
    zone: str

    @property
    def micros(self) -> tuple[int, int]:
        return microseconds(self.since), microseconds(self.until)


def span_of(since: datetime, until: datetime, now: datetime, zone: str) -> Span:
    """What of the interval has come. Raises Invalid for an empty, future or endless one."""
    for name, at in (("since", since), ("until", until)):
        if at.tzinfo is None:
            raise Invalid("a time needs a zone; send it with an offset", field=name)
    if since >= until:
        raise Invalid("the interval ends before it begins", reason="INTERVAL_EMPTY", field="until")
    if since >= now:
        raise Invalid("the interval is in the future", reason="INTERVAL_AHEAD", field="since")
    if until - since > timedelta(days=MOST_DAYS):
        raise Invalid("ask for 20 years at most", reason="INTERVAL_TOO_LONG", field="since")
    return Span(since.astimezone(UTC), min(until, now).astimezone(UTC), zone)


@dataclass(frozen=True, slots=True)
class Steps:
    """Edges of the steps of a span; `seconds` is how long a whole one is."""

    edges: Micros
    seconds: int


def steps_of(span: Span, *, whole_days: bool = False, most: int = MOST_POINTS) -> Steps:
    """The finest steps of which there are at most `most`; the first and last may be cut.

    Steps of a day and more begin at midnight where the hospital is.
    """
    first, last = span.micros
    if not whole_days:
        for step in SHORT_STEPS:
            begin = first - (first + _offset(first, span.zone)) % step
            if -(-(last - begin) // step) <= most:
                return Steps(_cut(np.arange(begin, last + step, step), first, last),
                             step // 1_000_000)  # fmt: skip
    nights = midnights(span.since - timedelta(days=1), span.until + timedelta(days=1), span.zone)
    begin = max(int(np.searchsorted(nights, first, side="right")) - 1, 0)
    nights = nights[begin:]
    for days in LONG_STEPS_DAYS:
        edges = _cut(nights[::days], first, last)
        if edges.size - 1 <= most:
            break
    return Steps(edges, days * DAY_US // 1_000_000)


def hourly(span: Span) -> Steps:
    """Steps of an hour where the hospital is, whole ones only."""
    first, last = span.micros
    begin = first + (-(first + _offset(first, span.zone))) % HOUR_US
    return Steps(np.arange(begin, last + 1, HOUR_US), HOUR_US // 1_000_000)


def midnights(since: datetime, until: datetime, zone: str) -> Micros:
    """Midnights of the zone after `since` and up to `until`: the ends of the days between."""
    where = ZoneInfo(zone)
    day, last = since.astimezone(where).date(), until.astimezone(where).date()
    days = [day + timedelta(days=n) for n in range((last - day).days + 2)]
    found = np.array([_midnight(one, where) for one in days], dtype=np.int64)
    return found[(found > microseconds(since)) & (found <= microseconds(until))]


def local(times: Micros, zone: str) -> Micros:
    """Wall-clock time of the zone, as microseconds since 1970 of that clock."""
    grains, back = np.unique(times // GRAIN_US, return_inverse=True)
    offsets = np.array([_offset(int(one) * GRAIN_US, zone) for one in grains], dtype=np.int64)
    result: Micros = times + (offsets[back] if offsets.size else 0)
    return result


def local_days(times: Micros, zone: str) -> Micros:
    """The day of the zone's calendar, counted from 1970."""
    return local(times, zone) // DAY_US


def hour_of_week(times: Micros, zone: str) -> NDArray[np.int64]:
    """0 is the hour after Monday's midnight, 167 the one before it."""
    hours = local(times, zone) // HOUR_US
    return (hours + 72) % 168  # the first of 1970 was a Thursday


def moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=int(at))


def _midnight(day: date, zone: ZoneInfo) -> int:
    return microseconds(datetime.combine(day, time(), zone).astimezone(UTC))


@lru_cache(maxsize=100_000)
def _offset(at: int, zone: str) -> int:
    """How far the zone's clock is ahead of UTC, in microseconds."""
    ahead = moment(at).astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return ahead // timedelta(microseconds=1)


def _cut(edges: Micros, first: int, last: int) -> Micros:
    inner = edges[(edges > first) & (edges < last)]
    return np.concatenate(([first], inner, [last])).astype(np.int64)
