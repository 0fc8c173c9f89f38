"""Scores forecasts when the truth arrives."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import col, select

from domain.forecasts.calendar import A_BIT, steps_after, week_of
from domain.forecasts.freezing import what_of
from domain.forecasts.history import Counted, What, counted
from domain.forecasts.judging import MODELS, judge
from domain.forecasts.model import ForecastScore, ForecastSeries, StoredForecast
from domain.forecasts.words import ForecastMeasure
from domain.measures.place import Place
from domain.measures.steps import Span, moment
from domain.places.model import Hospital
from kit.clock import microseconds
from kit.command import Command
from kit.errors import Conflict
from kit.ids import new_id
from kit.work import Scope, Work

GRACE = timedelta(hours=1)  # what is recorded this late still counts for its step
AT_ONCE = 500  # forecasts in one command; the rest is due again at once
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ScoreForecasts(Command[int]):
    """Compare forecasts of a hospital with what came; how many.

    A series falls back to the better baseline once our engine was the worse one in each of four
    weeks, and comes back once it was the better one as long. Both stand in the ledger.
    """

    action = "forecast.score"

    hospital_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> int:
        rows = work.session.exec(
            select(StoredForecast, ForecastSeries)
            .where(StoredForecast.series_id == ForecastSeries.id,
                   StoredForecast.hospital_id == self.hospital_id,
                   col(StoredForecast.truth_due_at) <= work.now - GRACE)
            .order_by(col(StoredForecast.truth_due_at), col(StoredForecast.id))
            .limit(AT_ONCE)
        ).all()  # fmt: skip
        if not rows:
            raise Conflict("no forecast has come true since", reason="NOTHING_DUE")
        _write(work, _scored(work, rows))
        judge(work, list({series.id: series for _, series in rows}.values()))
        work.note(scored=len(rows))
        work.emit("ForecastsScored", Scope(self.hospital_id), hospital=self.hospital_id)
        return len(rows)


Found = tuple[StoredForecast, int | None, dict[str, Any] | None]  # next due, and the score's row
Row = tuple[StoredForecast, ForecastSeries]


def _scored(work: Work, rows: Sequence[Row]) -> list[Found]:
    """The truth is read once for each kind of series, from the oldest of its forecasts on."""
    groups: dict[tuple[What, UUID | None], list[Row]] = defaultdict(list)
    for row, series in rows:
        alone = series.measure is ForecastMeasure.ARRIVALS
        groups[what_of(series), series.ward_id if alone else None].append((row, series))
    found = []
    for (what, ward_id), members in groups.items():
        since = min(row.as_of for row, _ in members if row.as_of is not None)
        place = Place(members[0][0].hospital_id, ward_id)
        span = Span(since, work.now - GRACE + A_BIT, "UTC")
        truth = counted(work.session, place, what, span)
        found += [_score(work, row, series, truth) for row, series in members]
    return found


def _score(work: Work, row: StoredForecast, series: ForecastSeries, truth: Counted) -> Found:
    assert row.as_of is not None  # noqa: S101 - only a forecast that is ready has a truth
    edges = steps_after(row.as_of, row.horizon, series.step, row.time_zone)
    over = int(np.searchsorted(edges[1:], microseconds(work.now - GRACE), side="right"))
    due = int(edges[over + 1]) if over < row.horizon else None
    if not row.scale or not over:
        return row, due, None  # a history that never changed has no scale to score with
    ward = None if series.measure is ForecastMeasure.ARRIVALS else row.ward_id
    came = truth.per_step(edges[: over + 1], ward).astype(np.float64)
    return row, due, {
        "id": new_id(), "version": 1, "forecast_id": row.id, "series_id": series.id,
        "hospital_id": row.hospital_id, "ward_id": row.ward_id,
        "week": week_of(row.as_of, row.time_zone), "scored_at": work.now,
        **_sums(row, came, row.scale),
    }  # fmt: skip


def _sums(row: StoredForecast, came: Floats, scale: float) -> dict[str, Any]:
    engine, naive, mean = (
        (came - np.array(points[: came.size])) / scale
        for points in (row.engine, row.naive, row.mean)
    )
    offered = {"naive": naive, "mean": mean}.get(MODELS.get(row.model or "", ""), engine)
    low, lower, _, upper, high = (np.array(one[: came.size]) for one in row.quantiles)
    return {
        "steps": came.size, "inside_80": int(((lower <= came) & (came <= upper)).sum()),
        "inside_95": int(((low <= came) & (came <= high)).sum()),
        "scaled_error": float(abs(offered).sum()), "engine_error": float(abs(engine).sum()),
        "engine_bias": float(engine.sum()), "naive_error": float(abs(naive).sum()),
        "mean_error": float(abs(mean).sum()),
    }  # fmt: skip


def _write(work: Work, found: Sequence[Found]) -> None:
    """In bulk: hundreds of rows a day of which the ledger needs the count only."""
    connection = work.session.connection()
    scores = [score for _, _, score in found if score is not None]
    table, forecasts = ForecastScore.__table__, StoredForecast.__table__  # type: ignore[attr-defined]  # of every mapped class
    if scores:
        again = [score["forecast_id"] for score in scores]
        connection.execute(sa.delete(table).where(table.c.forecast_id.in_(again)))
        connection.execute(sa.insert(table), scores)
    later = sa.update(forecasts).where(forecasts.c.id == sa.bindparam("key"))
    connection.execute(
        later.values(truth_due_at=sa.bindparam("due")),
        [{"key": row.id, "due": None if due is None else moment(due)} for row, due, _ in found],
    )
