"""What reality sends: gaps, zeros, constants, short histories, clock changes. Never NaN."""

import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.forecasts.baselines import eight_week_mean, seasonal_naive
from domain.forecasts.calendar_level import forecast_calendar
from domain.forecasts.forecast import LEVELS, Engine, Forecast
from domain.forecasts.holidays import NO_HOLIDAYS, holidays_of
from domain.forecasts.series import Series, Step
from kit.errors import Invalid

MONDAY = date(2025, 1, 6)
NOON = datetime(2025, 1, 6, 12, tzinfo=UTC)
ENGINES: tuple[Engine, ...] = (forecast_calendar, seasonal_naive, eight_week_mean)
WAVE = tuple(40.0 + 10 * math.sin(day) + (day % 7 < 5) * 20 for day in range(200))


def daily(*values: float | None) -> Series:
    return Series(MONDAY, Step.DAY, values)


def sound(found: Forecast) -> None:
    rows = [found.mean, *(found.quantiles[level] for level in LEVELS)]
    assert all(math.isfinite(value) and value >= 0 for row in rows for value in row)
    for lower, upper in pairwise(rows[1:]):
        assert all(low <= high for low, high in zip(lower, upper, strict=True))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "series",
    [
        daily(*(None if day % 5 == 2 else value for day, value in enumerate(WAVE))),
        daily(*(None if day % 7 == 6 else value for day, value in enumerate(WAVE))),
        daily(*WAVE, *(0.0,) * 20),
        daily(*(0.0,) * 60),
        daily(*WAVE, *(None,) * 10),
        daily(*(None,) * 100, *WAVE[:20]),
        daily(*WAVE[:14]),
        daily(*WAVE[:27]),
        daily(*WAVE[:100], 1e9, *WAVE[101:]),
        daily(*(0.3 * value for value in WAVE[:100]), *WAVE[100:]),
    ],
    ids=["fifth missing", "no Sundays", "tail of zeros", "all zero", "late", "late start",
         "two weeks", "four weeks", "absurd value", "level shift"],
)  # fmt: skip
def test_a_nasty_series_has_a_sound_forecast(engine: Engine, series: Series) -> None:
    sound(engine(series, 28, holidays=holidays_of("GB-ENG")))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("series", "reason"),
    [
        (daily(), "SERIES_EMPTY"),
        (daily(*(None,) * 50), "SERIES_EMPTY"),
        (daily(*WAVE[:10]), "SERIES_TOO_SHORT"),
        (daily(*WAVE[:13], *(None,) * 5), "SERIES_TOO_SHORT"),
        (daily(*WAVE, *(None,) * 15), "SERIES_STALE"),
    ],
)
def test_what_cannot_be_forecast_is_refused(engine: Engine, series: Series, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        engine(series, 7, holidays=NO_HOLIDAYS)
    assert refused.value.reason == reason


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_a_value_that_is_no_count_is_refused(bad: float) -> None:
    with pytest.raises(Invalid) as refused:
        daily(1.0, bad)
    assert (refused.value.reason, refused.value.field) == ("SERIES_BAD_VALUE", "values")
    assert "value 2" in refused.value.message


@pytest.mark.parametrize(
    "start",
    [MONDAY, NOON.replace(tzinfo=None), NOON.replace(minute=30)],
    ids=["a day", "no zone", "half past"],
)
def test_hours_start_at_a_full_hour_in_utc(start: date) -> None:
    with pytest.raises(Invalid) as refused:
        Series(start, Step.HOUR, (1.0,))
    assert refused.value.reason == "SERIES_BAD_START"


@pytest.mark.parametrize("horizon", [0, -1, 367])
def test_a_horizon_nobody_could_check_is_refused(horizon: int) -> None:
    for engine in ENGINES:
        with pytest.raises(Invalid) as refused:
            engine(daily(*WAVE), horizon, holidays=NO_HOLIDAYS)
        assert refused.value.reason == "FORECAST_HORIZON"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_constant_is_certain(engine: Engine) -> None:
    found = engine(daily(*(12.0,) * 70), 10, holidays=NO_HOLIDAYS)
    for row in (found.mean, *(found.quantiles[level] for level in LEVELS)):
        assert row == pytest.approx([12.0] * 10)


def test_hours_keep_their_place_in_the_week_over_a_clock_change() -> None:
    begin = datetime(2025, 2, 2, 23, tzinfo=UTC)  # Monday 3 February, midnight in Berlin
    clock = [begin + timedelta(hours=hour) for hour in range(8 * 168)]  # to 30 March, 2 → 3 o'clock
    local = [(time.astimezone(UTC).hour + 1) % 24 for time in clock]
    series = Series(begin, Step.HOUR, tuple(10.0 * (hour == 9) for hour in local), "Europe/Berlin")
    found = forecast_calendar(series, 24, holidays=NO_HOLIDAYS)
    high = [time for time, value in zip(found.times, found.mean, strict=True) if value > 5]
    assert high == [datetime(2025, 3, 31, 7, tzinfo=UTC)]  # 9 o'clock in summer time


def test_the_same_history_gives_the_same_forecast() -> None:
    first, again = (forecast_calendar(daily(*WAVE), 14) for _ in range(2))
    assert first == again


@settings(max_examples=40, deadline=None)
@given(st.lists(st.none() | st.floats(0, 1e6), min_size=14, max_size=120), st.integers(1, 30))
def test_any_history_has_a_sound_forecast_or_a_typed_refusal(
    values: list[float | None], horizon: int
) -> None:
    series = daily(*values)
    known = [place for place, value in enumerate(values) if value is not None]
    if len(known) >= 14 and len(values) - 1 - known[-1] <= 14:
        sound(forecast_calendar(series, horizon, holidays=holidays_of("CN")))
    else:
        with pytest.raises(Invalid):
            forecast_calendar(series, horizon)
