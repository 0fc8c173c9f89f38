"""A ward's stays as whole hours from now, so that censuses and hazards are sums over arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from domain.forecasts.arrays import Floats, Ints
from domain.forecasts.calendar_days import calendar_days
from domain.forecasts.holidays import Holidays
from domain.forecasts.series import Step
from kit.errors import Invalid

WINDOW_H = 52 * 168
STILL_THERE = 10**6
SUNDAY, WEDNESDAY = 6, 2


@dataclass(frozen=True, slots=True)
class WardStay:
    """One stay in a ward, aware times. `until` is None while in bed; `expected_until` if told."""

    since: datetime
    until: datetime | None = None
    expected_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ward:
    """A patient is there at the full hours `came` ≤ hour ≤ `left`; 0 is now, the past negative.

    `left` is STILL_THERE for who is there now. `expected` is the hour a discharge was expected at,
    NaN if none was. `clock[i]` is the hour of the week at hour `begin + i`, up to the horizon.
    """

    came: Ints
    left: Ints
    expected: Floats
    begin: int  # the first hour that is looked at
    clock: Ints
    hour_of_week_now: int  # by the weekday alone, holiday or not

    def clock_at(self, hours: Ints) -> Ints:
        """The hour of the week, Monday 0 o'clock being 0; a holiday is a Sunday."""
        found: Ints = self.clock[hours - self.begin]
        return found

    def census(self, hours: Ints) -> Floats:
        """How many were there at each hour ≤ 0."""
        came, left = np.sort(self.came), np.sort(self.left)
        found = np.searchsorted(came, hours, "right") - np.searchsorted(left, hours, "left")
        return found.astype(np.float64)


def ward_at(
    stays: Sequence[WardStay], as_of: datetime, zone: str, holidays: Holidays, ahead_h: int
) -> Ward:
    """The ward as it was known at `as_of`; stays that were over before the window are left out.

    Raises Invalid without a stay, for times without a zone and for a stay that ends before it
    begins.
    """
    known = [stay for stay in stays if _checked(stay).since <= as_of]
    came = np.ceil([_hours(stay.since, as_of) for stay in known]).astype(np.int64)
    left = np.array([_last_hour(stay, as_of) for stay in known], dtype=np.int64)
    expected = np.array([
        np.nan if stay.expected_until is None else _hours(stay.expected_until, as_of)
        for stay in known
    ])  # fmt: skip
    seen = (left >= came) & (left >= -WINDOW_H)
    if not seen.any():
        raise Invalid("the ward has no stays to learn from", reason="NO_STAYS", field="stays")
    begin = max(int(came[seen].min()), -WINDOW_H)
    clock, plain = _clock(as_of, begin, ahead_h, zone, holidays)
    return Ward(came[seen], left[seen], expected[seen], begin, clock, int(plain[-begin]))


def _clock(
    as_of: datetime, begin: int, ahead_h: int, zone: str, holidays: Holidays
) -> tuple[Ints, Ints]:
    """The hour of the week per hour from `begin` on: as lived, and by the weekday alone."""
    first = as_of.astimezone(UTC) + begin * Step.HOUR.length
    days = calendar_days(first, Step.HOUR, ahead_h - begin + 1, zone, holidays)
    weekday, hour = days.phase // 24, days.phase % 24
    weekday = np.where(days.holiday > 0, SUNDAY, np.where(days.workday > 0, WEDNESDAY, weekday))
    return weekday * 24 + hour, days.phase


def _last_hour(stay: WardStay, as_of: datetime) -> int:
    """What happened after `as_of` is not known yet."""
    if stay.until is None or stay.until > as_of:
        return STILL_THERE
    return int(np.ceil(_hours(stay.until, as_of))) - 1


def _hours(moment: datetime, as_of: datetime) -> float:
    return (moment - as_of).total_seconds() / 3600


def _checked(stay: WardStay) -> WardStay:
    times = [stay.since, stay.until, stay.expected_until]
    if any(time is not None and time.utcoffset() is None for time in times):
        raise Invalid("a stay's times need a zone", reason="STAY_WITHOUT_ZONE", field="stays")
    if stay.until is not None and stay.until < stay.since:
        raise Invalid(f"a stay that began at {stay.since} cannot end at {stay.until}",
                      reason="STAY_ENDS_EARLY", field="stays")  # fmt: skip
    return stay
