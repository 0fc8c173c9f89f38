"""Values that cannot be meant: far from the same phase of the week, and soon over.

Hampel (JASA 1974): further than some scaled MADs from the median of the neighbours. A run of them
that lasts is no outlier but a new level.
"""

import numpy as np

from domain.forecasts.arrays import Flags, Floats

WEEKS_AROUND = 4
SIGMAS = 5.0
SIGMA_OF_MAD = 1.4826
LASTS_DAYS = 3  # longer is a new level


def without_outliers(values: Floats, week: int) -> Floats:
    """The values with NaN for each outlier. O(n)."""
    median, spread = _neighbours(values, week)
    far = np.abs(values - median) > SIGMAS * spread
    found = values.copy()
    found[_short(far, LASTS_DAYS * week // 7)] = np.nan
    return found


def _neighbours(values: Floats, week: int) -> tuple[Floats, Floats]:
    count = len(values)
    around = np.full((2 * WEEKS_AROUND + 1, count), np.nan)
    for row in range(-WEEKS_AROUND, WEEKS_AROUND + 1):
        away = row * week
        if abs(away) < count:
            inside = slice(max(0, -away), count - max(0, away))
            around[row + WEEKS_AROUND, inside] = values[max(0, away) : count + min(0, away)]
    # A column without one value would warn; it has nothing to compare with, nor to flag.
    around[WEEKS_AROUND, np.isnan(around).all(axis=0)] = 0.0
    median = np.nanmedian(around, axis=0)
    spread = SIGMA_OF_MAD * np.nanmedian(np.abs(around - median), axis=0)
    return median, np.maximum(spread, max(float(np.median(spread)), 1e-6))


def _short(far: Flags, longest: int) -> Flags:
    """`far` without runs longer than `longest`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], far.astype(np.int8), [0]])))
    found = np.zeros_like(far)
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        found[begin:end] = end - begin <= longest
    return found
