"""The engine for a ward's census: who is in bed, how long such stays last, who will come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from domain.forecasts.baselines import eight_week_mean
from domain.forecasts.forecast import Forecast
from domain.forecasts.holidays import NO_HOLIDAYS, Holidays
from domain.forecasts.series import Series, Step
from kit.errors import Invalid


@dataclass(frozen=True, slots=True)
class WardStay:
    """One stay in a ward, aware UTC. `until` is None while in bed; `expected_until` if told."""

    since: datetime
    until: datetime | None = None
    expected_until: datetime | None = None


def forecast_census(
    stays: Sequence[WardStay],
    *,
    as_of: datetime,
    step: Step,
    horizon: int,
    zone: str = "UTC",
    holidays: Holidays = NO_HOLIDAYS,
    arrivals: Forecast | None = None,
) -> Forecast:
    """The number in bed at `as_of` + 1 … `horizon` steps, from the ward's present and past stays.

    Give all stays of the window, ended and not; what happened after `as_of` is not looked at.
    `arrivals` is a forecast per step of who will come; without one it is made of the stays.
    Raises Invalid.
    """
    since = min((stay.since for stay in stays), default=None)
    if since is None:
        raise Invalid("the ward has no stays to learn from", reason="NO_STAYS", field="stays")
    moments = int((as_of - since) / step.length)
    counts = tuple(
        float(_census(stays, as_of - back * step.length, as_of)) for back in range(moments, -1, -1)
    )
    start: datetime = (as_of - moments * step.length).astimezone(UTC)
    first = start.date() if step is Step.DAY else start.replace(minute=0, second=0, microsecond=0)
    found = eight_week_mean(Series(first, step, counts, zone), horizon, holidays=holidays)
    return replace(found, model="los-survival", as_of=as_of, first=as_of + step.length)


def _census(stays: Sequence[WardStay], moment: datetime, as_of: datetime) -> int:
    never = as_of + timedelta(days=1)
    return sum(stay.since <= moment < (stay.until or never) for stay in stays)
