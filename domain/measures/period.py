"""One reading of a place's interval: what several measures share is read once."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from domain.beds.model import BedStay, StayBegin, StayEnd
from domain.measures.intervals import DAY_US, HOUR_US, Micros, as_micros
from domain.measures.place import Place
from domain.measures.spells import Spells, columns, in_place, micros, times
from domain.measures.steps import Span, local, local_days, midnights
from domain.patients.model import Encounter, EncounterStatus

GONE = (EncounterStatus.DISCHARGED, EncounterStatus.DIED)
MOVED = (StayBegin.MOVE, StayBegin.SWAP)
NIGHT_FROM_H, NIGHT_TO_H = 22, 6  # local time


@dataclass(frozen=True, slots=True)
class Sums:
    """What a measure is made of. `cases`: of how many patients, beds or items."""

    numerator: float
    denominator: float | None
    cases: int
    parts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """Who left during the interval, by patient: first bed, departure, moves."""

    admitted: Micros
    departed: Micros
    in_bed_us: int
    moved_at: Micros


@dataclass
class Period:
    """An interval of a place. Everything is read on demand, and at most once."""

    session: Session
    place: Place
    span: Span
    now: datetime

    @cached_property
    def spells(self) -> Spells:
        return Spells(self.session, self.place, self.span)

    @cached_property
    def edges(self) -> Micros:
        return np.array(self.span.micros, dtype=np.int64)

    @cached_property
    def nights(self) -> Micros:
        return midnights(self.span.since, self.span.until, self.span.zone)

    @cached_property
    def occupied_days(self) -> float:
        return float(self.spells.occupied.time_within(self.edges)[0] / DAY_US)

    @cached_property
    def open_days(self) -> float:
        return float(self.spells.open_within(self.edges)[0] / DAY_US)

    @property
    def days(self) -> float:
        return float((self.edges[1] - self.edges[0]) / DAY_US)

    def inside(self, column: Any) -> sa.ColumnElement[bool]:
        return sa.and_(column >= self.span.since, column < self.span.until)

    def departures(self) -> Any:
        """Last stays of patients who left from here during the interval."""
        later: Any = aliased(BedStay)
        again = sa.exists().where(
            later.encounter_id == col(BedStay.encounter_id), later.voided_at.is_(None),
            later.since >= col(BedStay.until),
        )  # fmt: skip
        return (
            sa.select(col(BedStay.encounter_id), col(BedStay.until))
            .join(Encounter, col(Encounter.id) == col(BedStay.encounter_id))
            .where(
                in_place(self.session, self.place, BedStay), col(BedStay.voided_at).is_(None),
                col(BedStay.ended_by) == StayEnd.DEPARTURE, self.inside(col(BedStay.until)),
                col(Encounter.status).in_(GONE), ~again,
            )
        )  # fmt: skip

    @cached_property
    def left(self) -> Left:
        gone = self.departures().subquery()
        query = (
            sa.select(
                micros(self.session, col(BedStay.since)), micros(self.session, col(BedStay.until)),
                col(BedStay.begun_by), sa.cast(col(BedStay.encounter_id), sa.String),
            )
            .join(gone, gone.c.encounter_id == col(BedStay.encounter_id))
            .where(col(BedStay.voided_at).is_(None), col(BedStay.until).is_not(None))
        )  # fmt: skip
        since, until, begun, who = columns(self.session, query)
        begins, ends = as_micros(since), as_micros(until)
        _, group = np.unique(np.array(who, dtype=str), return_inverse=True)
        many = int(group.max()) + 1 if group.size else 0
        admitted, departed = np.full(many, 2**62), np.full(many, -(2**62))
        np.minimum.at(admitted, group, begins)
        np.maximum.at(departed, group, ends)
        moves = np.array([one in MOVED for one in begun], dtype=bool)
        return Left(admitted, departed, int((ends - begins).sum()), begins[moves])

    @cached_property
    def admitted(self) -> Micros:
        """When patients came into a first bed here."""
        query = sa.select(col(BedStay.id)).where(
            in_place(self.session, self.place, BedStay), col(BedStay.voided_at).is_(None),
            col(BedStay.begun_by) == StayBegin.ADMIT, self.inside(col(BedStay.since)),
        )  # fmt: skip
        return times(self.session, query, (col(BedStay.since),))[0]

    def at_night(self, moments: Micros) -> int:
        """How many of these are between 22:00 and 06:00 where the hospital is."""
        hours = local(moments, self.span.zone) % DAY_US // HOUR_US
        return int(((hours >= NIGHT_FROM_H) | (hours < NIGHT_TO_H)).sum())

    def calendar_days(self) -> int:
        """Days between the dates of admission and departure; the same day counts as one."""
        zone = self.span.zone
        days = local_days(self.left.departed, zone) - local_days(self.left.admitted, zone)
        return int(np.maximum(days, 1).sum())
