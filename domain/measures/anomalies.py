"""What is unusual for the hour of the week, against the weeks before: median and MAD."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session, col

from domain.beds.model import BedRequest, BedStay, StayEnd
from domain.measures.history import zone_of
from domain.measures.intervals import HOUR_US, Intervals, Micros
from domain.measures.now import HISTORY, LIVE, waiting_for
from domain.measures.period import Period
from domain.measures.place import Place, place_in_reach
from domain.measures.spells import Spells, during, in_place, times
from domain.measures.steps import MOST_POINTS, Span, hour_of_week, hourly, moment, span_of
from kit.errors import Conflict, Invalid
from kit.work import Scope

WEEKS = 8  # of history before the interval
FEWEST_WEEKS = 4  # with a value in the same hour of the week
THRESHOLD = 3.5  # Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993
NORMAL = 1.4826  # MAD × this estimates the standard deviation of normal values

Values = NDArray[np.float64]


class SeriesName(StrEnum):
    """What is counted every hour."""

    OCCUPANCY = "occupancy"
    ARRIVALS = "arrivals"
    DEPARTURES = "departures"
    WAITING = "waiting"


UNITS = {
    SeriesName.OCCUPANCY: "%",
    SeriesName.ARRIVALS: "{patients}/h",
    SeriesName.DEPARTURES: "{patients}/h",
    SeriesName.WAITING: "{patients}",
}


@dataclass(frozen=True, slots=True)
class AnomalyPoint:
    """One hour. `score`: how many usual deviations from the median of the same hours before.

    `value` is None in a gap; `baseline`, `spread`, `score` and `flagged` are None where fewer than
    four weeks before had a value in this hour.
    """

    since: datetime
    value: float | None
    baseline: float | None
    spread: float | None
    score: float | None
    flagged: bool | None


@dataclass(frozen=True, slots=True)
class Anomalies:
    place: Place
    series: SeriesName
    unit: str
    as_of: datetime
    source: str
    time_zone: str
    weeks: int
    threshold: float
    points: tuple[AnomalyPoint, ...]


def anomalies(
    session: Session,
    scopes: Sequence[Scope],
    hospital_id: UUID | None,
    ward_id: UUID | None,
    series: SeriesName,
    since: datetime,
    until: datetime,
    now: datetime,
) -> Anomalies:
    """Each whole hour of the interval, judged by the eight weeks before it.

    The baseline is made of the weeks before the interval only, so what is judged does not excuse
    itself. Raises NotFound; Invalid for an interval that makes no sense or has more than 1,000
    hours; Conflict where not one hour can be judged.
    """
    place = place_in_reach(session, scopes, hospital_id, ward_id)
    asked = span_of(since, until, now, zone_of(session, place))
    if until - since > timedelta(hours=MOST_POINTS):
        raise Invalid(f"ask for {MOST_POINTS} hours at most", reason="INTERVAL_TOO_LONG",
                      field="since")  # fmt: skip
    span = Span(asked.since - timedelta(weeks=WEEKS), asked.until, asked.zone)
    edges = hourly(span).edges
    if edges.size < 2 or edges[-2] < asked.micros[0]:
        raise Invalid("the interval has no whole hour", reason="INTERVAL_EMPTY", field="until")
    values, floor = _values(Spells(session, place, span), series, edges)
    points = tuple(_judged(edges, values, floor, asked))
    if all(point.score is None for point in points):
        raise Conflict("there is too little history before this interval to say what is usual",
                       reason="HISTORY_TOO_SHORT", field="since")  # fmt: skip
    source = LIVE if until >= now else HISTORY
    return Anomalies(place, series, UNITS[series], asked.until, source, asked.zone, WEEKS,
                     THRESHOLD, points)  # fmt: skip


def _values(spells: Spells, series: SeriesName, edges: Micros) -> tuple[Values, float]:
    """The series, NaN in gaps, and the least spread worth a word: one bed, one patient."""
    known = spells.present.merged().time_within(edges) == np.diff(edges)
    if series is SeriesName.OCCUPANCY:
        opened = spells.open_within(edges)
        usual = float(np.median(opened[opened > 0])) / HOUR_US if (opened > 0).any() else 1.0
        values = 100 * spells.occupied.time_within(edges) / np.maximum(opened, 1)
        return np.where(known & (opened > 0), values, np.nan), 100 / usual
    return np.where(known, _counted(spells, series, edges), np.nan), 1.0


def _counted(spells: Spells, series: SeriesName, edges: Micros) -> Values:
    session, place, span = spells.session, spells.place, spells.span
    if series is SeriesName.WAITING:
        query = sa.select(col(BedRequest.id)).where(
            waiting_for(place), during(col(BedRequest.since), col(BedRequest.until), span)
        )
        ends = (col(BedRequest.since), col(BedRequest.until))
        return Intervals(*times(session, query, ends)).time_within(edges) / HOUR_US
    if series is SeriesName.ARRIVALS:
        moments = Period(session, place, span, span.until).admitted
    else:
        left = sa.select(col(BedStay.id)).where(
            in_place(session, place, BedStay), col(BedStay.voided_at).is_(None),
            col(BedStay.ended_by) == StayEnd.DEPARTURE, col(BedStay.until) >= span.since,
            col(BedStay.until) < span.until,
        )  # fmt: skip
        (moments,) = times(session, left, (col(BedStay.until),))
    return np.diff(np.searchsorted(np.sort(moments), edges, side="left")).astype(float)


def _judged(edges: Micros, values: Values, floor: float, asked: Span) -> Iterator[AnomalyPoint]:
    hours = hour_of_week(edges[:-1], asked.zone)
    judged = edges[:-1] >= asked.micros[0]
    usual = {hour: _usual(values[~judged & (hours == hour)], floor) for hour in range(168)}
    for i in np.flatnonzero(judged):
        value = None if np.isnan(values[i]) else float(values[i])
        middle, spread = usual[int(hours[i])]
        score = None
        if value is not None and middle is not None and spread is not None:
            score = (value - middle) / spread
        flagged = None if score is None else abs(score) > THRESHOLD
        yield AnomalyPoint(moment(edges[i]), value, middle, spread, score, flagged)


def _usual(before: Values, floor: float) -> tuple[float | None, float | None]:
    """Median and spread of the same hour in the weeks before, or None for both."""
    known = before[~np.isnan(before)]
    if known.size < FEWEST_WEEKS:
        return None, None
    middle = float(np.median(known))
    spread = NORMAL * float(np.median(np.abs(known - middle)))
    return middle, max(spread, floor)
