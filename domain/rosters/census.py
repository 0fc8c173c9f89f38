"""How many patients a ward expects on each day: what duties are planned for, and who says so.

A stored forecast of the ward's census, at the percentage that the hospital plans for; where there
is none, where it is stale, and beyond its horizon the ward's staffed beds stand in. The plan says
which of them it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from sqlmodel import Session

from domain.forecasts.queries import newest_of_wards
from domain.forecasts.series import Step
from domain.forecasts.words import ForecastMeasure
from domain.measures.place import Place
from domain.places.model import Ward
from domain.places.queries import staffed_beds
from domain.staff.days import midnight, zone_of

STAFFED_BEDS = "STAFFED_BEDS"
NOON = timedelta(hours=12)  # the step of a forecast that holds it is that day's


@dataclass(frozen=True, slots=True)
class ExpectedCensus:
    """Patients of each day, and where the figures come from."""

    patients: tuple[int, ...]
    source: str


def expected_census(
    session: Session, ward: Ward, days: Sequence[date], percent: int, now: datetime
) -> ExpectedCensus:
    """What the ward has to be ready for on these days, at so many per cent of certainty."""
    forecast = _forecast(session, ward, days, percent, now)
    beds = staffed_beds(session, ward.id)
    patients = tuple(forecast.get(day, beds) for day in days)
    named = [f"FORECAST_P{percent}"] if forecast else []
    if len(forecast) < len(days):
        named.append(STAFFED_BEDS)
    return ExpectedCensus(patients, "+".join(named))


def _forecast(
    session: Session, ward: Ward, days: Sequence[date], percent: int, now: datetime
) -> dict[date, int]:
    """By day, whole patients rounded up; only days that a fresh forecast reaches."""
    known = newest_of_wards(session, [ward.hospital_id], ForecastMeasure.CENSUS, Step.DAY, now, now)
    found = known.get(Place(ward.hospital_id, ward.id))
    if found is None or found.stale:
        return {}
    zone, edges, level = zone_of(session, ward.hospital_id), found.edges, found.level(percent)
    expected = {}
    for day in days:
        noon = midnight(day, zone) + NOON
        for value, begins, ends in zip(level, edges, edges[1:], strict=False):
            if begins <= noon < ends:
                expected[day] = max(0, ceil(value))
    return expected
