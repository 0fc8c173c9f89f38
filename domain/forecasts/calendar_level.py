"""The engine for counts over time: the week, the holidays, a level that moves."""

from dataclasses import replace

from domain.forecasts.baselines import eight_week_mean
from domain.forecasts.forecast import Forecast
from domain.forecasts.holidays import NO_HOLIDAYS, Holidays
from domain.forecasts.series import Series


def forecast_calendar(
    series: Series, horizon: int, *, holidays: Holidays = NO_HOLIDAYS
) -> Forecast:
    """Forecast `horizon` steps after the series. Raises Invalid."""
    return replace(eight_week_mean(series, horizon, holidays=holidays), model="calendar-level")
