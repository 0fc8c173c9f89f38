"""How well a series of forecasts goes, and when our own engine is not to be used for it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from domain.forecasts.calendar import week_of
from domain.forecasts.model import ForecastScore, ForecastSeries
from domain.forecasts.scoring import WEEKS_WORSE, Score, ScoredWeek, baseline_is_used, drifted
from kit.work import Work

WEEKS = 12  # of which a series is judged
MODELS = {"seasonal-naive": "naive", "eight-week-mean": "mean"}  # and their columns
NAMES = {column: model for model, column in MODELS.items()}


def judge(work: Work, series: Sequence[ForecastSeries]) -> None:
    """Running figures, drift, and what each series offers from now on; one statement for all."""
    weeks = _weeks(work, [one.id for one in series])
    for one in series:
        _judge(work, one, weeks[one.id])


def _judge(work: Work, series: ForecastSeries, weeks: Sequence["Sums"]) -> None:
    total = sum(weeks, Sums())
    series.scored_at, series.scored_steps = work.now, total.steps
    series.mase, series.engine_mase = total.per_step(total.offered), total.per_step(total.engine)
    series.naive_mase, series.mean_mase = total.per_step(total.naive), total.per_step(total.mean)
    series.inside_80 = total.per_step(total.inside_80)
    series.inside_95 = total.per_step(total.inside_95)
    late = sum(weeks[-WEEKS_WORSE:], Sums())
    better = "naive" if late.naive < late.mean else "mean"
    beside = [one.beside(better) for one in weeks]
    drift = drifted(beside)
    if drift and not series.drift:
        work.emit("ForecastDrifted", series.scope, series=series.id)
    series.drift = drift
    if series.fallback is None and baseline_is_used(beside):
        series.fallback, series.fallback_since = NAMES[better], work.now
        work.emit("ForecastFellBack", series.scope, series=series.id)
    elif series.fallback is not None and _engine_is_back(beside):
        series.fallback = series.fallback_since = None
        work.emit("ForecastCameBack", series.scope, series=series.id)


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one week's forecasts, or of several weeks'."""

    steps: int = 0
    inside_80: float = 0
    inside_95: float = 0
    offered: float = 0
    engine: float = 0
    bias: float = 0
    naive: float = 0
    mean: float = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def per_step(self, total: float) -> int | None:
        """Thousandths."""
        return round(1000 * total / self.steps) if self.steps else None

    def beside(self, baseline: str) -> ScoredWeek:
        inside = int(self.inside_80), int(self.inside_95)
        return ScoredWeek(Score(self.steps, self.engine, self.bias, *inside),
                          Score(self.steps, getattr(self, baseline)))  # fmt: skip


def _weeks(work: Work, series: Sequence[UUID]) -> dict[UUID, list[Sums]]:
    score = ForecastScore
    columns = (score.steps, score.inside_80, score.inside_95, score.scaled_error,
               score.engine_error, score.engine_bias, score.naive_error,
               score.mean_error)  # fmt: skip
    asked: Any = (
        sa.select(col(score.series_id), *(sa.func.sum(col(one)) for one in columns))
        .where(col(score.series_id).in_(series),
               col(score.week) > week_of(work.now, "UTC") - WEEKS)
        .group_by(col(score.series_id), col(score.week))
        .order_by(col(score.series_id), col(score.week))
    )  # fmt: skip
    found: dict[UUID, list[Sums]] = defaultdict(list)
    for row in work.session.connection().execute(asked):
        found[row[0]].append(Sums(int(row[1]), *row[2:]))
    return found


def _engine_is_back(weeks: Sequence[ScoredWeek]) -> bool:
    late = weeks[-WEEKS_WORSE:]
    return len(late) == WEEKS_WORSE and all(
        one.engine.scaled_error <= one.baseline.scaled_error for one in late
    )
