"""Scores, quantiles and the rule that puts a failing engine aside, all by hand."""

from datetime import date

import numpy as np
import pytest

from domain.forecasts.conformal import conformal_quantile, quantile_rows
from domain.forecasts.forecast import LEVELS, Forecast, Window
from domain.forecasts.scoring import (
    Score,
    ScoredWeek,
    baseline_is_used,
    drifted,
    naive_scale,
    scored,
)
from domain.forecasts.series import Series, Step

DAY = date(2026, 11, 30)


def said(mean: float, *rows: float, steps: int = 3) -> Forecast:
    return Forecast(
        "x", DAY, DAY, Step.DAY, (mean,) * steps,
        {level: (row,) * steps for level, row in zip(LEVELS, rows, strict=True)},
        Window(DAY, DAY, 0),
    )  # fmt: skip


def test_the_scale_is_the_mean_change_from_week_to_week() -> None:
    series = Series(DAY, Step.DAY, (1.0, 2, 3, 4, 5, 6, 7, 3, 2, None, 8, None, 6, 7))
    assert naive_scale(series) == pytest.approx((2 + 0 + 4 + 0 + 0) / 5)
    assert naive_scale(Series(DAY, Step.DAY, (5.0,) * 30)) is None
    assert naive_scale(Series(DAY, Step.DAY, (5.0,) * 3)) is None


def test_a_score_counts_known_steps_only() -> None:
    found = scored(said(10, 6, 8, 10, 12, 14), (13.0, None, 8.0), scale=2)
    assert found == Score(2, 2.5, 0.5, 1, 2)
    assert (found.mase, found.coverage_80, found.coverage_95) == (1.25, 0.5, 1.0)
    assert found + found == Score(4, 5, 1, 2, 4)
    assert (Score().mase, Score().coverage_80) == (None, None)


def test_the_conformal_quantile_is_the_ceiling_of_n_plus_one_p() -> None:
    errors = np.arange(1.0, 10.0)  # nine errors: (9 + 1) × 0.9 = the 9th, × 0.8 the 8th
    assert conformal_quantile(errors, 0.9) == 9
    assert conformal_quantile(errors, 0.8) == 8
    assert conformal_quantile(errors, 0.5) == 5
    assert conformal_quantile(errors, 0.2) == 2
    assert conformal_quantile(errors, 0.1) == 1
    assert conformal_quantile(errors, 0.975) == 9  # too few: the extreme
    with pytest.raises(ValueError, match="no past errors"):
        conformal_quantile(np.array([]), 0.5)


def test_a_step_without_past_misses_takes_those_before_it_and_widens_them() -> None:
    misses = np.full((40, 4), np.nan)
    misses[:, 0] = np.linspace(-1, 1, 40)
    low, high = quantile_rows(np.zeros(4), misses, (10.0, 90.0))
    assert high[1:] / high[0] == pytest.approx(np.sqrt([2, 3, 4]))
    assert low == pytest.approx(-high)


def week(ours: float, theirs: float, bias: float = 0.0) -> ScoredWeek:
    return ScoredWeek(Score(7, ours, bias, 5, 6), Score(7, theirs, 0.0, 5, 6))


@pytest.mark.parametrize(
    ("weeks", "used"),
    [
        ([week(2, 1)] * 4, True),
        ([week(2, 1)] * 3, False),
        ([week(2, 1)] * 3 + [week(1, 1)], False),
        ([week(1, 2)] * 9 + [week(2, 1)] * 4, True),
        ([week(2, 1)] * 9 + [week(1, 2)], False),
        ([*[week(2, 1)] * 4, ScoredWeek(Score(), Score())], True),
        ([], False),
    ],
)
def test_four_weeks_worse_and_the_baseline_is_used(weeks: list[ScoredWeek], used: bool) -> None:
    assert baseline_is_used(weeks) is used


@pytest.mark.parametrize(
    ("weeks", "drift"),
    [
        ([week(4, 4)] * 8, False),
        ([week(4, 4)] * 4 + [week(7, 4)] * 4, True),
        ([week(4, 4)] * 4 + [week(5, 4)] * 4, False),
        ([week(4, 4, bias=3.5)] * 4, True),
        ([week(4, 4, bias=-3.5)] * 3, False),
        ([week(0, 0)] * 8, False),
    ],
)
def test_drift_is_one_sided_or_half_as_bad_again(weeks: list[ScoredWeek], drift: bool) -> None:
    assert drifted(weeks) is drift


def test_an_engine_that_answers_no_distribution_is_a_fault() -> None:
    with pytest.raises(ValueError, match="quantiles that cross"):
        said(10, 9, 8, 10, 12, 14)
    with pytest.raises(ValueError, match="no distribution"):
        said(float("nan"), 6, 8, 10, 12, 14)
