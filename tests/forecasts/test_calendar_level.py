"""The calendar engine on series whose next weeks are known because they were made."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from domain.forecasts.calendar_days import calendar_days
from domain.forecasts.calendar_level import forecast_calendar
from domain.forecasts.holidays import NO_HOLIDAYS, DayKind, Holidays, holidays_of
from domain.forecasts.outliers import without_outliers
from domain.forecasts.series import Series, Step

MONDAY = date(2024, 1, 1)
WEEK = np.array([100.0, 110, 105, 100, 120, 60, 50])


def made(days: int, seed: int = 3, noise: float = 0.05) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return np.resize(WEEK, days) * np.exp(noise * draw.standard_normal(days))


def daily(values: np.ndarray, start: date = MONDAY) -> Series:
    return Series(start, Step.DAY, tuple(map(float, values)))


def test_the_week_comes_again_within_its_noise() -> None:
    found = forecast_calendar(daily(made(364)), 14)
    assert found.mean == pytest.approx(np.resize(WEEK, 14), rel=0.06)
    assert (found.model, found.window.known) == ("calendar-level-2", 364)


def test_the_interval_is_as_wide_as_the_noise() -> None:
    found = forecast_calendar(daily(made(728, noise=0.1)), 7)
    for step in range(7):
        width = np.log(found.quantiles[90.0][step] / found.quantiles[10.0][step])
        assert width == pytest.approx(2 * 1.2816 * 0.1, rel=0.35)


def test_a_level_shift_is_followed_within_two_weeks() -> None:
    values = made(364)
    values[350:] *= 1.6
    found = forecast_calendar(daily(values), 7)
    assert found.mean == pytest.approx(1.6 * WEEK, rel=0.2)


def test_a_register_that_failed_and_came_back_teaches_no_explosion() -> None:
    values = made(420)
    values[392:414] *= 0.15
    found = forecast_calendar(daily(values), 14)
    assert max(found.mean) < 1.3 * WEEK.max()


def test_one_absurd_week_end_changes_next_week_little() -> None:
    values, spoilt = made(364), made(364)
    spoilt[355] *= 20
    calm, told = forecast_calendar(daily(values), 7), forecast_calendar(daily(spoilt), 7)
    assert told.mean == pytest.approx(calm.mean, rel=0.05)


def test_a_holiday_is_expected_as_those_before_it_went() -> None:
    easter = {date(2024, 4, 1), date(2025, 4, 21)}
    named = [*easter, date(2024, 5, 6), date(2024, 8, 26), date(2024, 12, 25), date(2025, 1, 1)]
    values = made(364 + 112, noise=0.02)
    for day in named:
        if (day - MONDAY).days < len(values):
            values[(day - MONDAY).days] = 52.0
    holidays = Holidays("x", {day: DayKind.HOLIDAY for day in named})
    series = daily(values).until(date(2025, 4, 20))
    told = forecast_calendar(series, 3, holidays=holidays)
    untold = forecast_calendar(series, 3, holidays=NO_HOLIDAYS)
    assert told.mean[1] == pytest.approx(52, rel=0.12)
    assert untold.mean[1] == pytest.approx(100, rel=0.12)
    assert told.mean[2] == pytest.approx(untold.mean[2], rel=0.1)


def test_christmas_teaches_little_about_other_holidays() -> None:
    values = made(364 + 112, noise=0.02)
    holidays = holidays_of("GB-ENG")
    for day, seen in {date(2024, 12, 24): 40.0, date(2024, 12, 25): 12, date(2024, 12, 26): 15,
                      date(2025, 1, 1): 25}.items():  # fmt: skip
        values[(day - MONDAY).days] = seen
    good_friday = daily(values).until(date(2025, 4, 18))
    assert forecast_calendar(good_friday, 1, holidays=holidays).mean[0] > 45


def test_the_same_days_of_the_next_year_are_as_christmas_was() -> None:
    values = made(364 * 2 - 14, noise=0.02)
    busy_before = [(date(2024, 12, day) - MONDAY).days for day in (20, 21, 22, 23)]
    values[busy_before] *= 1.5
    values[(date(2024, 12, 25) - MONDAY).days] = 15
    series = daily(values).until(date(2025, 12, 15))
    told = forecast_calendar(series, 14, holidays=holidays_of("GB-ENG"))
    untold = forecast_calendar(series, 14, holidays=NO_HOLIDAYS)
    assert told.mean[10] < 48 < untold.mean[10]  # Thursday, 25 December: quieter than a Sunday
    assert told.mean[5] > 1.1 * untold.mean[5]  # Saturday, 20 December


def test_a_first_holiday_is_expected_to_be_quiet_before_anything_was_learnt() -> None:
    holidays = Holidays("x", {date(2024, 12, 30): DayKind.HOLIDAY})
    found = forecast_calendar(daily(made(364)), 1, holidays=holidays)
    assert 55 < found.mean[0] < 75  # seven tenths of the way from a Monday to a Sunday, in logs


def test_a_made_up_saturday_is_expected_to_be_busy() -> None:
    saturday = MONDAY + timedelta(days=364 + 5)
    holidays = Holidays("x", {saturday: DayKind.WORKDAY})
    found = forecast_calendar(daily(made(364)), 6, holidays=holidays)
    assert 80 < found.mean[5] < 105


def test_hours_of_the_week_come_again() -> None:
    hours = np.resize(
        np.concatenate([np.full(8, 2.0), np.full(12, 20.0), np.full(4, 6.0)]), 8 * 168
    )
    series = Series(datetime(2026, 1, 5, tzinfo=UTC), Step.HOUR, tuple(map(float, hours)))
    found = forecast_calendar(series, 48)
    assert found.mean == pytest.approx(np.resize(hours[:24], 48), rel=0.02)


def test_an_outlier_is_short_and_a_new_level_is_not() -> None:
    values = np.resize(np.log(WEEK), 140)
    values[50] += 2
    values[100:] += 2
    gone = np.flatnonzero(np.isnan(without_outliers(values, 7)))
    assert gone.tolist() == [50]


def test_flags_around_a_long_run_of_holidays() -> None:
    golden = calendar_days(date(2026, 9, 28), Step.DAY, 15, "UTC", holidays_of("CN"))
    assert golden.holiday.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]
    assert golden.workday.tolist() == [0] * 12 + [1, 0, 0]  # Saturday, 10 October
    in_run, before, two_before, after, two_after, between, begins = golden.flags.T
    assert in_run.sum() == 7
    assert (before.argmax(), two_before.argmax()) == (2, 1)
    assert np.flatnonzero(after).tolist() == [0, 10]  # also after the Mid-Autumn Festival
    assert np.flatnonzero(two_after).tolist() == [1, 11]
    assert np.flatnonzero(begins).tolist() == [3]
    assert between.tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0]
