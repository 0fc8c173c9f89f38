"""What GraphQL shows of forecasts: a distribution per step, what it was made of, how right it was.

All of it is aggregate capacity: a forecast is of a place, never of a patient.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry

from api.bed_views import maybe_id
from api.limits import AT_MOST
from api.sight import CLASS, Sight, View, classified, shows
from authz.classes import DataClass
from domain.devices.model import DeviceKind
from domain.forecasts.commands import MOST_STEPS
from domain.forecasts.model import ForecastState, StoredForecast
from domain.forecasts.queries import ForecastFound
from domain.forecasts.series import Step
from domain.forecasts.words import ForecastMeasure
from domain.patients.model import EncounterClass

for _words, _name in ((ForecastMeasure, None), (ForecastState, None), (Step, "ForecastStep")):
    strawberry.enum(_words, name=_name)
UNIT = {ForecastMeasure.DEVICE_USE: "{devices}"}  # UCUM


@classified(DataClass.CAPACITY)
@strawberry.type
class Quantiles:
    """A number that is not known yet: with 80 % it lies between `low80` and `high80`."""

    low95: float
    low80: float
    median: float
    high80: float
    high95: float


@classified(DataClass.CAPACITY)
@strawberry.type
class ForecastPoint:
    """One step. `seasonalNaive` is the same step a week ago, `eightWeekMean` its usual value."""

    since: datetime
    until: datetime
    expected: Quantiles
    seasonal_naive: float
    eight_week_mean: float


@classified(DataClass.CAPACITY)
@strawberry.type
class Accuracy:
    """How far off, in usual changes from one week to the next: below 1 beats last week again.

    `covered80` and `covered95` are the shares of outcomes inside of the intervals, 0 to 1.
    """

    steps: int
    mase: float | None
    engine_mase: float | None
    seasonal_naive_mase: float | None
    eight_week_mean_mase: float | None
    covered80: float | None
    covered95: float | None


@classified(DataClass.CAPACITY)
@strawberry.type(name="Forecast")
class ForecastView(View):
    """One stored forecast. `asOf` is up to when the truth was known, and where it begins.

    `model` is what is offered; `fellBack` says that a baseline is, as our own engine was worse
    for four weeks. `backtest` is of the four weeks before it was made, `running` of the series'
    last twelve weeks, `outcome` of this forecast so far. `stale`: make a new one before use.
    """

    id: strawberry.ID = shows(DataClass.GENERAL)
    hospital_id: strawberry.ID = shows(DataClass.GENERAL)
    ward_id: strawberry.ID | None = shows(DataClass.GENERAL)
    state: ForecastState
    failure: str | None
    measure: ForecastMeasure
    step: Step
    unit: str
    encounter_class: EncounterClass | None
    specialty: str | None
    device_kind: DeviceKind | None
    model: str | None
    fell_back: bool
    drift: bool
    kept_up: bool
    source: str
    as_of: datetime | None
    age_seconds: int | None
    stale: bool
    requested_at: datetime
    made_at: datetime | None
    time_zone: str
    horizon: int
    window_since: datetime | None
    window_steps: int | None
    history_hash: str | None
    points: list[ForecastPoint] = strawberry.field(
        metadata={CLASS: DataClass.CAPACITY, AT_MOST: MOST_STEPS}
    )
    backtest: Accuracy | None
    running: Accuracy | None
    outcome: Accuracy | None

    @classmethod
    def of(cls, found: ForecastFound, sight: Sight, horizon: int | None = None) -> Self:
        row, series = found.row, found.series
        return cls(
            sight=sight, id=strawberry.ID(str(row.id)),
            hospital_id=strawberry.ID(str(row.hospital_id)), ward_id=maybe_id(row.ward_id),
            state=row.state, failure=row.failure, measure=series.measure, step=series.step,
            unit=UNIT.get(series.measure, "{patients}"), encounter_class=series.encounter_class,
            specialty=series.specialty,
            device_kind=None if series.device_kind is None else DeviceKind(series.device_kind),
            model=row.model, fell_back=found.fell_back, drift=series.drift,
            kept_up=series.kept_up, source="FORECAST", as_of=row.as_of,
            age_seconds=None if found.age is None else int(found.age.total_seconds()),
            stale=found.stale, requested_at=row.requested_at, made_at=row.made_at,
            time_zone=row.time_zone, horizon=row.horizon, window_since=row.window_since,
            window_steps=row.window_steps, history_hash=row.history_hash,
            points=_points(found)[:horizon], backtest=_backtest(found), running=_running(found),
            outcome=_outcome(found),
        )  # fmt: skip


@classified(DataClass.CAPACITY)
@strawberry.type
class ForecastRequest(View):
    """A forecast that was asked for: it is made in the background."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    hospital_id: strawberry.ID = shows(DataClass.GENERAL)
    ward_id: strawberry.ID | None = shows(DataClass.GENERAL)
    state: ForecastState
    requested_at: datetime
    horizon: int

    @classmethod
    def of(cls, row: StoredForecast, sight: Sight) -> Self:
        return cls(
            sight=sight, id=strawberry.ID(str(row.id)),
            hospital_id=strawberry.ID(str(row.hospital_id)), ward_id=maybe_id(row.ward_id),
            state=row.state, requested_at=row.requested_at, horizon=row.horizon,
        )  # fmt: skip


def quantiles(five: Sequence[float]) -> Quantiles:
    """Of the five levels that are kept, in their order."""
    return Quantiles(low95=five[0], low80=five[1], median=five[2], high80=five[3], high95=five[4])


def _points(found: ForecastFound) -> list[ForecastPoint]:
    row, edges = found.row, found.edges
    return [
        ForecastPoint(
            since=edges[at], until=edges[at + 1], expected=quantiles([one[at] for one in
                                                                      row.quantiles]),
            seasonal_naive=row.naive[at], eight_week_mean=row.mean[at],
        )
        for at in range(len(edges) - 1)
    ]  # fmt: skip


def _backtest(found: ForecastFound) -> Accuracy | None:
    told = found.row.backtest
    if not told or not told["steps"]:
        return None
    return Accuracy(
        steps=told["steps"], mase=told["engine_mase"], engine_mase=told["engine_mase"],
        seasonal_naive_mase=told["naive_mase"], eight_week_mean_mase=told["mean_mase"],
        covered80=told["inside_80"], covered95=told["inside_95"],
    )  # fmt: skip


def _running(found: ForecastFound) -> Accuracy | None:
    series = found.series
    if not series.scored_steps:
        return None
    return Accuracy(
        steps=series.scored_steps, mase=_thousandths(series.mase),
        engine_mase=_thousandths(series.engine_mase),
        seasonal_naive_mase=_thousandths(series.naive_mase),
        eight_week_mean_mase=_thousandths(series.mean_mase),
        covered80=_thousandths(series.inside_80), covered95=_thousandths(series.inside_95),
    )  # fmt: skip


def _outcome(found: ForecastFound) -> Accuracy | None:
    score = found.score
    if score is None:
        return None
    many = score.steps
    return Accuracy(
        steps=many, mase=score.scaled_error / many, engine_mase=score.engine_error / many,
        seasonal_naive_mase=score.naive_error / many,
        eight_week_mean_mase=score.mean_error / many, covered80=score.inside_80 / many,
        covered95=score.inside_95 / many,
    )  # fmt: skip


def _thousandths(value: int | None) -> float | None:
    return None if value is None else value / 1000
