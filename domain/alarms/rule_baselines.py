"""What is usual for a channel in each hour of the week: median and MAD, learnt from its past."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.alarms.detectors import Usual
from domain.alarms.rule_book import Rule, RuleBook
from domain.alarms.rule_model import METRIC_BASELINE, RuleKind
from domain.places.model import Hospital
from domain.readings.model import CHANNEL, ROLLUP
from domain.readings.sample import Sample
from kit.clock import EPOCH

HOURS = 168
PAST = timedelta(days=42)
LEAST = 20  # values an hour of the week needs
RESOLUTION_S = 60  # its last reading stands for each minute: means would hide the spread
CHANNELS_AT_ONCE = 20
_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_BASELINE = METRIC_BASELINE.c
_USUAL = sa.select(METRIC_BASELINE).where(
    _BASELINE.channel_id.in_(sa.bindparam("channels", expanding=True)),
    _BASELINE.hour.in_(sa.bindparam("hours", expanding=True)),
    _BASELINE.count > 0,
)
_PAST = (
    sa.select(ROLLUP.c.since, ROLLUP.c.last)
    .where(
        ROLLUP.c.channel_id == sa.bindparam("channel"), ROLLUP.c.resolution == RESOLUTION_S,
        ROLLUP.c.since >= sa.bindparam("since"), ROLLUP.c.since < sa.bindparam("until"),
    )
    .order_by(ROLLUP.c.since)
)  # fmt: skip


def hour_of_week(at: int, zone: str) -> int:
    """0 to 167 from Monday midnight by the zone's clock, of a time in microseconds."""
    return _hour(at // _HOUR_US, zone)


def hour_key(sample: Sample) -> tuple[int, int]:
    """By what `usual_of` files a sample: its channel and its hour since 1970."""
    return sample.channel, sample.at // _HOUR_US


def usual_of(
    session: Session, hospital_id: UUID, samples: Sequence[Sample]
) -> dict[tuple[int, int], Usual]:
    """Median and MAD by `hour_key`, for those samples whose channel has learnt that hour."""
    zone = zone_of(session, hospital_id)
    keys = {hour_key(sample) for sample in samples}
    given = {"channels": sorted({channel for channel, _ in keys}),
             "hours": sorted({_hour(hour, zone) for _, hour in keys})}  # fmt: skip
    found = {
        (row.channel_id, row.hour): (row.median, row.mad)
        for row in session.connection().execute(_USUAL, given)
    }
    return {
        (channel, hour): found[channel, _hour(hour, zone)]
        for channel, hour in keys
        if (channel, _hour(hour, zone)) in found
    }


def learnt(values: Iterable[tuple[int, float]], zone: str) -> dict[int, tuple[Usual, int]]:
    """By hour of the week: ((median, MAD), count) of (µs, value) pairs, where there are enough."""
    by_hour: dict[int, list[float]] = {}
    for at, value in values:
        by_hour.setdefault(hour_of_week(at, zone), []).append(value)
    found = {}
    for hour, seen in by_hour.items():
        if len(seen) >= LEAST:
            middle = median(seen)
            found[hour] = (middle, median(abs(value - middle) for value in seen)), len(seen)
    return found


def learn(session: Session, channel: int, zone: str, now: int) -> int:
    """Learn a channel anew from its minutes of six weeks; how many hours it knows then."""
    since = now - PAST // timedelta(microseconds=1)
    connection = session.connection()
    past = connection.execute(_PAST, {"channel": channel, "since": since, "until": now})
    rows: list[dict[str, Any]] = [
        {"channel_id": channel, "hour": hour, "median": usual[0], "mad": usual[1], "count": count,
         "learnt": now}
        for hour, (usual, count) in sorted(learnt(map(tuple, past), zone).items())
    ]  # fmt: skip
    connection.execute(sa.delete(METRIC_BASELINE).where(_BASELINE.channel_id == channel))
    nothing = {
        "channel_id": channel,
        "hour": 0,
        "median": 0.0,
        "mad": 0.0,
        "count": 0,
        "learnt": now,
    }  # that it was looked at
    connection.execute(sa.insert(METRIC_BASELINE), rows or [nothing])
    return len(rows)


def unlearnt(session: Session, hospital_id: UUID, book: RuleBook, now: int) -> list[int]:
    """Channels that rules judge by a baseline and that learnt nothing for a day, oldest first."""
    metrics = sorted({rule.body.metric for rule in book.rules if _by_baseline(rule)})
    if not metrics:
        return []
    last = (
        sa.select(_BASELINE.channel_id, sa.func.max(_BASELINE.learnt).label("learnt"))
        .group_by(_BASELINE.channel_id)
        .subquery()
    )
    asked = (
        sa.select(CHANNEL.c.id)
        .outerjoin(last, last.c.channel_id == CHANNEL.c.id)
        .where(CHANNEL.c.hospital_id == hospital_id, CHANNEL.c.metric.in_(metrics),
               sa.func.coalesce(last.c.learnt, 0) < now - _DAY_US)
        .order_by(sa.func.coalesce(last.c.learnt, 0), CHANNEL.c.id)
        .limit(CHANNELS_AT_ONCE)
    )  # fmt: skip
    return list(session.connection().execute(asked).scalars())


def _by_baseline(rule: Rule) -> bool:
    return rule.body.kind is RuleKind.CUSUM or (
        rule.body.kind is RuleKind.DEVIATION and rule.body.method == "mad"
    )


def zone_of(session: Session, hospital_id: UUID) -> str:
    asked = sa.select(col(Hospital.time_zone)).where(col(Hospital.id) == hospital_id)
    return str(session.connection().execute(asked).scalar_one())


@lru_cache(maxsize=4096)
def _hour(hours: int, zone: str) -> int:
    local: datetime = (EPOCH + timedelta(hours=hours)).astimezone(ZoneInfo(zone))
    return local.weekday() * 24 + local.hour
