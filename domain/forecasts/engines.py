"""Which engines there are, by name: ours, the baselines, and those somebody plugged in."""

from domain.forecasts.baselines import eight_week_mean, seasonal_naive
from domain.forecasts.calendar_level import MODEL as CALENDAR_LEVEL
from domain.forecasts.calendar_level import forecast_calendar
from domain.forecasts.forecast import Engine
from domain.forecasts.plugins import plugged_in, plugin_named
from kit.errors import Invalid

BASELINES = ("seasonal-naive", "eight-week-mean")
_ENGINES: dict[str, Engine] = {
    CALENDAR_LEVEL: forecast_calendar,
    "seasonal-naive": seasonal_naive,
    "eight-week-mean": eight_week_mean,
}


def engine_named(name: str) -> Engine:
    """The engine. Raises Invalid with the names there are."""
    found = _ENGINES.get(name) or plugin_named(name)
    if found is None:
        raise Invalid(
            f"no forecast engine is called {name}",
            reason="NO_FORECAST_ENGINE", field="model", allowed=(*_ENGINES, *plugged_in()),
        )  # fmt: skip
    return found
