"""From a frozen history to a forecast: pure, so that it runs in a process of its own.

Beside our engine always stand both baselines, and a backtest of all three over the weeks before.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from domain.forecasts.baselines import eight_week_mean, seasonal_naive
from domain.forecasts.calendar import edges_of, holidays_at, start_of_series
from domain.forecasts.calendar_level import forecast_calendar
from domain.forecasts.forecast import LEVELS, Forecast
from domain.forecasts.los_survival import WardStay, forecast_census
from domain.forecasts.scoring import Score, naive_scale, scored
from domain.forecasts.series import Series, Step
from domain.forecasts.words import ForecastMeasure
from domain.measures.steps import moment
from kit.canonical import canonical_json
from kit.errors import Refusal

BACKTEST_WEEKS = 4
Told = tuple[int, int | None, int | None]  # a stay: since, until, expected until; µs since 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A history as it was read. Times in µs since 1970; `stays` only for a census."""

    measure: ForecastMeasure
    step: Step
    zone: str
    start: int  # of the first value's step
    as_of: int  # end of the last value's step
    horizon: int
    values: tuple[int, ...]
    stays: tuple[Told, ...] = ()
    region: str | None = None  # whose holidays count beside the country's

    @property
    def series(self) -> Series:
        first = start_of_series(moment(self.start), self.step, self.zone)
        return Series(first, self.step, tuple(map(float, self.values)), self.zone)

    def until(self, count: int) -> "Problem":
        """As it was when only the first `count` values were known."""
        edges = edges_of(moment(self.start), moment(self.as_of), self.step, self.zone)
        as_of = int(edges[count])
        return Problem(
            measure=self.measure, step=self.step, zone=self.zone, start=self.start, as_of=as_of,
            horizon=min(self.horizon, len(self.values) - count), values=self.values[:count],
            region=self.region,
            # who was expected when is known as of now only, and would be hindsight
            stays=tuple((since, until, None) for since, until, _ in self.stays if since < as_of),
        )  # fmt: skip

    def to_json(self) -> bytes:
        return canonical_json(asdict(self))

    @classmethod
    def of_json(cls, plain: Mapping[str, Any]) -> "Problem":
        return cls(**{
            **plain, "measure": ForecastMeasure(plain["measure"]), "step": Step(plain["step"]),
            "values": tuple(plain["values"]), "stays": tuple(map(tuple, plain["stays"])),
        })  # fmt: skip

    @property
    def hash(self) -> str:
        """SHA-256 of the history: the same one gives the same forecast."""
        return hashlib.sha256(self.to_json()).hexdigest()


@dataclass(frozen=True, slots=True)
class Three:
    """Our engine and the two baselines on the same history."""

    engine: Forecast
    naive: Forecast
    mean: Forecast


def solve_many(problems: bytes) -> dict[str, Any]:
    """The worker's errand: a JSON list of problems in, an answer or a refusal's reason for each."""
    return {"answers": [_answered(Problem.of_json(one)) for one in json.loads(problems)]}


def make(problem: Problem) -> dict[str, Any]:
    """The forecast as plain values. Raises Invalid for a history nothing can be made of."""
    three = _three(problem)
    return {
        "model": three.engine.model, "hash": problem.hash,
        "engine": _points(three.engine), "naive": _points(three.naive),
        "mean": _points(three.mean),
        "quantiles": {one.model: _quantiles(one) for one in (three.engine, three.naive,
                                                             three.mean)},
        "scale": naive_scale(problem.series), "backtest": backtest(problem),
    }  # fmt: skip


def backtest(problem: Problem) -> dict[str, Any]:
    """How it would have gone in each of the four weeks before; None where nothing can be said."""
    week, found = problem.step.per_week, {"engine": Score(), "naive": Score(), "mean": Score()}
    for back in range(1, BACKTEST_WEEKS + 1):
        count = len(problem.values) - back * week
        if count < 2 * week:
            break
        then = problem.until(count)
        scale = naive_scale(then.series)
        if scale is None:
            continue
        try:
            three = _three(then)
        except Refusal:
            break  # the earlier a history ends, the less can be made of it
        truth = problem.values[count : count + week]
        for name in found:
            found[name] += scored(getattr(three, name), truth, scale)
    return {"steps": found["engine"].steps, "inside_80": found["engine"].coverage_80,
            "inside_95": found["engine"].coverage_95,
            **{f"{name}_mase": score.mase for name, score in found.items()}}  # fmt: skip


def _answered(problem: Problem) -> dict[str, Any]:
    try:
        return make(problem)
    except Refusal as refusal:
        return {"refused": refusal.reason}


def _three(problem: Problem) -> Three:
    series, holidays = problem.series, holidays_at(problem.zone, problem.region)
    ahead = problem.horizon
    if problem.measure is ForecastMeasure.CENSUS:
        engine = forecast_census(
            _ward_stays(problem.stays), as_of=moment(problem.as_of), step=problem.step,
            horizon=ahead, zone=problem.zone, holidays=holidays,
        )  # fmt: skip
    else:
        engine = forecast_calendar(series, ahead, holidays=holidays)
    return Three(engine, seasonal_naive(series, ahead, holidays=holidays),
                 eight_week_mean(series, ahead, holidays=holidays))  # fmt: skip


def _ward_stays(stays: Sequence[Told]) -> list[WardStay]:
    return [WardStay(moment(since), _maybe(until), _maybe(expected))
            for since, until, expected in stays]  # fmt: skip


def _maybe(at: int | None) -> datetime | None:
    return None if at is None else moment(at)


def _points(forecast: Forecast) -> list[float]:
    return [round(value, 3) for value in forecast.mean]


def _quantiles(forecast: Forecast) -> list[list[float]]:
    return [[round(value, 3) for value in forecast.quantiles[level]] for level in LEVELS]
