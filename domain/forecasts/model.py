"""Forecasts as rows: what is forecast, each time it was, and how right that turned out to be."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from domain.forecasts.series import Step
from domain.forecasts.words import ForecastMeasure
from domain.patients.model import EncounterClass
from domain.places.model import LEDGERED
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope

COMPUTING = text("state = 'COMPUTING'")
TRUTH_IS_DUE = text("truth_due_at IS NOT NULL")


class ForecastState(StrEnum):
    COMPUTING = "COMPUTING"
    READY = "READY"
    FAILED = "FAILED"


class ForecastSeries(Row, table=True):
    """What is forecast again and again, and how well that has gone of late.

    The figures are of the last twelve weeks; `fallback` names the baseline that is offered
    while our own engine is the worse one. `mase` 1000 is as good as last week again.
    """

    __tablename__ = "forecast_series"
    __table_args__ = (
        one_of("measure", ForecastMeasure),
        one_of("step", Step),
        one_of("encounter_class", EncounterClass),
        UniqueConstraint("place_key", name="series_once"),
        CheckConstraint("horizon >= 1", name="horizon_from_one"),
        CheckConstraint(
            "measure = 'ADMISSIONS' OR (encounter_class IS NULL AND specialty IS NULL)",
            name="class_and_specialty_of_admissions",
        ),
        CheckConstraint("measure = 'DEVICE_USE' OR device_kind IS NULL", name="kind_of_devices"),
        Index("forecast_series_of_hospital", "hospital_id", "id"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    measure: ForecastMeasure = Field(sa_type=words(ForecastMeasure))
    step: Step = Field(sa_type=words(Step))
    encounter_class: EncounterClass | None = Field(default=None, sa_type=words(EncounterClass))
    specialty: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)
    device_kind: str | None = Field(default=None, max_length=11, sa_column_kwargs=LEDGERED)
    place_key: str = Field(max_length=200, sa_column_kwargs=LEDGERED)  # all of the above
    horizon: int  # steps, when it is made by itself
    kept_up: bool = False  # made anew each day
    fallback: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)
    fallback_since: datetime | None = Field(default=None, sa_type=UtcTime)
    drift: bool = False
    scored_steps: int = 0
    mase: int | None = None  # thousandths, of what was offered
    engine_mase: int | None = None
    naive_mase: int | None = None
    mean_mase: int | None = None
    inside_80: int | None = None  # thousandths of the outcomes
    inside_95: int | None = None
    scored_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class StoredForecast(Row, table=True):
    """One forecast: asked for, made once; later only when its next truth is due changes.

    `as_of` is up to when the truth was known, and where the first step begins. `quantiles` has a
    list per level of domain/forecasts/forecast.py, of what is offered; `engine` has the points of
    our own engine, `naive` and `mean` those of the baselines, whichever of them is offered.
    """

    __tablename__ = "forecast"
    __table_args__ = (
        one_of("state", ForecastState),
        CheckConstraint("horizon >= 1", name="horizon_from_one"),
        CheckConstraint("(state = 'READY') = (model IS NOT NULL)", name="ready_has_a_model"),
        CheckConstraint("(state = 'FAILED') = (failure IS NOT NULL)", name="failed_says_why"),
        Index("one_forecast_under_way", "series_id", unique=True, sqlite_where=COMPUTING,
              postgresql_where=COMPUTING),
        Index("forecast_of_series", "series_id", "made_at"),
        Index("forecast_of_hospital", "hospital_id", "id"),
        Index("forecast_truth_due", "truth_due_at", sqlite_where=TRUTH_IS_DUE,
              postgresql_where=TRUTH_IS_DUE),
    )  # fmt: skip

    series_id: UUID = Field(foreign_key="forecast_series.id")
    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    state: ForecastState = Field(default=ForecastState.COMPUTING, sa_type=words(ForecastState))
    requested_by: UUID
    requested_at: datetime = Field(sa_type=UtcTime)
    lease_until: datetime | None = Field(default=None, sa_type=UtcTime)
    horizon: int
    time_zone: str = Field(max_length=64, sa_column_kwargs=LEDGERED)
    as_of: datetime | None = Field(default=None, sa_type=UtcTime)
    until: datetime | None = Field(default=None, sa_type=UtcTime)  # end of the last step
    made_at: datetime | None = Field(default=None, sa_type=UtcTime)
    model: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)
    window_since: datetime | None = Field(default=None, sa_type=UtcTime)
    window_steps: int | None = None
    history_hash: str | None = Field(default=None, max_length=64, sa_column_kwargs=LEDGERED)
    scale: float | None = None  # mean change from one week to the next: what MASE divides by
    quantiles: list[list[float]] = Field(default_factory=list, sa_type=JSON)
    engine: list[float] = Field(default_factory=list, sa_type=JSON)
    naive: list[float] = Field(default_factory=list, sa_type=JSON)
    mean: list[float] = Field(default_factory=list, sa_type=JSON)
    backtest: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    failure: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)
    truth_due_at: datetime | None = Field(default=None, sa_type=UtcTime)  # of the next step

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class ForecastScore(Row, table=True):
    """How right one forecast has been so far: sums over the steps whose truth is known."""

    __tablename__ = "forecast_score"
    __table_args__ = (
        UniqueConstraint("forecast_id", name="one_score_per_forecast"),
        CheckConstraint("0 <= inside_80 AND inside_80 <= inside_95 AND inside_95 <= steps",
                        name="inside_of_the_steps"),
        Index("forecast_score_of_week", "series_id", "week"),
        Index("forecast_score_in_time", "hospital_id", "scored_at"),
    )  # fmt: skip

    forecast_id: UUID = Field(foreign_key="forecast.id")
    series_id: UUID = Field(foreign_key="forecast_series.id")
    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    week: int  # of its as-of: Mondays since 1970, by the hospital's clock
    steps: int
    inside_80: int
    inside_95: int
    scaled_error: float  # Σ |truth − point| ÷ scale, of what was offered
    engine_error: float  # the same of our own engine, offered or not
    engine_bias: float  # Σ (truth − point) ÷ scale
    naive_error: float
    mean_error: float
    scored_at: datetime = Field(sa_type=UtcTime)
