"""The census engine: hazards by hand, who stays, who comes, and what was told of discharges."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from domain.forecasts.baselines import seasonal_naive
from domain.forecasts.forecast import LEVELS
from domain.forecasts.holidays import NO_HOLIDAYS, DayKind, Holidays
from domain.forecasts.los_hazard import HOURS, _along, bin_of, learnt
from domain.forecasts.los_survival import WardStay, forecast_census
from domain.forecasts.los_ward import ward_at
from domain.forecasts.series import Series, Step
from kit.errors import Invalid

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def steady(days: int, per_day: int = 4, length: timedelta = 60 * HOUR) -> list[WardStay]:
    """`per_day` patients come at 9 o'clock each day and stay `length`; the last are in bed."""
    come = [MONDAY - day * DAY + 9 * HOUR for day in range(days, 0, -1) for _ in range(per_day)]
    return [WardStay(at, at + length if at + length <= MONDAY else None) for at in come]


def test_the_ward_is_as_it_was_known() -> None:
    stays = [
        WardStay(MONDAY - 5 * HOUR, MONDAY - 2 * HOUR),
        WardStay(MONDAY - 3 * HOUR, MONDAY + HOUR),  # left later: now unknown
        WardStay(MONDAY - HOUR / 2),
        WardStay(MONDAY + HOUR),  # not here yet
    ]
    ward = ward_at(stays, MONDAY, "UTC", NO_HOLIDAYS, 24)
    assert ward.census(np.array([-6, -5, -4, -3, -2, -1, 0])).tolist() == [0, 1, 1, 2, 1, 1, 2]
    assert ward.begin == -5


def test_a_holiday_is_a_sunday_and_a_made_up_sunday_a_wednesday() -> None:
    named = Holidays("x", {MONDAY.date(): DayKind.HOLIDAY,
                           (MONDAY - DAY).date(): DayKind.WORKDAY})  # fmt: skip
    ward = ward_at(steady(30), MONDAY, "UTC", named, 48)
    assert ward.clock_at(np.array([-1, 0, 23, 24])).tolist() == [71, 144, 167, 24]
    assert ward.hour_of_week_now == 0


def test_the_hazard_is_that_of_kaplan_and_meier() -> None:
    # Of ten patients at risk in the 4th hour two leave, of eight in the 5th four: 0.2 and 0.5.
    leavers, at_risk = np.array([0.0, 0, 0, 2e6, 4e6]), np.array([1e7, 1e7, 1e7, 1e7, 8e6])
    assert _along(leavers, at_risk, 0.1) == pytest.approx([0, 0, 0, 0.2, 0.5], abs=1e-5)


def test_nobody_leaves_before_the_hour_at_which_all_left() -> None:
    hazard = learnt(ward_at(steady(200, per_day=20), MONDAY, "UTC", NO_HOLIDAYS, 24))
    evening = 3 * 24 + 20  # 59 hours after 9 o'clock on a Tuesday
    assert hazard.at(np.array([30]), np.array([evening]))[0] < 0.002
    assert hazard.by_elapsed.argmax() == bin_of(np.array([59]))[0]
    assert hazard.by_clock.shape == (HOURS,)


def test_a_ward_that_always_goes_the_same_way_goes_on_so() -> None:
    found = forecast_census(steady(200), as_of=MONDAY, step=Step.DAY, horizon=7)
    assert found.mean == pytest.approx([8.0] * 7, abs=0.4)  # two days' patients at midnight
    assert (found.first, found.as_of, found.model) == (MONDAY + DAY, MONDAY, "los-survival")


def test_hours_show_who_comes_and_goes_within_the_day() -> None:
    found = forecast_census(steady(200), as_of=MONDAY, step=Step.HOUR, horizon=24)
    at = {moment.hour: value for moment, value in zip(found.times, found.mean, strict=True)
          if isinstance(moment, datetime)}  # fmt: skip
    assert at[8] == pytest.approx(8, abs=0.5)
    assert at[12] == pytest.approx(12, abs=0.7)  # today's came at 9, the oldest leave at 21
    assert at[22] == pytest.approx(8, abs=0.9)


def test_an_expected_discharge_empties_the_bed_if_such_dates_were_kept() -> None:
    def told(kept: bool) -> list[WardStay]:
        past = [
            WardStay(stay.since, stay.until, stay.until if kept else stay.until - 30 * DAY)
            for stay in steady(200)
            if stay.until is not None
        ]
        return past + [WardStay(MONDAY - 30 * HOUR, None, MONDAY + 12 * HOUR)] * 10

    def tomorrow(kept: bool) -> float:
        return forecast_census(told(kept), as_of=MONDAY, step=Step.DAY, horizon=1).mean[0]

    assert tomorrow(kept=True) < tomorrow(kept=False) - 5


def test_told_arrivals_take_the_place_of_usual_ones() -> None:
    stays = steady(200)
    usual = forecast_census(stays, as_of=MONDAY, step=Step.DAY, horizon=2)
    history = Series((MONDAY - 28 * DAY).date(), Step.DAY, (8.0,) * 28)
    doubled = seasonal_naive(history, 2, holidays=NO_HOLIDAYS)
    found = forecast_census(stays, as_of=MONDAY, step=Step.DAY, horizon=2, arrivals=doubled)
    assert found.mean[0] - usual.mean[0] == pytest.approx(4, abs=0.3)
    assert found.mean[1] - usual.mean[1] == pytest.approx(8, abs=0.5)
    short = replace(doubled, mean=(8.0,), quantiles={level: (8.0,) for level in LEVELS})
    with pytest.raises(Invalid) as refused:
        forecast_census(stays, as_of=MONDAY, step=Step.DAY, horizon=2, arrivals=short)
    assert refused.value.reason == "ARRIVALS_HORIZON"


def test_the_order_of_stays_changes_nothing_and_quantiles_do_not_cross() -> None:
    draw = np.random.default_rng(7)
    stays = []
    for hour in range(-3000, 0, 5):
        since = MONDAY + hour * HOUR
        until = since + float(draw.exponential(40)) * HOUR
        stays.append(WardStay(since, until if until < MONDAY else None))
    first = forecast_census(stays, as_of=MONDAY, step=Step.DAY, horizon=10)
    again = forecast_census(stays[::-1], as_of=MONDAY, step=Step.DAY, horizon=10)
    assert first.mean == pytest.approx(again.mean, abs=1e-9)
    rows = [first.quantiles[level] for level in LEVELS]
    for lower, upper in pairwise(rows):
        assert all(low <= high for low, high in zip(lower, upper, strict=True))
    assert all(low < 8 < high for low, high in zip(rows[0], rows[-1], strict=True))


@pytest.mark.parametrize(
    ("stays", "reason"),
    [
        ([], "NO_STAYS"),
        ([WardStay(MONDAY + DAY)], "NO_STAYS"),
        (steady(20), "SERIES_TOO_SHORT"),
        ([WardStay(MONDAY, MONDAY - DAY)], "STAY_ENDS_EARLY"),
        ([WardStay(MONDAY.replace(tzinfo=None))], "STAY_WITHOUT_ZONE"),
    ],
)
def test_a_ward_that_cannot_be_forecast_is_refused(stays: list[WardStay], reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        forecast_census(stays, as_of=MONDAY, step=Step.DAY, horizon=7)
    assert refused.value.reason == reason


def test_an_empty_ward_stays_empty_until_someone_comes() -> None:
    gone = [WardStay(MONDAY - 40 * DAY, MONDAY - 39 * DAY)]
    found = forecast_census(gone, as_of=MONDAY, step=Step.DAY, horizon=3)
    assert all(value < 0.2 for value in found.mean)
