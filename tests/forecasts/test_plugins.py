"""An engine from outside is one of ours if it is installed, and is held to the same terms."""

from dataclasses import replace
from datetime import date
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from domain.forecasts import plugins
from domain.forecasts.baselines import seasonal_naive
from domain.forecasts.engines import engine_named
from domain.forecasts.forecast import Forecast
from domain.forecasts.holidays import NO_HOLIDAYS, Holidays
from domain.forecasts.series import Series, Step
from kit.errors import Invalid

SERIES = Series(date(2026, 1, 5), Step.DAY, (3.0,) * 28)


def outside(series: Series, horizon: int, *, holidays: Holidays) -> Forecast:
    return replace(seasonal_naive(series, horizon, holidays=holidays), model="outside")


def short(series: Series, horizon: int, *, holidays: Holidays) -> Forecast:
    return seasonal_naive(series, 1, holidays=holidays)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(group: str) -> list[Any]:
        assert group == "wardgrid.forecast_engines"
        return [EntryPoint(name, f"{__name__}:{name}", group) for name in ("outside", "short")]

    monkeypatch.setattr(plugins, "entry_points", found)


def test_an_installed_engine_is_used_by_its_name() -> None:
    found = engine_named("plugin:outside")(SERIES, 5, holidays=NO_HOLIDAYS)
    assert (found.model, found.mean) == ("outside", (3.0,) * 5)


def test_it_is_asked_nothing_that_cannot_be_forecast() -> None:
    with pytest.raises(Invalid) as refused:
        engine_named("plugin:outside")(SERIES, 0, holidays=NO_HOLIDAYS)
    assert refused.value.reason == "FORECAST_HORIZON"


def test_an_engine_that_answers_for_other_steps_is_a_fault() -> None:
    with pytest.raises(ValueError, match="other steps"):
        engine_named("plugin:short")(SERIES, 5, holidays=NO_HOLIDAYS)


def test_an_unknown_engine_is_refused_with_those_there_are() -> None:
    with pytest.raises(Invalid) as refused:
        engine_named("plugin:nothing")
    assert refused.value.reason == "NO_FORECAST_ENGINE"
    assert refused.value.allowed == (
        "calendar-level", "seasonal-naive", "eight-week-mean", "plugin:outside", "plugin:short",
    )  # fmt: skip
