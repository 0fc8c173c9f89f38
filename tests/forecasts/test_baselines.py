"""The two baselines, on histories whose answer one can read off."""

from datetime import date

import pytest

from domain.forecasts.baselines import eight_week_mean, seasonal_naive
from domain.forecasts.holidays import NO_HOLIDAYS
from domain.forecasts.series import Series, Step
from kit.errors import Invalid

MONDAY = date(2026, 1, 5)
WEEK = (10.0, 11.0, 12.0, 13.0, 14.0, 5.0, 4.0)


def test_last_week_comes_again_and_a_week_that_never_changes_is_certain() -> None:
    found = seasonal_naive(Series(MONDAY, Step.DAY, WEEK * 3), 9, holidays=NO_HOLIDAYS)
    assert found.mean == (*WEEK, 10.0, 11.0)
    assert found.quantiles[2.5] == found.quantiles[97.5] == found.mean
    assert (found.as_of, found.first, found.horizon) == (date(2026, 1, 26), date(2026, 1, 26), 9)
    assert found.window.known == 21


def test_a_day_not_reported_last_week_is_that_of_the_week_before() -> None:
    values = (*WEEK, *WEEK, 20.0, None, *WEEK[2:])
    found = seasonal_naive(Series(MONDAY, Step.DAY, values), 2, holidays=NO_HOLIDAYS)
    assert found.mean == (20.0, 11.0)


def test_the_mean_is_of_eight_weeks_and_no_more() -> None:
    values = [day for week in range(10) for day in (float(week),) * 7]
    found = eight_week_mean(Series(MONDAY, Step.DAY, tuple(values)), 1, holidays=NO_HOLIDAYS)
    assert found.mean == (sum(range(2, 10)) / 8,)


def test_ten_points_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        seasonal_naive(Series(MONDAY, Step.DAY, (1.0,) * 10), 1, holidays=NO_HOLIDAYS)
    assert refused.value.reason == "SERIES_TOO_SHORT"
