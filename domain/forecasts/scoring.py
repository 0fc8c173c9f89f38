"""Was the forecast right? Scored when the truth arrives; a forecast that fails is not used.

MASE (Hyndman & Koehler, 2006): mean |truth − forecast| ÷ scale, where scale is the mean |y(t) −
y(t − one week)| over the history before the forecast. 1 is as good as last week again.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.forecasts.forecast import Forecast
from domain.forecasts.series import Series

WEEKS_WORSE = 4  # then the baseline is used
DRIFT_WEEKS = 4
DRIFT_BIAS = 0.75  # of the mean error: nearly all errors of four weeks point the same way
DRIFT_MASE = 1.5  # times what it was before


@dataclass(frozen=True, slots=True)
class Score:
    """Sums over forecast steps whose truth is known; scores of several forecasts add up."""

    steps: int = 0
    scaled_error: float = 0.0  # Σ |truth − mean| ÷ scale
    scaled_bias: float = 0.0  # Σ (truth − mean) ÷ scale
    inside_80: int = 0
    inside_95: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.steps + other.steps,
            self.scaled_error + other.scaled_error,
            self.scaled_bias + other.scaled_bias,
            self.inside_80 + other.inside_80,
            self.inside_95 + other.inside_95,
        )

    @property
    def mase(self) -> float | None:
        return self.scaled_error / self.steps if self.steps else None

    @property
    def coverage_80(self) -> float | None:
        return self.inside_80 / self.steps if self.steps else None

    @property
    def coverage_95(self) -> float | None:
        return self.inside_95 / self.steps if self.steps else None


def naive_scale(series: Series) -> float | None:
    """Mean |y(t) − y(t − one week)| over the pairs known; None if none differs or none is known."""
    week, values = series.step.per_week, series.values
    gaps = [
        abs(late - early)
        for early, late in zip(values, values[week:], strict=False)
        if early is not None and late is not None
    ]
    total = math.fsum(gaps)
    return total / len(gaps) if total > 0 else None


def scored(forecast: Forecast, truth: Sequence[float | None], scale: float) -> Score:
    """The score of a forecast's steps; `truth` in their order, None or missing where unknown."""
    found = Score()
    for place, value in enumerate(truth[: forecast.horizon]):
        if value is not None:
            found += _of_step(forecast, place, value, scale)
    return found


def _of_step(forecast: Forecast, place: int, value: float, scale: float) -> Score:
    level, error = forecast.quantiles, value - forecast.mean[place]
    return Score(
        steps=1,
        scaled_error=abs(error) / scale,
        scaled_bias=error / scale,
        inside_80=int(level[10.0][place] <= value <= level[90.0][place]),
        inside_95=int(level[2.5][place] <= value <= level[97.5][place]),
    )


@dataclass(frozen=True, slots=True)
class ScoredWeek:
    """One week's forecasts, the engine's beside the baseline's, over the same steps."""

    engine: Score
    baseline: Score


def baseline_is_used(weeks: Sequence[ScoredWeek]) -> bool:
    """True if the engine was worse than the baseline in each of the last four scored weeks."""
    judged = [week for week in weeks if week.engine.steps and week.baseline.steps][-WEEKS_WORSE:]
    return len(judged) == WEEKS_WORSE and all(
        week.engine.scaled_error > week.baseline.scaled_error for week in judged
    )


def drifted(weeks: Sequence[ScoredWeek]) -> bool:
    """True if the last four weeks err to one side, or half as much again as all weeks before."""
    late = _sum(week.engine for week in weeks[-DRIFT_WEEKS:])
    before = _sum(week.engine for week in weeks[:-DRIFT_WEEKS])
    if len(weeks) < DRIFT_WEEKS or not late.steps or not late.scaled_error:
        return False
    one_sided = abs(late.scaled_bias) > DRIFT_BIAS * late.scaled_error
    worse = (
        before.mase is not None and late.mase is not None and late.mase > DRIFT_MASE * before.mase
    )
    return one_sided or worse


def _sum(scores: Iterable[Score]) -> Score:
    return sum(scores, Score())
