"""Beds that a hospital's own arrivals will need, by its stored forecasts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from uuid import UUID

from sqlmodel import Session

from domain.beds.facts import PlacementFacts
from domain.forecasts.queries import newest_of_wards
from domain.forecasts.series import Step
from domain.forecasts.words import ForecastMeasure
from kit.clock import time_text

NO_FORECAST = "NONE"  # nothing is kept free for arrivals that nobody has forecast
P90 = 90.0


@dataclass(frozen=True, slots=True)
class Need:
    """Beds by ward; `source` says from which forecasts, and of how many wards there were any."""

    beds: Mapping[UUID, int]
    source: str


def forecast_need(
    session: Session, known: Mapping[UUID, PlacementFacts], days: int, now: datetime
) -> Need:
    """Of each ward the highest daily census within `days` at 90 %, less who lies in it now.

    Sums over wards are on the safe side: not all of them have their worst day together. A stale
    forecast counts as none.
    """
    hospitals: Sequence[UUID] = sorted(known)
    found = newest_of_wards(session, hospitals, ForecastMeasure.CENSUS, Step.DAY, now, now)
    highest = {
        place.ward_id: (max(one.level(P90)[:days]), one.row.as_of)
        for place, one in found.items()
        if place.ward_id is not None and not one.stale and one.level(P90)
    }
    wards = [ward for facts in known.values() for ward in facts.wards]
    beds = {
        ward.id: max(ceil(highest[ward.id][0]) - ward.census, 0)
        for ward in wards if ward.id in highest
    }  # fmt: skip
    if not beds:
        return Need({}, NO_FORECAST)
    oldest = min(as_of for key, (_, as_of) in highest.items() if key in beds and as_of)
    told = f"CENSUS p90, {days} d, as of {time_text(oldest)}, {len(beds)} of {len(wards)} wards"
    return Need(beds, told)
