"""The two forecasts everybody has: last week again, and the mean of the same weekday for weeks."""

from collections.abc import Callable

import numpy as np

from domain.forecasts.arrays import Floats
from domain.forecasts.conformal import conformal_quantile
from domain.forecasts.forecast import LEVELS, Forecast, Window, require_horizon
from domain.forecasts.holidays import Holidays
from domain.forecasts.series import Series, require_forecastable

WEEKS = 8
LOOK_BACK_WEEKS = 26  # origins of past errors
Points = Callable[[Floats, int, int], Floats]  # (history, week, horizon) → one value per step


def seasonal_naive(series: Series, horizon: int, *, holidays: Holidays) -> Forecast:
    """Each step is what it was a week before. Raises Invalid."""
    return _with_past_errors("seasonal-naive", last_week, series, horizon)


def eight_week_mean(series: Series, horizon: int, *, holidays: Holidays) -> Forecast:
    """Each step is the mean of that phase of the week over eight weeks. Raises Invalid."""
    return _with_past_errors("eight-week-mean", mean_of_weeks, series, horizon)


def last_week(history: Floats, week: int, horizon: int) -> Floats:
    """The last known value of each phase of the week; of any phase if one was never reported."""
    return _by_phase(history, week, horizon, 1)


def mean_of_weeks(history: Floats, week: int, horizon: int) -> Floats:
    """The mean of each phase of the week over the last eight weeks in which it was reported."""
    return _by_phase(history, week, horizon, WEEKS)


def _by_phase(history: Floats, week: int, horizon: int, count: int) -> Floats:
    phases = np.empty(week)
    known = history[~np.isnan(history)]
    for ahead in range(week):
        same = history[::-1][week - 1 - ahead :: week] if ahead < week else history[:0]
        same = same[~np.isnan(same)][:count]
        phases[ahead] = same.mean() if len(same) else known[-week:].mean()
    return np.resize(phases, horizon)


def _with_past_errors(name: str, points: Points, series: Series, horizon: int) -> Forecast:
    require_horizon(series.step, horizon)
    require_forecastable(series)
    week = series.step.per_week
    history = np.array([np.nan if v is None else v for v in series.values], dtype=np.float64)
    mean = points(history, week, horizon)
    errors = _past_errors(points, history, week)
    rows = [np.maximum(mean + conformal_quantile(errors, level / 100), 0.0) for level in LEVELS]
    return Forecast(
        model=name, as_of=series.end, first=series.end, step=series.step,
        mean=tuple(mean.tolist()),
        quantiles={level: tuple(row.tolist()) for level, row in zip(LEVELS, rows, strict=True)},
        window=Window(series.start, series.end, int((~np.isnan(history)).sum())),
    )  # fmt: skip


def _past_errors(points: Points, history: Floats, week: int) -> Floats:
    """Errors of the same method a week at a time; a history of one week only has none but zero."""
    found = []
    for back in range(1, LOOK_BACK_WEEKS + 1):
        origin = len(history) - back * week
        if origin < week or np.isnan(history[:origin]).all():
            break
        found.append(history[origin : origin + week] - points(history[:origin], week, week))
    errors = np.concatenate(found) if found else np.zeros(1)
    errors = errors[~np.isnan(errors)]
    return errors if len(errors) else np.zeros(1)
