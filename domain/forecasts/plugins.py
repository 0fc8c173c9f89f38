"""Engines from outside, such as one of statsforecast or LightGBM: used if installed, never needed.

A package offers one as an entry point of the group `wardgrid.forecast_engines`; it is a callable
of domain/forecasts/forecast.py's Engine, and is asked for as `plugin:<name>`.
"""

from collections.abc import Callable
from importlib.metadata import entry_points

from domain.forecasts.forecast import Engine, Forecast, require_horizon
from domain.forecasts.holidays import Holidays
from domain.forecasts.series import Series, require_forecastable

GROUP = "wardgrid.forecast_engines"
PREFIX = "plugin:"


def plugged_in() -> tuple[str, ...]:
    """The names of the engines that are installed."""
    return tuple(sorted(f"{PREFIX}{one.name}" for one in entry_points(group=GROUP)))


def plugin_named(name: str) -> Engine | None:
    """The installed engine, held to the same terms as ours; None if there is no such one."""
    for one in entry_points(group=GROUP):
        if name == f"{PREFIX}{one.name}":
            return _held(name, one.load())
    return None


def _held(name: str, engine: Callable[..., Forecast]) -> Engine:
    def forecast(series: Series, horizon: int, *, holidays: Holidays) -> Forecast:
        require_horizon(series.step, horizon)
        require_forecastable(series)
        found = engine(series, horizon, holidays=holidays)
        if (found.as_of, found.first, found.horizon) != (series.end, series.end, horizon):
            raise ValueError(f"{name} answered for other steps than it was asked")
        return found

    return forecast
