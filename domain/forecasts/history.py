"""The past of a place as counts per step: one statement for all wards of a hospital.

A number in bed (CENSUS, DEVICE_USE) is taken when a step ends; the others are of the whole step.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from domain.beds.model import Bed, BedStay, StayBegin, StayEnd
from domain.devices.model import Device, DeviceAttachment
from domain.forecasts.words import ForecastMeasure
from domain.measures.intervals import Intervals, Micros, as_micros
from domain.measures.place import Place
from domain.measures.spells import columns, during, in_place, micros
from domain.measures.steps import Span
from domain.patients.model import Encounter, EncounterClass, EncounterStatus

GONE = (EncounterStatus.DISCHARGED, EncounterStatus.DIED)
NEVER_CAME = (EncounterStatus.PLANNED, EncounterStatus.ERROR)
STANDING = (ForecastMeasure.CENSUS, ForecastMeasure.DEVICE_USE)
WINDOW = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True)
class What:
    """What is counted, and of whom: of one class, specialty or kind of device, else of all."""

    measure: ForecastMeasure
    encounter_class: EncounterClass | None = None
    specialty: str | None = None
    device_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What happened, by ward: spells from `since` to `until`, or events at `since`."""

    wards: NDArray[Any]
    since: Micros
    until: Micros
    standing: bool

    def per_step(self, edges: Micros, ward_id: UUID | None = None) -> Micros:
        """One number for each step between the edges, of a ward or of all that was read."""
        chosen = np.ones(self.since.size, dtype=bool) if ward_id is None else self.wards == ward_id
        if self.standing:
            return (Intervals(self.since, self.until) & chosen).count_at(edges[1:])
        at = np.sort(self.since[chosen])
        found: Micros = np.diff(np.searchsorted(at, edges, side="left"))
        return found


class _Asked(NamedTuple):
    """A query, and which of its columns say where, from when and until when."""

    query: Any
    ward: Any
    since: Any
    until: Any


def counted(session: Session, place: Place, what: What, span: Span) -> Counted:
    """Everything of this kind in the place during the span, in one statement.

    Of a hospital it serves each of its wards, but for ARRIVALS: who comes into a ward may have
    come to the hospital long ago. Ask for those ward by ward.
    """
    query, ward, since, until = _asked(session, place, what, span)
    asked = query.with_only_columns(ward, micros(session, since), micros(session, until))
    wards, begun, ended = columns(session, asked)
    where = np.empty(len(wards), dtype=object)
    where[:] = wards
    return Counted(where, as_micros(begun), as_micros(ended), what.measure in STANDING)


def known_since(session: Session, place: Place, what: What, now: datetime) -> datetime | None:
    """From when on the place's records are whole, two years at most; None where there are none.

    Before the first departure on record nobody is known who left, and a census would only grow.
    """
    first: Any = col(BedStay.until)
    here = _stays_here(session, place)
    if what.measure is ForecastMeasure.DEVICE_USE:
        first, here = col(DeviceAttachment.since), place.has(DeviceAttachment)
    asked: Any = sa.select(sa.func.min(first)).where(here)
    found: datetime | None = session.connection().execute(asked).scalar()
    return None if found is None else max(found, now - WINDOW)


def _asked(session: Session, place: Place, what: What, span: Span) -> _Asked:
    if what.measure is ForecastMeasure.DEVICE_USE:
        return _attachments(place, what, span)
    if what.measure is ForecastMeasure.CENSUS:
        return _census(session, place, span)
    if what.measure is ForecastMeasure.DISCHARGES:
        return _departures(session, place, span)
    if what.measure is ForecastMeasure.ADMISSIONS:
        return _admissions(session, place, what, span)
    return (_came_to if place.ward_id is None else _came_into)(session, place, span)


def _census(session: Session, place: Place, span: Span) -> _Asked:
    """Stays in beds that count, as the midnight occupancy has them."""
    query = (
        sa.select(col(BedStay.id))
        .join(Bed, col(Bed.id) == col(BedStay.bed_id))
        .where(_stays_here(session, place), col(Bed.censusable),
               during(col(BedStay.since), col(BedStay.until), span))
    )  # fmt: skip
    return _Asked(query, col(BedStay.ward_id), col(BedStay.since), col(BedStay.until))


def _attachments(place: Place, what: What, span: Span) -> _Asked:
    query = sa.select(col(DeviceAttachment.id)).where(
        place.has(DeviceAttachment), col(DeviceAttachment.bed_id).is_not(None),
        during(col(DeviceAttachment.since), col(DeviceAttachment.until), span),
    )  # fmt: skip
    if what.device_kind is not None:
        query = query.join(Device, col(Device.id) == col(DeviceAttachment.device_id)).where(
            col(Device.kind) == what.device_kind
        )
    return _Asked(query, col(DeviceAttachment.ward_id), col(DeviceAttachment.since),
                  col(DeviceAttachment.until))  # fmt: skip


def _departures(session: Session, place: Place, span: Span) -> _Asked:
    """Last stays of patients who left or died, as domain/measures/period.py counts them."""
    later: Any = aliased(BedStay)
    again = sa.exists().where(
        later.encounter_id == col(BedStay.encounter_id), later.voided_at.is_(None),
        later.since >= col(BedStay.until),
    )  # fmt: skip
    query = (
        sa.select(col(BedStay.id))
        .join(Encounter, col(Encounter.id) == col(BedStay.encounter_id))
        .where(_stays_here(session, place), col(BedStay.ended_by) == StayEnd.DEPARTURE,
               _inside(col(BedStay.until), span), col(Encounter.status).in_(GONE), ~again)
    )  # fmt: skip
    return _Asked(query, col(BedStay.ward_id), col(BedStay.until), col(BedStay.until))


def _admissions(session: Session, place: Place, what: What, span: Span) -> _Asked:
    query = sa.select(col(BedStay.id)).where(
        _stays_here(session, place), col(BedStay.begun_by) == StayBegin.ADMIT,
        _inside(col(BedStay.since), span),
    )  # fmt: skip
    if what.encounter_class is not None or what.specialty is not None:
        query = query.join(Encounter, col(Encounter.id) == col(BedStay.encounter_id))
    if what.encounter_class is not None:
        query = query.where(col(Encounter.encounter_class) == what.encounter_class)
    if what.specialty is not None:
        query = query.where(col(Encounter.specialty) == what.specialty)
    return _Asked(query, col(BedStay.ward_id), col(BedStay.since), col(BedStay.since))


def _came_to(session: Session, place: Place, span: Span) -> _Asked:
    """Encounters that arrived at the hospital, whether or not they got a bed."""
    query = sa.select(col(Encounter.id)).where(
        place.has_hospital(Encounter), col(Encounter.status).not_in(NEVER_CAME),
        _inside(col(Encounter.arrived_at), span),
    )  # fmt: skip
    return _Asked(query, col(Encounter.ward_id), col(Encounter.arrived_at),
                  col(Encounter.arrived_at))  # fmt: skip


def _came_into(session: Session, place: Place, span: Span) -> _Asked:
    """Stays that did not begin by a move within the ward."""
    before: Any = aliased(BedStay)
    query = (
        sa.select(col(BedStay.id))
        .outerjoin(before, before.id == col(BedStay.previous_id))
        .where(
            _stays_here(session, place), _inside(col(BedStay.since), span),
            sa.or_(before.id.is_(None), before.ward_id != col(BedStay.ward_id)),
            col(BedStay.begun_by) != StayBegin.RESTORE,
        )
    )  # fmt: skip
    return _Asked(query, col(BedStay.ward_id), col(BedStay.since), col(BedStay.since))


def _stays_here(session: Session, place: Place) -> sa.ColumnElement[bool]:
    return sa.and_(in_place(session, place, BedStay), col(BedStay.voided_at).is_(None))


def _inside(column: Any, span: Span) -> sa.ColumnElement[bool]:
    return sa.and_(column >= span.since, column < span.until)
