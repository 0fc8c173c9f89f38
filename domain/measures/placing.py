"""Measures of where patients were put: in whose ward, and with whom in a room."""

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import col

from domain.beds.model import Bed, BedStay
from domain.measures.intervals import DAY_US, Intervals, Micros, as_micros
from domain.measures.period import Period, Sums
from domain.measures.spells import columns, during, in_place, micros
from domain.patients.model import Encounter, Patient, Sex
from domain.places.model import Room, RoomSex, WardSpecialty


def outliers(period: Period) -> Sums:
    """Wards that list no specialty take everybody; who has none is nobody's outlier."""
    listed = sa.exists().where(
        col(WardSpecialty.ward_id) == col(BedStay.ward_id),
        col(WardSpecialty.specialty) == col(Encounter.specialty),
    )
    choosy = sa.exists().where(col(WardSpecialty.ward_id) == col(BedStay.ward_id))
    query = (
        sa.select(
            micros(period.session, col(BedStay.since)), micros(period.session, col(BedStay.until)),
            sa.case((listed, 0), else_=1),
        )
        .join(Encounter, col(Encounter.id) == col(BedStay.encounter_id))
        .where(*_stays(period), col(Encounter.specialty).is_not(None), choosy)
    )  # fmt: skip
    since, until, strange = columns(period.session, query)
    lying = Intervals(as_micros(since), as_micros(until))
    out = lying & np.array(strange, dtype=bool)
    inside = [one.time_within(period.edges)[0] / DAY_US for one in (out, lying)]
    return Sums(float(inside[0]), float(inside[1]), out.since.size)


def mixed_sex_breaches(period: Period) -> Sums:
    """Patients of unknown sex count for neither side; rooms for both sexes never count."""
    query = (
        sa.select(
            micros(period.session, col(BedStay.since)), micros(period.session, col(BedStay.until)),
            sa.cast(col(Bed.room_id), sa.String), sa.cast(col(BedStay.encounter_id), sa.String),
            col(Patient.sex),
        )
        .join(Bed, col(Bed.id) == col(BedStay.bed_id))
        .join(Room, col(Room.id) == col(Bed.room_id))
        .join(Encounter, col(Encounter.id) == col(BedStay.encounter_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .where(*_stays(period), col(Room.sex_policy) != RoomSex.MIXED,
               col(Patient.sex) != Sex.UNKNOWN)
    )  # fmt: skip
    since, until, rooms, who, sexes = columns(period.session, query)
    first, last = period.edges
    begins, ends = (np.clip(as_micros(one), first, last) - first for one in (since, until))
    _, room = np.unique(np.array(rooms, dtype=str), return_inverse=True)
    women = np.array([sex == Sex.FEMALE for sex in sexes], dtype=bool)
    shared = np.zeros(women.size, dtype=bool)
    for here in (women, ~women):
        shared[here] = _met(room, begins, ends, here, int(last - first))
    affected = {one for one, with_other in zip(who, shared.tolist(), strict=True) if with_other}
    return Sums(len(affected), None, len(affected))


def _met(
    room: NDArray[np.int64], begins: Micros, ends: Micros, here: NDArray[np.bool_], length: int
) -> NDArray[np.bool_]:
    """Which of `here` were in their room together with one of the others.

    Of the others in the room, those who came before one left, less those who left before one
    came, are the ones that were met.
    """
    row = length + 1  # each room has its own stretch of a common line
    came, went = (np.sort(room[~here] * row + one[~here]) for one in (begins, ends))
    mine = room[here] * row
    before = np.searchsorted(came, mine + ends[here], side="left")
    gone = np.searchsorted(went, mine + begins[here], side="right")
    met: NDArray[np.bool_] = before > gone
    return met


def _stays(period: Period) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        in_place(period.session, period.place, BedStay), col(BedStay.voided_at).is_(None),
        during(col(BedStay.since), col(BedStay.until), period.span),
    )  # fmt: skip
