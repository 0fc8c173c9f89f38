"""Where the steps of a forecast begin and end, and whose holidays fall into them."""

import csv
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from domain.forecasts.holidays import NO_HOLIDAYS, Holidays, holidays_of
from domain.forecasts.series import Step
from domain.measures.intervals import HOUR_US, Micros
from domain.measures.steps import midnights, moment
from kit.clock import microseconds

A_BIT = timedelta(microseconds=1)  # what begins at the last edge has begun
_MONDAY = date(1970, 1, 5)


def edges_of(since: datetime, until: datetime, step: Step, zone: str) -> Micros:
    """Where whole steps begin and end between two moments, both of them included.

    Days are those of the zone's clock, hours begin at full hours of UTC.
    """
    if step is Step.DAY:
        return midnights(since - A_BIT, until, zone)
    first = -(-microseconds(since) // HOUR_US) * HOUR_US
    return np.arange(first, microseconds(until) + 1, HOUR_US, dtype=np.int64)


def step_before(now: datetime, step: Step, zone: str) -> datetime:
    """The last midnight or full hour: up to then the truth is known."""
    return moment(int(edges_of(now - timedelta(days=2), now, step, zone)[-1]))


def steps_after(start: datetime, count: int, step: Step, zone: str) -> Micros:
    """The edges of `count` steps from `start`, which is one of them."""
    ahead = step.length * count + timedelta(days=1)
    return edges_of(start, start + ahead, step, zone)[: count + 1]


def start_of_series(start: datetime, step: Step, zone: str) -> date | datetime:
    """As domain/forecasts/series.py wants it: the date of a day, the UTC time of an hour."""
    if step is Step.DAY:
        return start.astimezone(ZoneInfo(zone)).date()
    return start.astimezone(UTC)


def week_of(at: datetime, zone: str) -> int:
    """Mondays since 1970 by the zone's clock."""
    return (at.astimezone(ZoneInfo(zone)).date() - _MONDAY).days // 7


def holidays_at(zone: str, region: str | None = None) -> Holidays:
    """The public holidays that a hospital of this region, else of this time zone's country keeps;
    none where nobody knows."""
    return holidays_of(region or calendar_at(zone))


def calendar_at(zone: str) -> str:
    """The calendar of the country whose clocks show this time; that of no holidays otherwise."""
    return _calendars().get(zone, NO_HOLIDAYS.calendar)


@cache
def _calendars() -> dict[str, str]:
    path = Path(__file__).with_name("calendars.csv")
    with path.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        return {row["zone"]: row["calendar"] for row in csv.DictReader(lines)}
