"""Demand follows the stored forecast as far as it reaches, and says where it no longer does."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from domain.forecasts.forecast import LEVELS
from domain.forecasts.model import ForecastSeries, ForecastState, StoredForecast
from domain.forecasts.series import Step
from domain.forecasts.words import ForecastMeasure
from domain.rosters.census import expected_census
from tests.staff.team import Team

MADE = datetime(2026, 3, 29, 16, tzinfo=UTC)  # midnight of the roster's first day


def store(team: Team, p50: list[float], p90: list[float]) -> None:
    """A forecast of ward A, made at midnight for as many days."""
    world = team.world
    here: dict[str, Any] = {"hospital_id": world.hospital.id, "ward_id": world.ward_a.id}
    series = ForecastSeries(measure=ForecastMeasure.CENSUS, step=Step.DAY, place_key="A",
                            horizon=len(p50), **here)  # fmt: skip
    quantiles = [p90 if level == 90 else p50 for level in LEVELS]
    row = StoredForecast(
        series_id=series.id, state=ForecastState.READY, horizon=len(p50), model="test",
        time_zone="Asia/Shanghai", as_of=MADE, made_at=MADE, requested_at=MADE,
        requested_by=world.actor.id, quantiles=quantiles, **here,
    )  # fmt: skip
    with Session(world.engine) as session:
        session.add(series)
        session.flush()
        session.add(row)
        session.commit()


def expected(team: Team, percent: int, days: int, hours: int = 1) -> tuple[tuple[int, ...], str]:
    with Session(team.world.engine) as session:
        found = expected_census(session, team.world.ward_a, [team.at(n) for n in range(days)],
                                percent, MADE + timedelta(hours=hours))  # fmt: skip
    return found.patients, found.source


def test_each_day_has_the_quantile_that_the_hospital_plans_for(team: Team) -> None:
    assert expected(team, 90, 2) == ((5, 5), "STAFFED_BEDS")
    store(team, [3.0, 4.2], [6.1, 7.0])
    assert expected(team, 90, 2) == ((7, 7), "FORECAST_P90")
    assert expected(team, 50, 2) == ((3, 5), "FORECAST_P50")


def test_beyond_the_horizon_and_once_stale_the_staffed_beds_stand_in(team: Team) -> None:
    store(team, [3.0, 4.2], [6.1, 7.0])
    assert expected(team, 90, 3) == ((7, 7, 5), "FORECAST_P90+STAFFED_BEDS")
    assert expected(team, 90, 2, hours=37) == ((5, 5), "STAFFED_BEDS")
