"""Measures of waiting: of beds for cleaning, of patients for beds."""

from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col

from domain.beds.model import (
    BedHygiene,
    BedRequest,
    BedStay,
    Hygiene,
    RequestPhase,
    RequestState,
    StayEnd,
)
from domain.measures.intervals import MINUTE_US, Micros
from domain.measures.period import Period, Sums
from domain.measures.spells import in_place, times
from domain.places.model import CareLevel, Ward


def cleaning_turnaround(period: Period) -> Sums:
    """A bed that somebody else got before it was clean has no turnaround."""
    following: Any = aliased(BedStay)
    bed, vacated_at = col(BedStay.bed_id), col(BedStay.until)
    ready = (
        sa.select(sa.func.min(col(BedHygiene.since)))
        .where(
            col(BedHygiene.bed_id) == bed, col(BedHygiene.since) >= vacated_at,
            col(BedHygiene.hygiene) == Hygiene.CLEAN,
        )
        .scalar_subquery()
    )  # fmt: skip
    taken = (
        sa.select(sa.func.min(following.since))
        .where(
            following.bed_id == bed, following.since >= vacated_at,
            following.voided_at.is_(None),
        )
        .scalar_subquery()
    )  # fmt: skip
    query = sa.select(col(BedStay.id)).where(
        in_place(period.session, period.place, BedStay), col(BedStay.voided_at).is_(None),
        col(BedStay.ended_by).in_((StayEnd.DEPARTURE, StayEnd.MOVE)),
        period.inside(vacated_at),
    )  # fmt: skip
    vacated, clean_at, next_at = times(period.session, query, (vacated_at, ready, taken))
    done = clean_at <= np.minimum(next_at, period.edges[1])
    return _mean(clean_at[done] - vacated[done])


def time_to_bed(period: Period) -> Sums:
    active = (
        sa.select(sa.func.min(col(RequestPhase.since)))
        .where(
            col(RequestPhase.request_id) == col(BedRequest.id),
            col(RequestPhase.state) != RequestState.REQUESTED,
        )
        .scalar_subquery()
    )
    query = _arrivals(period).where(in_place(period.session, period.place, BedStay))
    began, arrived = times(period.session, query, (active, col(BedStay.since)))
    return _mean(arrived - began)


def boarding_time(period: Period) -> Sums:
    """Counts where the patient waited when the request was made."""
    first = sa.and_(
        col(RequestPhase.request_id) == col(BedRequest.id),
        col(RequestPhase.since) == col(BedRequest.since),
    )
    place = period.place
    here = (
        col(Ward.id) == place.ward_id if place.ward_id is not None else place.has_hospital(Ward)
    )  # fmt: skip
    query = (
        _arrivals(period)
        .join(RequestPhase, first)
        .join(Ward, col(Ward.id) == col(RequestPhase.from_ward_id))
        .where(here, col(Ward.care_level) == CareLevel.ED)
    )
    asked, arrived = times(period.session, query, (col(BedRequest.since), col(BedStay.since)))
    return _mean(arrived - asked)


def _arrivals(period: Period) -> Any:
    """Requests that ended with the patient in a bed during the interval."""
    return (
        sa.select(col(BedRequest.id))
        .join(BedStay, col(BedStay.request_id) == col(BedRequest.id))
        .where(
            period.place.has_hospital(BedStay), col(BedStay.voided_at).is_(None),
            period.inside(col(BedStay.since)),
        )
    )  # fmt: skip


def _mean(waits: Micros) -> Sums:
    return Sums(float(waits.sum() / MINUTE_US), waits.size, waits.size)
