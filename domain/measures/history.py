"""How full a place was: over any interval, in steps that the server chooses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col

from domain.measures.intervals import Micros
from domain.measures.now import HISTORY, LIVE
from domain.measures.place import Place, place_in_reach
from domain.measures.spells import Spells
from domain.measures.steps import Span, midnights, moment, span_of, steps_of
from domain.places.model import Hospital
from kit.work import Scope


class Sampling(StrEnum):
    """Time-weighted counts every minute; midnight counts who is there when a day ends."""

    TIME = "TIME"
    MIDNIGHT = "MIDNIGHT"


FORMULA = {Sampling.TIME: "occupancy", Sampling.MIDNIGHT: "occupancy_midnight"}


@dataclass(frozen=True, slots=True)
class OccupancyPoint:
    """One step: means over its time, or over its midnights.

    `percent` is None where no bed was open. `complete` is the share of the step for which there is
    anything to know: beds were there and the time has come. 0 means a gap; nothing fills it.
    """

    since: datetime
    until: datetime
    occupied: float
    open: float
    staffed: float
    percent: float | None
    complete: float


@dataclass(frozen=True, slots=True)
class History:
    """`step_s` is the length of a whole step; the first and the last may be cut."""

    place: Place
    as_of: datetime
    source: str
    formula: str
    sampling: Sampling
    time_zone: str
    step_s: int
    points: tuple[OccupancyPoint, ...]


def occupancy_history(
    session: Session,
    scopes: Sequence[Scope],
    hospital_id: UUID | None,
    ward_id: UUID | None,
    since: datetime,
    until: datetime,
    now: datetime,
    sampling: Sampling = Sampling.TIME,
) -> History:
    """At most 1,000 points, from the stays, blocks and staffing as they are known today.

    Raises NotFound, and Invalid for an interval that is empty, ahead or longer than 20 years.
    """
    place = place_in_reach(session, scopes, hospital_id, ward_id)
    span = span_of(since, until, now, zone_of(session, place))
    steps = steps_of(span, whole_days=sampling is Sampling.MIDNIGHT)
    spells = Spells(session, place, span)
    counted = _by_time if sampling is Sampling.TIME else _by_midnight
    points = tuple(_points(steps.edges, counted(spells, steps.edges, span)))
    source = LIVE if until >= now else HISTORY
    return History(place, span.until, source, FORMULA[sampling], sampling, span.zone,
                   steps.seconds, points)  # fmt: skip


def zone_of(session: Session, place: Place) -> str:
    """The place's time zone; of a network with more than one, UTC."""
    query = sa.select(col(Hospital.time_zone)).distinct()
    if place.hospital_id is not None:
        query = query.where(col(Hospital.id) == place.hospital_id)
    found = session.connection().execute(query).scalars().all()
    return found[0] if len(found) == 1 else "UTC"


@dataclass(frozen=True, slots=True)
class _Counted:
    """Per step: bed-time or bed-nights, `of` how much time or how many nights, `known` of them."""

    occupied: Micros
    open: Micros
    staffed: Micros
    of: Micros
    known: Micros


def _by_time(spells: Spells, edges: Micros, span: Span) -> _Counted:
    return _Counted(
        spells.occupied.time_within(edges), spells.open_within(edges),
        spells.staffed.time_within(edges), np.diff(edges),
        spells.present.merged().time_within(edges),
    )  # fmt: skip


def _by_midnight(spells: Spells, edges: Micros, span: Span) -> _Counted:
    nights = midnights(span.since, span.until, span.zone)
    step = np.searchsorted(edges, nights, side="left") - 1

    def summed(counts: Micros) -> Micros:
        return np.bincount(step, weights=counts, minlength=edges.size - 1).astype(np.int64)

    return _Counted(
        summed(spells.occupied.count_at(nights)), summed(spells.open_at(nights)),
        summed(spells.staffed.count_at(nights)), summed(np.ones_like(nights)),
        summed(np.minimum(spells.present.count_at(nights), 1)),
    )  # fmt: skip


def _points(edges: Micros, counted: _Counted) -> Iterator[OccupancyPoint]:
    ends = [moment(edge) for edge in edges]
    of = np.maximum(counted.of, 1)
    occupied, opened, staffed, known = (
        (one / of).tolist()
        for one in (counted.occupied, counted.open, counted.staffed, counted.known)
    )
    parts = 100 * counted.occupied / np.maximum(counted.open, 1)
    for i, share in enumerate(parts.tolist()):
        yield OccupancyPoint(
            ends[i], ends[i + 1], occupied[i], opened[i], staffed[i],
            share if counted.open[i] else None, known[i],
        )  # fmt: skip
