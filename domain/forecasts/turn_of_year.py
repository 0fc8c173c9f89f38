"""The days around Christmas and New Year: each is a day of its own, whatever its weekday."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from domain.forecasts.arrays import Floats
from domain.forecasts.holidays import DayKind, Holidays

# (month, first day, last day): a column for each
SPANS = ((12, 20, 23), (12, 24, 24), (12, 25, 25), (12, 26, 26), (12, 27, 30), (12, 31, 31),
         (1, 1, 1), (1, 2, 4))  # fmt: skip
QUIETEST = [2, 3, 6]  # Christmas, the day after it, New Year: places in SPANS


def turn_of_year(days: Sequence[date], holidays: Holidays) -> Floats:
    """1 where a day (a row) is in a span (a column), if the calendar keeps Christmas that year."""
    found = np.zeros((len(days), len(SPANS)))
    for row, day in enumerate(days):
        if day.month not in (12, 1):
            continue
        christmas = date(day.year - (day.month == 1), 12, 25)
        if holidays.kind(christmas) is DayKind.HOLIDAY:
            found[row] = [day.month == month and first <= day.day <= last
                          for month, first, last in SPANS]  # fmt: skip
    return found
