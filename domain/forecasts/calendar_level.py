"""The engine for counts over time: the week, the holidays, a level that moves.

On log(1 + count), outliers left out, holiday effects taken off:
value(o + h) = slow level + Σ g(h) · (faster − slower level) + Σ a · shape of the week + holiday.
g is a decaying deviation as of an AR(1) where nothing else was learnt; a and g are fitted by ridge
on what the series itself did after each past origin, recent ones counting more, large misses less.
The misses of those origins, per step ahead, are the interval (split conformal).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.forecasts.arrays import Floats, Ints
from domain.forecasts.calendar_days import CalendarDays, calendar_days
from domain.forecasts.conformal import quantile_rows
from domain.forecasts.forecast import LEVELS, Forecast, Window, require_horizon
from domain.forecasts.holiday_effect import holiday_effect
from domain.forecasts.holidays import NO_HOLIDAYS, Holidays
from domain.forecasts.level_fit import Past, fitted
from domain.forecasts.levels import Memory, Standing, standing_at
from domain.forecasts.outliers import without_outliers
from domain.forecasts.series import Series, Step, require_forecastable

MODEL = "calendar-level"
MADE_BY = f"{MODEL}-2"  # what forecasts are stored under: another number, another arithmetic
WINDOW_WEEKS = {Step.DAY: 156, Step.HOUR: 52}
# An hour of the week is seen once a week, and seldom many come in it: its shape is learnt slower.
MEMORY = {
    Step.DAY: Memory((4.0, 12.0, 52.0), (2.0, 7.0, 21.0, 90.0)),
    Step.HOUR: Memory((6.0, 16.0, 40.0), (2.0, 12.0, 96.0, 720.0)),
}
ORIGIN_WEEKS = {Step.DAY: 52, Step.HOUR: 26}
ORIGIN_STRIDE = {Step.DAY: 1, Step.HOUR: 5}  # 5 and 168 share no factor: every hour has its turn
WARM_UP_WEEKS = 6
HIGHEST_LOG = np.log(3.0)  # above the highest ever seen; more would be an extrapolation


@dataclass(frozen=True, slots=True)
class _Cleaned:
    values: Floats  # log(1 + count), as they are
    plain: Floats  # the same without holiday effects and outliers
    effect: Floats  # of holidays, over history and horizon
    days: CalendarDays


def forecast_calendar(
    series: Series, horizon: int, *, holidays: Holidays = NO_HOLIDAYS
) -> Forecast:
    """Forecast `horizon` steps after the series; `mean` is the point forecast, a median of logs.

    Raises Invalid for a series that is too short, empty or out of date.
    """
    require_horizon(series.step, horizon)
    series = series.last(WINDOW_WEEKS[series.step] * series.step.per_week)
    require_forecastable(series)
    cleaned = _cleaned(series, horizon, holidays)
    origins = _origins(len(series.values), series.step)
    week = series.step.per_week
    standing = standing_at(origins, cleaned.plain, cleaned.days.phase, week, MEMORY[series.step])
    past = _past(cleaned, standing, origins, horizon)
    fit = fitted(past, np.asarray((len(series.values) - origins[:-1]) / week, dtype=np.float64))
    now = _now(standing, cleaned.days.phase[len(series.values) :])
    point = fit.points(now)[0] + cleaned.effect[len(series.values) :]
    misses = past.truth - fit.points(past)
    ceiling = np.nanmax(cleaned.values) + HIGHEST_LOG
    return _forecast(series, point, quantile_rows(point, misses, LEVELS), float(ceiling))


def _cleaned(series: Series, horizon: int, holidays: Holidays) -> _Cleaned:
    week, count = series.step.per_week, len(series.values)
    days = calendar_days(series.start, series.step, count + horizon, series.zone, holidays)
    values = np.log1p(np.array([np.nan if v is None else v for v in series.values]))
    effect = holiday_effect(values, days, week)
    return _Cleaned(values, without_outliers(values - effect[:count], week), effect, days)


def _origins(count: int, step: Step) -> Ints:
    """Past origins and, last, the present; a short history gives up half of itself to them."""
    week = step.per_week
    warm = min(WARM_UP_WEEKS * week, max(week, count // 2))
    first = max(count - ORIGIN_WEEKS[step] * week, warm)
    return np.arange(count, first - 1, -ORIGIN_STRIDE[step], dtype=np.int64)[::-1]


def _past(cleaned: _Cleaned, standing: Standing, origins: Ints, horizon: int) -> Past:
    count = len(cleaned.values)
    steps = origins[:-1, None] + np.arange(horizon)[None, :]
    inside = np.minimum(steps, count - 1)
    truth = np.where(steps < count, (cleaned.values - cleaned.effect[:count])[inside], np.nan)
    clean = np.where(steps < count, cleaned.plain[inside], np.nan)
    row = np.arange(len(steps))[:, None]
    shape = standing.shape[row, cleaned.days.phase[steps]]
    return Past(shape, standing.level[:-1], truth, clean)


def _now(standing: Standing, phase: Ints) -> Past:
    nothing = np.full((1, len(phase)), np.nan)
    return Past(standing.shape[-1][phase][None], standing.level[-1:], nothing, nothing)


def _forecast(
    series: Series, point: Floats, rows: Sequence[Floats], ceiling: float
) -> Forecast:  # fmt: skip
    def counts(logs: Floats) -> tuple[float, ...]:
        return tuple(np.expm1(np.clip(logs, 0.0, ceiling)).tolist())

    return Forecast(
        model=MADE_BY, as_of=series.end, first=series.end, step=series.step, mean=counts(point),
        quantiles={level: counts(row) for level, row in zip(LEVELS, rows, strict=True)},
        window=Window(series.start, series.end, sum(v is not None for v in series.values)),
    )  # fmt: skip
