"""Freezes the history that a forecast is made from: read in one snapshot, outside any change."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from domain.forecasts.calendar import A_BIT, edges_of, step_before
from domain.forecasts.history import What, counted, known_since
from domain.forecasts.lying import lying
from domain.forecasts.making import Problem
from domain.forecasts.model import ForecastSeries
from domain.forecasts.words import ForecastMeasure
from domain.measures.place import Place
from domain.measures.steps import Span, moment
from domain.places.model import Hospital
from kit.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A forecast that somebody is making now."""

    forecast_id: UUID
    series: ForecastSeries
    horizon: int
    zone: str


def what_of(series: ForecastSeries) -> What:
    return What(series.measure, series.encounter_class, series.specialty, series.device_kind)


def freeze(session: Session, claimed: Claimed, now: datetime) -> Problem:
    """The series up to its last whole step. Raises Invalid where nothing is on record yet."""
    series, zone = claimed.series, claimed.zone
    place, what = Place(series.hospital_id, series.ward_id), what_of(series)
    as_of = step_before(now, series.step, zone)
    since = known_since(session, place, what, now)
    edges = None if since is None else edges_of(since, as_of, series.step, zone)
    if edges is None or edges.size < 2:
        raise Invalid("nothing of this place is on record yet", reason="NO_HISTORY",
                      field="measure")  # fmt: skip
    start = moment(int(edges[0]))
    found = counted(session, place, what, Span(start, as_of + A_BIT, zone))
    stays = lying(session, place, start, as_of) if what.measure is ForecastMeasure.CENSUS else ()
    return Problem(
        measure=series.measure, step=series.step, zone=zone, start=int(edges[0]),
        as_of=int(edges[-1]), horizon=claimed.horizon,
        values=tuple(found.per_step(edges).tolist()), stays=tuple(stays),
        region=_region(session, series.hospital_id),
    )  # fmt: skip


def _region(session: Session, hospital_id: UUID) -> str | None:
    hospital = session.get(Hospital, hospital_id)
    return None if hospital is None else hospital.holiday_region
