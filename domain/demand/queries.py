"""Demand for beds, nurses and places by hospital: the newest forecasts beside what there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from domain.demand.nurses import Nurses, nurses_for
from domain.forecasts.forecast import LEVELS
from domain.forecasts.queries import ForecastFound, newest_of_wards
from domain.forecasts.series import Step
from domain.forecasts.words import ForecastMeasure
from domain.measures.place import Place
from domain.places import queries as places
from domain.places.model import Hospital, Ward, WardStaffing
from domain.places.reach import hospital_in_reach
from domain.places.times import during
from domain.staff.ratios import Ratio, ratios_of
from kit.work import Scope

MOST_HOSPITALS = 100
MOST_STEPS = 14
MEDIAN, HIGH = LEVELS.index(50.0), LEVELS.index(90.0)


@dataclass(frozen=True, slots=True)
class Beds:
    """Of open wards, as they are now or were then."""

    licensed: int
    staffed: int


@dataclass(frozen=True, slots=True)
class DemandStep:
    """One day. `patients` and `arrivals` have a value per level of LEVELS.

    `short` is how many staffed beds are missing at the median, `short_high` at the 90 % quantile;
    `nurses` and `nurses_high` likewise, None for a whole hospital.
    """

    since: datetime
    until: datetime
    patients: tuple[float, ...]
    arrivals: tuple[float, ...] | None
    short: float
    short_high: float
    nurses: Nurses | None
    nurses_high: Nurses | None


@dataclass(frozen=True, slots=True)
class Demand:
    """Of a ward or a hospital. Without a forecast there are no steps, and nobody guesses."""

    place: Place
    code: str
    name_zh: str
    name_en: str
    beds: Beds
    ratio: Ratio | None
    forecast: ForecastFound | None
    steps: tuple[DemandStep, ...]

    def runs_short(self, *, high: bool) -> datetime | None:
        """The end of the first day with fewer staffed beds than patients; None: not foreseen."""
        return next(
            (one.until for one in self.steps if (one.short_high if high else one.short) > 0), None
        )


@dataclass(frozen=True, slots=True)
class HospitalDemand:
    hospital: Demand
    wards: tuple[Demand, ...]


def hospital_demand(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, horizon: int, at: datetime,
    now: datetime,
) -> HospitalDemand:  # fmt: skip
    """A hospital and its open wards by code, in eight statements. Raises NotFound."""
    hospital = hospital_in_reach(session, scopes, hospital_id)
    known = _Known.of(session, [hospital_id], at, now)
    wards = session.exec(
        select(Ward)
        .where(Ward.hospital_id == hospital_id, col(Ward.opened_at) <= at,
               sa.or_(col(Ward.closed_at).is_(None), col(Ward.closed_at) > at))
        .order_by(col(Ward.code))
    ).all()  # fmt: skip
    ratios = ratios_of(session, hospital_id, wards, at)
    return HospitalDemand(
        known.of_hospital(hospital, horizon),
        tuple(known.of_ward(ward, ratios[ward.id], horizon) for ward in wards),
    )


def network_demand(
    session: Session, scopes: Sequence[Scope], horizon: int, at: datetime, now: datetime
) -> tuple[Demand, ...]:
    """The hospitals of which the viewer sees all, by id, at most 100, in six statements."""
    whole = [scope for scope in scopes if scope.ward is None]
    seen = places.hospitals(session, whole, limit=MOST_HOSPITALS)
    if not seen:
        return ()
    known = _Known.of(session, [one.id for one in seen], at, now)
    return tuple(known.of_hospital(one, horizon) for one in seen)


@dataclass(frozen=True, slots=True)
class _Known:
    """Forecasts and beds of some hospitals, by place."""

    census: dict[Place, ForecastFound]
    arrivals: dict[Place, ForecastFound]
    beds: dict[Place, Beds]

    @classmethod
    def of(
        cls, session: Session, hospitals: Sequence[UUID], at: datetime, now: datetime
    ) -> "_Known":
        census, arrivals = (
            newest_of_wards(session, hospitals, measure, Step.DAY, at, now)
            for measure in (ForecastMeasure.CENSUS, ForecastMeasure.ARRIVALS)
        )
        return cls(census, arrivals, _beds(session, hospitals, at))

    def of_hospital(self, hospital: Hospital, horizon: int) -> Demand:
        place = Place(hospital.id)
        return self._demand(place, hospital, None, None, horizon)

    def of_ward(self, ward: Ward, ratio: Ratio, horizon: int) -> Demand:
        return self._demand(Place(ward.hospital_id, ward.id), ward, ratio, ward, horizon)

    def _demand(
        self, place: Place, row: Hospital | Ward, ratio: Ratio | None, ward: Ward | None,
        horizon: int,
    ) -> Demand:  # fmt: skip
        beds, found = self.beds.get(place, Beds(0, 0)), self.census.get(place)
        steps = () if found is None else self._steps(place, found, beds, ratio, ward, horizon)
        return Demand(place, row.code, row.name_zh, row.name_en, beds, ratio, found, steps)

    def _steps(
        self, place: Place, found: ForecastFound, beds: Beds, ratio: Ratio | None,
        ward: Ward | None, horizon: int,
    ) -> tuple[DemandStep, ...]:  # fmt: skip
        edges = found.edges
        coming = self._arrivals(place)
        steps = []
        for at in range(min(horizon, len(edges) - 1)):
            patients = tuple(level[at] for level in found.row.quantiles)
            needed = [
                None if ratio is None or ward is None
                else nurses_for(patients[level], ratio, ward.care_level)
                for level in (MEDIAN, HIGH)
            ]  # fmt: skip
            steps.append(DemandStep(
                edges[at], edges[at + 1], patients, coming.get(edges[at]),
                max(0.0, patients[MEDIAN] - beds.staffed), max(0.0, patients[HIGH] - beds.staffed),
                needed[0], needed[1],
            ))  # fmt: skip
        return tuple(steps)

    def _arrivals(self, place: Place) -> dict[datetime, tuple[float, ...]]:
        """By the beginning of the day: the two forecasts may be of different days."""
        found = self.arrivals.get(place)
        if found is None:
            return {}
        return {
            since: tuple(level[at] for level in found.row.quantiles)
            for at, since in enumerate(found.edges[:-1])
        }


def _beds(session: Session, hospitals: Sequence[UUID], at: datetime) -> dict[Place, Beds]:
    """Of each open ward, and of each hospital all of them together."""
    asked: Any = (
        sa.select(col(Ward.hospital_id), col(Ward.id), col(Ward.licensed_beds),
                  sa.func.coalesce(col(WardStaffing.staffed_beds), 0))
        .outerjoin(WardStaffing, sa.and_(col(WardStaffing.ward_id) == col(Ward.id),
                                         during(WardStaffing, at)))
        .where(col(Ward.hospital_id).in_(hospitals), col(Ward.opened_at) <= at,
               sa.or_(col(Ward.closed_at).is_(None), col(Ward.closed_at) > at))
    )  # fmt: skip
    found: dict[Place, Beds] = {}
    for hospital, ward, licensed, staffed in session.connection().execute(asked):
        found[Place(hospital, ward)] = Beds(licensed, staffed)
        whole = found.get(Place(hospital), Beds(0, 0))
        found[Place(hospital)] = Beds(whole.licensed + licensed, whole.staffed + staffed)
    return found
