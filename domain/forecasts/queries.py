"""Reads of forecasts: for people cut to their scopes, for the job runner what is to be made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from domain.forecasts.calendar import steps_after
from domain.forecasts.forecast import LEVELS
from domain.forecasts.history import What
from domain.forecasts.judging import MODELS
from domain.forecasts.model import ForecastScore, ForecastSeries, ForecastState, StoredForecast
from domain.forecasts.series import Step
from domain.forecasts.series_rows import key_of
from domain.forecasts.words import ForecastMeasure
from domain.measures.place import Place
from domain.measures.steps import moment
from domain.places.reach import by_keyset, within
from kit.errors import NotFound
from kit.work import Scope

PAGE = 101  # one more than a page, to know whether there is another
STALE = {Step.DAY: timedelta(hours=36), Step.HOUR: timedelta(hours=3)}


@dataclass(frozen=True, slots=True)
class ForecastFound:
    """A forecast with its series, and its own score where some of it has come true."""

    row: StoredForecast
    series: ForecastSeries
    score: ForecastScore | None
    now: datetime

    @property
    def id(self) -> UUID:
        """By which a list goes on."""
        return self.row.id

    @property
    def age(self) -> timedelta | None:
        """Since the truth that it was made from."""
        return None if self.row.as_of is None else self.now - self.row.as_of

    @property
    def stale(self) -> bool:
        """Older than one should go by; a forecast that is not ready says nothing."""
        return self.age is None or self.age > STALE[self.series.step]

    @property
    def fell_back(self) -> bool:
        """Whether a baseline is offered in the place of our own engine."""
        return self.row.model in MODELS

    @property
    def edges(self) -> list[datetime]:
        """Where its steps begin, and where the last one ends; none while it is not ready."""
        if self.row.as_of is None:
            return []
        found = steps_after(self.row.as_of, self.row.horizon, self.series.step, self.row.time_zone)
        return [moment(int(edge)) for edge in found]

    def level(self, percent: float) -> list[float]:
        """The quantile of each step. Raises ValueError for a level that is not kept."""
        return self.row.quantiles[LEVELS.index(percent)] if self.row.quantiles else []


def newest(
    session: Session, scopes: Sequence[Scope], place: Place, what: What, step: Step,
    at: datetime, now: datetime,
) -> ForecastFound | None:  # fmt: skip
    """The newest forecast that one could know at `at`. The caller has found the place in reach."""
    query = _found().where(
        ForecastSeries.place_key == key_of(place, what, step),
        col(StoredForecast.made_at) <= at,
        within(scopes, col(StoredForecast.hospital_id), col(StoredForecast.ward_id)),
    )
    row = session.exec(query.order_by(col(StoredForecast.made_at).desc()).limit(1)).first()
    return None if row is None else ForecastFound(row[0], row[1], row[2], now)


def newest_of_wards(
    session: Session, hospital_ids: Sequence[UUID], measure: ForecastMeasure, step: Step,
    at: datetime, now: datetime,
) -> dict[Place, ForecastFound]:  # fmt: skip
    """The newest one of each hospital and each of its wards, of all patients; two statements."""
    of_all = (
        col(ForecastSeries.hospital_id).in_(hospital_ids), ForecastSeries.measure == measure,
        ForecastSeries.step == step, col(ForecastSeries.encounter_class).is_(None),
        col(ForecastSeries.specialty).is_(None), col(ForecastSeries.device_kind).is_(None),
    )  # fmt: skip
    last = (
        select(StoredForecast.series_id, sa.func.max(col(StoredForecast.made_at)).label("at"))
        .where(StoredForecast.series_id == ForecastSeries.id, *of_all,
               col(StoredForecast.made_at) <= at)
        .group_by(col(StoredForecast.series_id))
        .subquery()
    )  # fmt: skip
    query = _found().join(
        last, sa.and_(last.c.series_id == col(StoredForecast.series_id),
                      last.c.at == col(StoredForecast.made_at)),
    )  # fmt: skip
    return {
        Place(row.hospital_id, row.ward_id): ForecastFound(row, series, score, now)
        for row, series, score in session.exec(query).all()
    }


def forecast_in_reach(
    session: Session, scopes: Sequence[Scope], forecast_id: UUID, now: datetime
) -> ForecastFound:
    """One forecast. Raises NotFound for an unknown and for a foreign one alike."""
    row = session.exec(_found().where(StoredForecast.id == forecast_id)).first()
    if row is None or not any(scope.covers(row[0].scope) for scope in scopes):
        raise NotFound.of("forecast", forecast_id)
    return ForecastFound(row[0], row[1], row[2], now)


def forecasts(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, now: datetime, *,
    ward_id: UUID | None = None, measure: ForecastMeasure | None = None,
    after: UUID | None = None, limit: int = PAGE,
) -> list[ForecastFound]:  # fmt: skip
    """A hospital's forecasts by id, which is the order of asking; of a ward or measure alone."""
    query = _found().where(
        within(scopes, col(StoredForecast.hospital_id), col(StoredForecast.ward_id)),
        StoredForecast.hospital_id == hospital_id, by_keyset(StoredForecast.id, after),
    )  # fmt: skip
    if ward_id is not None:
        query = query.where(StoredForecast.ward_id == ward_id)
    if measure is not None:
        query = query.where(ForecastSeries.measure == measure)
    rows = session.exec(query.order_by(col(StoredForecast.id)).limit(min(limit, PAGE))).all()
    return [ForecastFound(row, series, score, now) for row, series, score in rows]


def hospitals_to_forecast(session: Session, now: datetime) -> list[UUID]:
    """Hospitals with forecasts that nobody is making, those that waited longest first."""
    free = or_(
        col(StoredForecast.lease_until).is_(None), col(StoredForecast.lease_until) <= now
    )  # fmt: skip
    found = session.exec(
        select(StoredForecast.hospital_id)
        .where(StoredForecast.state == ForecastState.COMPUTING, free)
        .group_by(col(StoredForecast.hospital_id))
        .order_by(sa.func.min(col(StoredForecast.requested_at)))
    )
    return list(found)


def _found() -> Any:
    return (
        select(StoredForecast, ForecastSeries, ForecastScore)
        .join(ForecastSeries, col(ForecastSeries.id) == col(StoredForecast.series_id))
        .outerjoin(ForecastScore, col(ForecastScore.forecast_id) == col(StoredForecast.id))
    )
