"""Readings over time: at most a thousand points, from whatever is kept, with its completeness.

Gaps stay gaps. A coarse bucket that reaches over the edge of a stay is never used: the edges are
taken from finer levels, down to the readings themselves, so that no other patient's value counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, text
from sqlmodel import Session

from domain.readings.channels import BLOCK, MINUTE, listed
from domain.readings.metrics import Metric
from domain.readings.retention import DAY, kept_days
from domain.readings.rollup_sql import LEVELS
from domain.readings.whose import Whose, Window

MOST_POINTS = 1000
SECOND = 1_000_000
_LEVELS = tuple(sorted(LEVELS, reverse=True))  # coarse first


@dataclass(slots=True)
class Point:
    """One reading (`count` 1, no width), or what was measured in a bucket from `at` on."""

    at: int
    count: int = 0
    min: float = 0.0
    max: float = 0.0
    sum: float = 0.0
    last: float = 0.0
    quality: int = 0
    minutes: int = 0
    _minute: int = field(default=-1, repr=False)

    @property
    def mean(self) -> float:
        return self.sum / self.count

    def take(self, row: "Row") -> None:
        """Add what was measured later than all before."""
        if self.count == 0:
            self.min, self.max = row.min, row.max
        self.min, self.max = min(self.min, row.min), max(self.max, row.max)
        self.count += row.count
        self.sum += row.sum
        self.last = row.last
        self.quality |= row.quality
        minute = row.at // MINUTE
        self.minutes += row.minutes if minute != self._minute else row.minutes - 1
        self._minute = minute


@dataclass(frozen=True, slots=True)
class Row:
    """A reading or a rollup, as read."""

    at: int
    count: int
    minutes: int
    min: float
    max: float
    sum: float
    last: float
    quality: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """`width_s` 0: the readings themselves."""

    metric: Metric
    width_s: int
    points: tuple[Point, ...]
    completeness: float  # of the time asked for, by how often the metric is expected

    def completeness_of(self, point: Point) -> float:
        if self.width_s == 0:
            return 1.0
        return min(1.0, point.minutes * max(60, self.metric.interval_s) / self.width_s)


def series(
    session: Session, whose: Whose, metric: Metric, now: int, max_points: int = MOST_POINTS
) -> Series:
    """`now` in µs: what is expected ends there. Of several devices the points are merged."""
    connection = session.connection()
    most = max(1, min(max_points, MOST_POINTS))
    channels = _channels(connection, whose.windows, metric)
    raw = _few(connection, channels, most) if _is_kept(connection, whose, now) else None
    width = 0 if raw is not None else _width(whose.windows, most)
    rows = raw if raw is not None else _rows(connection, channels, width)
    points: dict[int, Point] = {}
    for row in rows:
        at = row.at if width == 0 else row.at // width * width
        points.setdefault(at, Point(at)).take(row)
    ordered = tuple(points[at] for at in sorted(points))
    return Series(metric, width // SECOND, ordered, _complete(whose.windows, metric, ordered, now))


def _width(windows: Sequence[Window], most: int) -> int:
    """Whole minutes, quarters, hours or days, so that the buckets are few enough."""
    span = max(w.until for w in windows) - min(w.since for w in windows)
    least = -(-span // max(1, most - 1))  # the first and the last bucket may be parts
    steps = [level * SECOND for level in sorted(LEVELS)]
    step = next((step for step in reversed(steps) if step <= least), MINUTE)
    return -(-least // step) * step


def _is_kept(connection: Connection, whose: Whose, now: int) -> bool:
    """Whether the readings themselves are still there, from the first one on."""
    oldest = now // DAY * DAY - kept_days(connection)[0] * DAY
    return all(window.since >= oldest for window in whose.windows)


def _channels(
    connection: Connection, windows: Sequence[Window], metric: Metric
) -> list[tuple[int, Window]]:
    clause, given = listed(connection, {window.device_id for window in windows})
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    found = connection.exec_driver_sql(
        f"SELECT device_id, id FROM channel WHERE device_id {clause}"  # noqa: S608 - a placeholder
        f" AND metric = {mark}",
        (given, metric.code),
    )
    number = {device if isinstance(device, UUID) else UUID(device): key for device, key in found}
    return [(number[w.device_id], w) for w in windows if w.device_id in number]


def _few(
    connection: Connection, channels: Sequence[tuple[int, Window]], most: int
) -> list[Row] | None:
    """The readings themselves if they are few, else None."""
    rows: list[Row] = []
    for channel, window in channels:
        rows += _readings(connection, channel, window.since, window.until, most + 1 - len(rows))
        if len(rows) > most:
            return None
    return sorted(rows, key=lambda row: row.at)


def _rows(
    connection: Connection, channels: Sequence[tuple[int, Window]], width: int
) -> Iterator[Row]:
    coarsest = [level for level in _LEVELS if width % (level * SECOND) == 0]
    for channel, window in channels:
        rolled = connection.execute(_ROLLED, {"block": channel // BLOCK}).scalar() or 0
        yield from _cover(connection, channel, window.since, window.until, rolled, coarsest)


def _cover(
    connection: Connection, channel: int, since: int, until: int, rolled: int, levels: list[int]
) -> Iterator[Row]:
    """Whole buckets of the coarsest level inside [since, until), the rest from finer ones."""
    if since >= until:
        return
    if not levels:
        yield from _readings(connection, channel, since, until, 200_000)
        return
    width = levels[0] * SECOND
    first, last = -(-since // width) * width, min(until, rolled) // width * width
    if first >= last:
        yield from _cover(connection, channel, since, until, rolled, levels[1:])
        return
    yield from _cover(connection, channel, since, first, rolled, levels[1:])
    asked = {"channel": channel, "resolution": levels[0], "since": first, "until": last}
    for row in connection.execute(_ROLLUPS, asked):
        yield Row(*row)
    yield from _cover(connection, channel, last, until, rolled, levels[1:])


def _readings(
    connection: Connection, channel: int, since: int, until: int, most: int
) -> Iterator[Row]:
    asked = {"channel": channel, "since": since, "until": until, "most": most}
    for at, value, quality in connection.execute(_RAW, asked):
        yield Row(at, 1, 1, value, value, value, value, quality)


def _complete(
    windows: Sequence[Window], metric: Metric, points: Sequence[Point], now: int
) -> float:
    seconds = sum(max(0, min(w.until, now) - w.since) for w in windows) / SECOND
    interval = max(60, metric.interval_s)
    minutes = len({point.at // MINUTE for point in points if point.count == 1})
    told = minutes + sum(point.minutes for point in points if point.count > 1)
    return min(1.0, told * interval / seconds) if seconds > 0 else 0.0


_RAW = text(
    "SELECT at, value, quality FROM reading WHERE channel_id = :channel AND at >= :since"
    " AND at < :until ORDER BY at LIMIT :most"
)
_ROLLUPS = text(
    "SELECT since, count, minutes, min, max, sum, last FROM rollup WHERE channel_id = :channel"
    " AND resolution = :resolution AND since >= :since AND since < :until ORDER BY since"
)
_ROLLED = text("SELECT until FROM rollup_progress WHERE block = :block")
