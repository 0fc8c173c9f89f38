"""Beds that a plan of elective admissions keeps back for emergencies, ward by ward and night by
night: the 90 % quantile of the stored forecast of emergency admissions.

A ward without a fresh forecast, and nights beyond its horizon, keep none back. The plan says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from domain.forecasts.history import What
from domain.forecasts.queries import ForecastFound, newest
from domain.forecasts.series import Step
from domain.forecasts.words import ForecastMeasure
from domain.measures.place import Place
from domain.patients.model import EncounterClass
from domain.staff.days import midnight
from kit.work import NETWORK

PERCENT = 90
EMERGENCIES = What(ForecastMeasure.ADMISSIONS, EncounterClass.EMERGENCY)
NONE = "NONE"
NOON = timedelta(hours=12)  # the step of a forecast that holds it is that day's


@dataclass(frozen=True, slots=True)
class Buffers:
    """Beds kept back by ward, one for each night, and where the figures come from."""

    by_ward: dict[UUID, tuple[int, ...]]
    source: str


def emergency_buffers(
    session: Session, hospital_id: UUID, ward_ids: Sequence[UUID], nights: Sequence[date],
    zone: ZoneInfo, now: datetime,
) -> Buffers:  # fmt: skip
    """What each ward has to keep free on these nights."""
    by_ward = {}
    for ward_id in ward_ids:
        place = Place(hospital_id, ward_id)
        found = newest(session, [NETWORK], place, EMERGENCIES, Step.DAY, now, now)
        if found is not None and not found.stale and found.level(PERCENT):
            by_ward[ward_id] = tuple(_beds(found, night, zone) for night in nights)
    named = [f"FORECAST_P{PERCENT}"] if by_ward else []
    if len(by_ward) < len(ward_ids) or not ward_ids:
        named.append(NONE)
    return Buffers(by_ward, "+".join(named))


def _beds(found: ForecastFound, night: date, zone: ZoneInfo) -> int:
    noon, edges = midnight(night, zone) + NOON, found.edges
    for value, begins, ends in zip(found.level(PERCENT), edges, edges[1:], strict=False):
        if begins <= noon < ends:
            return max(0, ceil(value))
    return 0
