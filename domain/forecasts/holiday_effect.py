"""What holidays did to this series, so that the next one is expected: ridge on calendar flags."""

import numpy as np

from domain.forecasts.arrays import Floats, Ints
from domain.forecasts.calendar_days import CalendarDays
from domain.forecasts.turn_of_year import QUIETEST

WEEKS_AROUND = 4
# Of the way to the quietest day of the week, before anything is learnt: a holiday, what Christmas
# and New Year add to it, a made-up working day (its way is that to a usual one).
PRIOR_SHARES = (0.7, 0.3, 0.7)
RIDGE_SHARE, RIDGE_FLAG = 0.3, 1.5
HALF_LIFE_WEEKS = 57.0
MOST = 1.5  # log units one holiday may teach
STICKIEST = 0.95


def holiday_effect(values: Floats, days: CalendarDays, week: int) -> Floats:
    """The effect per step of `days` (history and horizon), in the unit of `values`; 0 elsewhere.

    A holiday is expected to be like the quietest day of the week, a made-up working day like the
    mean of Monday to Friday, as far as the series does not say otherwise.
    """
    count = len(values)
    special = days.special > 0
    ordinary = np.where(special[:count], np.nan, values)
    usual = _usual(ordinary, week)
    wanted = _columns(days, *_prototypes(usual, days.phase[:count], week))
    shares = len(PRIOR_SHARES)
    prior = np.zeros(wanted.shape[1])
    prior[:shares] = PRIOR_SHARES
    learnt = special[:count] & ~np.isnan(values) & ~np.isnan(usual)
    x = wanted[:count][learnt]
    y = np.clip((values - usual)[learnt] - x @ prior, -MOST, MOST)
    weight = 0.5 ** ((count - 1 - np.flatnonzero(learnt)) / (HALF_LIFE_WEEKS * week))
    ridge = np.full(wanted.shape[1], RIDGE_FLAG)
    ridge[:shares] = RIDGE_SHARE
    # An hourly series sees each holiday 24 times; that makes it no better known.
    ridge *= week / 7 * _doubt(ordinary - usual, week // 7)
    found = np.linalg.solve((x.T * weight) @ x + np.diag(ridge), (x.T * weight) @ y)
    effect: Floats = wanted @ (prior + found)
    return effect


def _columns(days: CalendarDays, quiet: Floats, busy: Floats) -> Floats:
    """First those with PRIOR_SHARES, then the flags."""
    quietest = days.holiday * days.turn[:, QUIETEST].sum(axis=1)
    return np.column_stack(
        [days.holiday * quiet[days.phase], quietest * quiet[days.phase],
         days.workday * busy[days.phase], days.holiday, days.flags, days.turn]
    )  # fmt: skip


def _doubt(off: Floats, day: int) -> float:
    """(1 + ρ) ÷ (1 − ρ), ρ being how much of yesterday's deviation is still there today.

    Where deviations last (beds in use), what happened around one holiday was seen once, on however
    many days; where they do not (arrivals), each day tells something.
    """
    spread = 1.4826 * float(np.nanmedian(np.abs(off))) if not np.isnan(off).all() else 0.0
    off = np.clip(off, -3 * spread, 3 * spread)
    late, early = off[day:], off[:-day]
    both = ~np.isnan(late) & ~np.isnan(early)
    size = np.sqrt((late[both] ** 2).sum() * (early[both] ** 2).sum())
    sticky = min(max(float((late * early)[both].sum() / max(size, 1e-12)), 0.0), STICKIEST)
    return (1 + sticky) / (1 - sticky)


def _usual(values: Floats, week: int) -> Floats:
    """The mean of the same phase in the weeks around, the step itself left out; NaN if none."""
    total, weights = np.zeros(len(values)), np.zeros(len(values))
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    for weeks in range(1, WEEKS_AROUND + 1):
        away, weight = weeks * week, 1 / (1 + 0.3 * weeks)
        if away >= len(values):
            break
        total[:-away] += weight * filled[away:]
        weights[:-away] += weight * known[away:]
        total[away:] += weight * filled[:-away]
        weights[away:] += weight * known[:-away]
    found: Floats = np.where(weights > 0, total / np.maximum(weights, 1e-9), np.nan)
    return found


def _prototypes(usual: Floats, phase: Ints, week: int) -> tuple[Floats, Floats]:
    """By phase: the way to the quietest day at that hour, and to a usual weekday."""
    recent = usual[-26 * week :]
    known = ~np.isnan(recent)
    total = np.bincount(phase[-26 * week :][known], recent[known], week)
    number = np.bincount(phase[-26 * week :][known], minlength=week)
    mean = np.where(number > 0, total / np.maximum(number, 1), total.sum() / max(number.sum(), 1))
    by_day = mean.reshape(7, -1)
    quietest = by_day[by_day.mean(axis=1).argmin()]
    return (quietest - by_day).ravel(), (by_day[:5].mean(axis=0) - by_day).ravel()
