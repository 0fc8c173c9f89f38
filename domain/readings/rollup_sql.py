"""The statements that roll readings up, and that find the next ones.

By channel first: the tables are ordered so, and a span of time over all channels would read
everything. PostgreSQL is told by LATERAL, SQLite by CROSS JOIN, which it never reorders.
"""

from functools import cache

from sqlalchemy import TextClause, text

LEVELS = {60: 0, 900: 60, 3600: 900, 86400: 3600}  # seconds, each from the level below

_OF_READINGS = "count(*) AS n, 1 AS minutes, min(value) AS low, max(value) AS high, sum(value) AS s"
_OF_ROLLUPS = "sum(count) AS n, sum(minutes) AS minutes, min(min) AS low, max(max) AS high," \
    " sum(sum) AS s"  # fmt: skip
_LAST_READING = (
    "SELECT value FROM reading WHERE channel_id = g.channel_id AND at >= g.bucket"
    " AND at < g.bucket + {width} ORDER BY at DESC LIMIT 1"
)
_LAST_ROLLUP = (
    "SELECT last FROM rollup WHERE channel_id = g.channel_id AND resolution = {below}"
    " AND since >= g.bucket AND since < g.bucket + {width} ORDER BY since DESC LIMIT 1"
)
_INTO = (
    "INSERT INTO rollup (channel_id, resolution, since, count, minutes, min, max, sum, last)"
    " SELECT g.channel_id, {resolution}, g.bucket, g.n, g.minutes, g.low, g.high, g.s, ({last})"
    " FROM ({grouped}) g WHERE true"
    " ON CONFLICT (channel_id, resolution, since) DO UPDATE SET count = excluded.count,"
    " minutes = excluded.minutes, min = excluded.min, max = excluded.max, sum = excluded.sum,"
    " last = excluded.last"
)
_GROUPED = {
    "postgresql": (
        "SELECT c.id AS channel_id, b.* FROM channel c CROSS JOIN LATERAL ("
        "SELECT {time} - {time} % {width} AS bucket, {what} FROM {table} r"
        " WHERE r.channel_id = c.id{level} AND r.{time} >= :since AND r.{time} < :until"
        " GROUP BY 1) b WHERE c.id >= :low AND c.id < :high"
    ),
    "sqlite": (
        "SELECT c.id AS channel_id, {time} - {time} % {width} AS bucket, {what}"
        " FROM channel c CROSS JOIN {table} r"
        " WHERE c.id >= :low AND c.id < :high AND r.channel_id = c.id{level}"
        " AND r.{time} >= :since AND r.{time} < :until GROUP BY 1, 2"
    ),
}
NEXT_READING = {
    "postgresql": text(
        "SELECT min(r.at) FROM channel c CROSS JOIN LATERAL (SELECT at FROM reading"
        " WHERE channel_id = c.id AND at >= :since AND at < :until ORDER BY at LIMIT 1) r"
        " WHERE c.id >= :low AND c.id < :high"
    ),
    "sqlite": text(
        "SELECT min((SELECT at FROM reading WHERE channel_id = c.id AND at >= :since"
        " AND at < :until ORDER BY at LIMIT 1)) FROM channel c WHERE c.id >= :low AND c.id < :high"
    ),
}


@cache
def level_statement(dialect: str, resolution: int) -> TextClause:
    """Rolls the channels `low`..`high` up from `since` to `until`, whole buckets of the level."""
    below = LEVELS[resolution]
    parts = {
        "resolution": resolution,
        "width": resolution * 1_000_000,
        "below": below,
        "time": "since" if below else "at",
        "what": _OF_ROLLUPS if below else _OF_READINGS,
        "table": "rollup" if below else "reading",
        "level": f" AND r.resolution = {below}" if below else "",
    }
    last = (_LAST_ROLLUP if below else _LAST_READING).format(**parts)
    grouped = _GROUPED[dialect].format(**parts)
    return text(_INTO.format(**parts, last=last, grouped=grouped))
