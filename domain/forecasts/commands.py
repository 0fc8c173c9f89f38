"""From a question to a stored forecast: ask, claim, compute outside any change, record."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, or_, select

from domain.devices.model import DeviceKind
from domain.forecasts.asking import ask, due, unkept
from domain.forecasts.calendar import steps_after
from domain.forecasts.forecast import require_horizon
from domain.forecasts.freezing import Claimed
from domain.forecasts.history import What
from domain.forecasts.making import Problem
from domain.forecasts.model import ForecastSeries, ForecastState, StoredForecast
from domain.forecasts.series import Step
from domain.forecasts.series_rows import open_series
from domain.forecasts.words import ForecastMeasure
from domain.measures.place import Place
from domain.measures.steps import moment
from domain.patients.model import EncounterClass
from domain.places.model import Hospital, Ward, WardSpecialty
from kit.command import Command
from kit.errors import Conflict, Invalid, NotFound
from kit.work import Scope, Work

AT_ONCE = 8  # forecasts that one process makes before it tells
LEASE = timedelta(minutes=5)  # then another process may take over
MOST_STEPS = 366  # of one forecast that is stored
USUAL_HORIZON = {Step.DAY: 14, Step.HOUR: 48}


@dataclass(frozen=True, kw_only=True)
class RequestForecast(Command[StoredForecast]):
    """Ask for a forecast of a hospital or ward. Answers at once; the forecast comes by itself.

    With `keepUp` it is made anew after every step from now on. Class and specialty are of
    admissions, the kind of device is of their use.
    """

    action = "forecast.request"

    hospital_id: UUID
    ward_id: UUID | None = None
    measure: ForecastMeasure
    step: Step = Step.DAY
    horizon: int | None = None
    encounter_class: EncounterClass | None = None
    specialty: str | None = None
    device_kind: DeviceKind | None = None
    keep_up: bool = False

    def scope(self, work: Work) -> Scope:
        hospital = work.get(Hospital, self.hospital_id)
        if self.ward_id is None:
            return hospital.scope
        ward = work.get(Ward, self.ward_id)
        if ward.hospital_id != hospital.id:
            raise NotFound.of("ward", self.ward_id)
        return ward.scope

    def apply(self, work: Work) -> StoredForecast:
        horizon = USUAL_HORIZON[self.step] if self.horizon is None else self.horizon
        require_horizon(self.step, horizon)
        if horizon > MOST_STEPS:
            raise Invalid(f"ask for {MOST_STEPS} steps at most", reason="FORECAST_HORIZON",
                          field="horizon")  # fmt: skip
        self._require_fitting(work)
        what = What(self.measure, self.encounter_class, self.specialty, self.device_kind)
        series = open_series(
            work, Place(self.hospital_id, self.ward_id), what, self.step, horizon,
            keep_up=self.keep_up,
        )  # fmt: skip
        return ask(work, series, horizon, work.get(Hospital, self.hospital_id).time_zone)

    def _require_fitting(self, work: Work) -> None:
        admissions = self.measure is ForecastMeasure.ADMISSIONS
        for name, given, fits in (
            ("encounterClass", self.encounter_class, admissions),
            ("specialty", self.specialty, admissions),
            ("deviceKind", self.device_kind, self.measure is ForecastMeasure.DEVICE_USE),
        ):
            if given is not None and not fits:
                raise Invalid(f"{self.measure} has no {name}: leave it out", field=name,
                              reason="NOT_OF_THIS_MEASURE")  # fmt: skip
        if self.specialty is None:
            return
        known = work.session.exec(
            select(WardSpecialty.specialty)
            .where(WardSpecialty.hospital_id == self.hospital_id)
            .distinct()
        ).all()
        if self.specialty not in known:
            raise Invalid("no ward of this hospital has that specialty", field="specialty",
                          reason="SPECIALTY_UNKNOWN", allowed=tuple(sorted(known)))  # fmt: skip


class OfHospital:
    """Lands in a hospital."""

    hospital_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope


@dataclass(frozen=True, kw_only=True)
class KeepForecasts(OfHospital, Command[int]):
    """Ask for the forecasts that are due of a hospital and its wards; how many."""

    action = "forecast.make"

    hospital_id: UUID

    def apply(self, work: Work) -> int:
        session, zone = work.session, work.get(Hospital, self.hospital_id).time_zone
        for place, one in unkept(session, self.hospital_id, work.now):
            open_series(work, place, What(one.measure), one.step, one.horizon, keep_up=True)
        asked = due(session, self.hospital_id, work.now, zone)
        if not asked:
            raise Conflict("no forecast is due", reason="NOTHING_DUE")
        for series in asked:
            ask(work, series, series.horizon, zone)
        return len(asked)


@dataclass(frozen=True, kw_only=True)
class ClaimForecasts(OfHospital, Command[tuple[Claimed, ...]]):
    """Take some forecasts that nobody is making, those that people wait for first."""

    action = "forecast.make"

    hospital_id: UUID

    def apply(self, work: Work) -> tuple[Claimed, ...]:
        rows = work.session.exec(
            select(StoredForecast, ForecastSeries)
            .where(
                StoredForecast.series_id == ForecastSeries.id,
                StoredForecast.hospital_id == self.hospital_id,
                StoredForecast.state == ForecastState.COMPUTING,
                or_(col(StoredForecast.lease_until).is_(None),
                    col(StoredForecast.lease_until) <= work.now),
            )
            .order_by(col(StoredForecast.requested_by) == work.actor.id, col(StoredForecast.id))
            .limit(AT_ONCE)
        ).all()  # fmt: skip
        if not rows:
            raise Conflict("no forecast waits to be made", reason="FORECAST_TAKEN")
        for row, _ in rows:
            row.lease_until = work.now + LEASE
        return tuple(
            Claimed(forecast_id=row.id, series=series, horizon=row.horizon, zone=row.time_zone)
            for row, series in rows
        )


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of a claimed forecast: an answer of domain/forecasts/making.py, or why none."""

    forecast_id: UUID
    problem: Problem | None = None
    answer: dict[str, Any] = field(default_factory=dict)
    refused: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecordForecasts(OfHospital, Command[int]):
    """Store what came of forecasts that were claimed; how many are ready.

    While a series has fallen back, its baseline is what is offered; our own engine's points are
    kept beside it and scored on, so that it can come back.
    """

    action = "forecast.make"

    hospital_id: UUID
    made: tuple[Made, ...]

    def apply(self, work: Work) -> int:
        ready = 0
        for one in self.made:
            row = work.get(StoredForecast, one.forecast_id)
            if row.hospital_id != self.hospital_id:
                raise NotFound.of("forecast", one.forecast_id)
            if row.state is not ForecastState.COMPUTING:
                continue  # another process took over and was quicker
            row.lease_until = None
            if one.problem is None or one.refused is not None:
                row.state, row.failure = ForecastState.FAILED, one.refused or "NO_ANSWER"
                work.emit("ForecastFailed", row.scope, forecast=row.id, series=row.series_id)
            else:
                _fill(row, work.get(ForecastSeries, row.series_id), one.problem, one.answer)
                row.made_at = work.now
                ready += 1
                work.emit("ForecastMade", row.scope, forecast=row.id, series=row.series_id)
        work.note(ready=ready)
        return ready


def _fill(
    row: StoredForecast, series: ForecastSeries, problem: Problem, answer: dict[str, Any]
) -> None:
    as_of = moment(problem.as_of)
    edges = steps_after(as_of, row.horizon, series.step, row.time_zone)
    row.state, row.model = ForecastState.READY, series.fallback or answer["model"]
    row.as_of, row.until = as_of, moment(int(edges[-1]))
    row.truth_due_at = moment(int(edges[1]))
    row.window_since, row.window_steps = moment(problem.start), len(problem.values)
    row.history_hash, row.scale = answer["hash"], answer["scale"]
    row.quantiles = answer["quantiles"][row.model]
    row.engine, row.naive, row.mean = answer["engine"], answer["naive"], answer["mean"]
    row.backtest = answer["backtest"]
