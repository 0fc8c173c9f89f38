"""Which forecasts are due of a hospital, and asking for them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from domain.beds.model import BedStay
from domain.devices.model import DeviceAttachment
from domain.forecasts.calendar import step_before
from domain.forecasts.history import What
from domain.forecasts.los_survival import WEEKS_NEEDED
from domain.forecasts.model import ForecastSeries, ForecastState, StoredForecast
from domain.forecasts.series import Step
from domain.forecasts.series_rows import Kept, kept, key_of
from domain.forecasts.words import ForecastMeasure
from domain.measures.place import Place
from domain.places.model import Ward
from kit.errors import Conflict
from kit.work import Work

RIPE = timedelta(weeks=WEEKS_NEEDED, days=1)  # of records, before anything is kept by itself


def ask(work: Work, series: ForecastSeries, horizon: int, zone: str) -> StoredForecast:
    """A forecast to be made. Raises Conflict while one of the series is under way."""
    under_way = work.session.exec(
        select(StoredForecast.id).where(
            StoredForecast.series_id == series.id, StoredForecast.state == ForecastState.COMPUTING
        )
    ).first()
    if under_way is not None:
        raise Conflict("this forecast is being made already; look again in a moment",
                       reason="FORECAST_UNDER_WAY", blocking=under_way)  # fmt: skip
    row = work.add(StoredForecast(
        series_id=series.id, hospital_id=series.hospital_id, ward_id=series.ward_id,
        requested_by=work.actor.id, requested_at=work.now, horizon=horizon, time_zone=zone,
    ))  # fmt: skip
    work.emit("ForecastRequested", row.scope, forecast=row.id, series=series.id)
    return row


def unkept(session: Session, hospital_id: UUID, now: datetime) -> list[tuple[Place, Kept]]:
    """What should be kept by itself and is not yet: of places with enough on record."""
    known = set(session.exec(
        select(ForecastSeries.place_key).where(
            ForecastSeries.hospital_id == hospital_id, col(ForecastSeries.kept_up))
    ))  # fmt: skip
    return [
        (place, one)
        for place, one in _wanted(session, hospital_id, now)
        if key_of(place, What(one.measure), one.step) not in known
    ]


def due(session: Session, hospital_id: UUID, now: datetime, zone: str) -> list[ForecastSeries]:
    """Kept series of open places that were not asked for since their last step ended."""
    asked = (
        select(StoredForecast.series_id, sa.func.max(col(StoredForecast.requested_at)).label("at"))
        .where(StoredForecast.hospital_id == hospital_id)
        .group_by(col(StoredForecast.series_id))
        .subquery()
    )
    found: Any = session.exec(
        select(ForecastSeries, asked.c.at)
        .outerjoin(asked, asked.c.series_id == col(ForecastSeries.id))
        .outerjoin(Ward, col(Ward.id) == col(ForecastSeries.ward_id))
        .where(ForecastSeries.hospital_id == hospital_id, col(ForecastSeries.kept_up),
               col(Ward.closed_at).is_(None))
        .order_by(col(ForecastSeries.id))
    ).all()  # fmt: skip
    ended = {step: step_before(now, step, zone) for step in Step}
    return [series for series, at in found if at is None or at < ended[series.step]]


def _wanted(session: Session, hospital_id: UUID, now: datetime) -> Iterator[tuple[Place, Kept]]:
    stays, devices = _ripe(session, hospital_id, now)
    for one in kept():
        ripe = devices if one.measure is ForecastMeasure.DEVICE_USE else stays
        for ward_id in ripe:
            if one.of_ward == (ward_id is not None):
                yield Place(hospital_id, ward_id), one


def _ripe(
    session: Session, hospital_id: UUID, now: datetime
) -> tuple[list[UUID | None], list[UUID | None]]:
    """The open wards, and the hospital as None, whose records reach back far enough."""
    connection, before = session.connection(), now - RIPE
    wards = sa.select(col(Ward.id)).where(
        col(Ward.hospital_id) == hospital_id, col(Ward.closed_at).is_(None)
    )
    departed = sa.exists().where(
        col(BedStay.ward_id) == col(Ward.id), col(BedStay.until) <= before,
        col(BedStay.voided_at).is_(None),
    )  # fmt: skip
    attached = sa.select(col(DeviceAttachment.id)).where(
        col(DeviceAttachment.hospital_id) == hospital_id, col(DeviceAttachment.since) <= before
    )
    found = sorted(connection.execute(wards.where(departed)).scalars())
    devices = connection.execute(attached.limit(1)).first() is not None
    return [*found, *([None] if found else [])], [None] if devices else []
