"""What a measure is at this moment: one cheap statement each, for rules, boards and maps.

The averages of an interval are in domain/measures/interval.py; here stands what alarms ask:
how full, how much room, and how long the longest has been waiting.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.beds.model import (
    Bed,
    BedBlock,
    BedHold,
    BedRequest,
    BedStay,
    CleaningTask,
    RequestPhase,
    RequestState,
)
from domain.measures.place import Place
from domain.measures.staffing import wards_within_ratio
from domain.places.model import CareLevel, Ward, WardStaffing
from domain.places.times import during
from kit.errors import Invalid

LIVE, HISTORY = "LIVE", "HISTORY"
MINUTES, PERCENT, BEDS, PATIENTS = "min", "%", "{beds}", "{patients}"  # UCUM


class NowName(StrEnum):
    """What can be asked of a place at this moment."""

    OCCUPANCY = "occupancy"
    STAFFED_HEADROOM = "staffed_headroom"
    CLEANING_TURNAROUND = "cleaning_turnaround"
    BOARDING_TIME = "boarding_time"
    TIME_TO_BED = "time_to_bed"
    WAITING = "waiting"
    RATIO_COMPLIANCE = "ratio_compliance"


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure with its unit and the name of its formula. `value` is None where there is none:

    no open bed to be occupied, or no data of that kind in the house.
    """

    name: NowName
    value: float | None
    unit: str
    formula: str
    as_of: datetime
    source: str


def measure_now(
    session: Session, name: str, hospital_id: UUID | None, ward_id: UUID | None, now: datetime
) -> Measured:
    """The figure of a ward, of a hospital without a ward, of the network without either.

    Nobody waiting and nothing to clean are 0 minutes. Raises Invalid for an unknown name.
    """
    known = now_named(name)
    unit, formula, ask = _ASK[known]
    value = ask(session, Place(hospital_id, ward_id), now)
    return Measured(known, value, unit, formula, now, LIVE)


def now_named(name: str) -> NowName:
    """The name, in any case of letters. Raises Invalid."""
    try:
        return NowName(name.lower())
    except ValueError as unknown:
        raise Invalid(f"no measure {name}", reason="MEASURE_UNKNOWN", field="measure",
                      allowed=tuple(NowName)) from unknown  # fmt: skip


def waiting_for(place: Place, said: Any = BedRequest) -> sa.ColumnElement[bool]:
    """The requests that a place waits with: a ward has those for it, and its own for anywhere."""
    if place.ward_id is None:
        return place.has_hospital(BedRequest)
    wanted = col(said.target_ward_id)
    here = col(said.from_ward_id) == place.ward_id
    return sa.or_(wanted == place.ward_id, sa.and_(wanted.is_(None), here))


def _occupancy(session: Session, place: Place, now: datetime) -> float | None:
    present = sa.and_(
        col(BedStay.bed_id) == col(Bed.id), col(BedStay.until).is_(None),
        col(BedStay.voided_at).is_(None),
    )  # fmt: skip
    blocked = sa.and_(col(BedBlock.bed_id) == col(Bed.id), col(BedBlock.until).is_(None))
    is_open = sa.or_(col(BedBlock.id).is_(None), col(BedStay.id).is_not(None))
    found = session.connection().execute(
        sa.select(sa.func.count(col(BedStay.id)), sa.func.sum(sa.case((is_open, 1), else_=0)))
        .select_from(Bed)
        .outerjoin(BedStay, present)
        .outerjoin(BedBlock, blocked)
        .where(place.has(Bed), col(Bed.removed_at).is_(None), col(Bed.censusable))
    )
    occupied, opened = found.one()
    return 100.0 * occupied / opened if opened else None


def _headroom(session: Session, place: Place, now: datetime) -> float:
    staffed = sa.select(sa.func.coalesce(sa.func.sum(col(WardStaffing.staffed_beds)), 0)).where(
        place.has(WardStaffing), during(WardStaffing, None)
    )
    lying = sa.select(col(BedStay.bed_id)).where(
        place.has(BedStay), col(BedStay.until).is_(None), col(BedStay.voided_at).is_(None)
    )
    held = sa.select(col(BedHold.bed_id)).where(
        place.has(BedHold), col(BedHold.until).is_(None), col(BedHold.expires_at) > now
    )
    used = sa.select(sa.func.count()).where(
        col(Bed.id).in_(lying.union(held)), col(Bed.censusable)
    )  # fmt: skip
    both = sa.select(staffed.scalar_subquery(), used.select_from(Bed).scalar_subquery())
    have, taken = session.connection().execute(both).one()
    return float(have - taken)


def _oldest_cleaning(session: Session, place: Place, now: datetime) -> float:
    oldest = sa.select(sa.func.min(col(CleaningTask.since))).where(
        place.has(CleaningTask), col(CleaningTask.until).is_(None)
    )
    return _age(session, oldest, now)


def _longest_boarding(session: Session, place: Place, now: datetime) -> float:
    where = (
        col(BedRequest.from_ward_id) == place.ward_id
        if place.ward_id is not None
        else place.has_hospital(BedRequest)
    )
    oldest = (
        sa.select(sa.func.min(col(BedRequest.since)))
        .join(Ward, col(Ward.id) == col(BedRequest.from_ward_id))
        .where(where, col(BedRequest.until).is_(None), col(Ward.care_level) == CareLevel.ED)
    )
    return _age(session, oldest, now)


def _longest_active(session: Session, place: Place, now: datetime) -> float:
    oldest = (
        sa.select(sa.func.min(col(RequestPhase.since)))
        .join(BedRequest, col(BedRequest.id) == col(RequestPhase.request_id))
        .where(
            waiting_for(place), col(BedRequest.until).is_(None),
            col(RequestPhase.state) != RequestState.REQUESTED,
        )
    )  # fmt: skip
    return _age(session, oldest, now)


def _waiting(session: Session, place: Place, now: datetime) -> float:
    counted = sa.select(sa.func.count(col(BedRequest.id))).where(
        waiting_for(place), col(BedRequest.until).is_(None)
    )
    return float(session.connection().execute(counted).scalar_one())


def _age(session: Session, oldest: Any, now: datetime) -> float:
    since = session.connection().execute(oldest).scalar()
    return (now - since).total_seconds() / 60 if since is not None else 0.0


_ASK: dict[NowName, tuple[str, str, Callable[[Session, Place, datetime], float | None]]] = {
    NowName.OCCUPANCY: (PERCENT, "occupied-beds/open-beds", _occupancy),
    NowName.STAFFED_HEADROOM: (BEDS, "staffed-beds-minus-beds-in-use", _headroom),
    NowName.CLEANING_TURNAROUND: (MINUTES, "oldest-open-cleaning-task", _oldest_cleaning),
    NowName.BOARDING_TIME: (MINUTES, "longest-open-request-from-ed", _longest_boarding),
    NowName.TIME_TO_BED: (MINUTES, "longest-since-request-active", _longest_active),
    NowName.WAITING: (PATIENTS, "open-requests", _waiting),
    NowName.RATIO_COMPLIANCE: (
        PERCENT,
        "wards-within-nurse-ratio/wards-with-roster",
        wards_within_ratio,
    ),
}
