"""Asking for forecasts, making them outside of any change, and keeping them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, col, select

from domain.devices.model import DeviceKind
from domain.forecasts.asking import due
from domain.forecasts.commands import ClaimForecasts, KeepForecasts, RequestForecast
from domain.forecasts.history import What
from domain.forecasts.model import ForecastSeries, ForecastState, StoredForecast
from domain.forecasts.queries import ForecastFound, forecasts, newest, newest_of_wards
from domain.forecasts.series import Step
from domain.forecasts.timers import ForecastTimer, due_commands
from domain.forecasts.words import ForecastMeasure
from domain.measures.place import Place
from domain.patients.model import EncounterClass
from domain.places.commands import UpdateWard
from kit.errors import Conflict, Invalid, NotFound
from kit.work import NETWORK, Scope
from tests.domain_world import DAY, HOUR, World, world
from tests.forecasts.weeks import claim, made, make_all, record, taken, today, weeks_pass

__all__ = ["world"]
M = ForecastMeasure
TEN_WEEKS = 10


def ask(world: World, measure: M, *, ward: bool = True, **given: Any) -> RequestForecast:
    return RequestForecast(
        hospital_id=world.hospital.id,
        measure=measure,
        ward_id=world.ward_a.id if ward else None,
        **given,
    )


def look(
    world: World, measure: M, *, ward: bool = True, step: Step = Step.DAY,
    at: datetime | None = None, scope: Scope = NETWORK, **what: Any,
) -> ForecastFound | None:  # fmt: skip
    place = Place(world.hospital.id, world.ward_a.id if ward else None)
    with Session(world.engine) as session:
        found = newest(session, [scope], place, What(measure, **what), step, at or world.now,
                       world.now)  # fmt: skip
        session.expunge_all()
        return found


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]


def test_a_daily_forecast_begins_at_midnight_of_the_hospital_and_counts_its_days(
    world: World,
) -> None:
    evening = weeks_pass(world, TEN_WEEKS)
    asked = world.run(ask(world, M.CENSUS, horizon=7))
    assert (asked.state, [one.name for one in world.events]) == (
        ForecastState.COMPUTING, ["ForecastRequested"],
    )  # fmt: skip
    some = made(world, claim(world))
    problem = some[0].problem
    assert problem is not None
    first = evening - timedelta(days=len(problem.values))
    assert problem.values == tuple(map(taken, days_from(first, len(problem.values))))
    assert first == date(2026, 3, 5)  # the first departure was at noon of the fourth
    assert record(world, some) == 1
    assert [one.name for one in world.events] == ["ForecastMade"]
    found = look(world, M.CENSUS)
    assert found is not None
    midnight = datetime(2026, 5, 10, 16, tzinfo=UTC)
    assert (found.row.as_of, found.row.horizon) == (midnight, 7)
    assert found.edges == [midnight + number * DAY for number in range(8)]
    assert found.row.naive == [taken(day - 7 * DAY) for day in days_from(evening, 7)]
    assert (found.row.scale, found.row.window_steps) == (1.0, 67)
    assert found.row.history_hash == problem.hash
    assert [len(level) for level in found.row.quantiles] == [7] * 5
    assert found.row.quantiles == sorted(found.row.quantiles)
    assert (found.age, found.stale) == (world.now - midnight, False)
    world.tick(2 * DAY)
    later = look(world, M.CENSUS)
    assert later is not None
    assert later.stale


def test_flows_are_counted_by_class_specialty_and_place(world: World) -> None:
    evening = weeks_pass(world, 4)
    for command in (
        ask(world, M.ARRIVALS), ask(world, M.ARRIVALS, ward=False), ask(world, M.ADMISSIONS),
        ask(world, M.DISCHARGES), ask(world, M.CENSUS, step=Step.HOUR, horizon=24),
        ask(world, M.ADMISSIONS, encounter_class=EncounterClass.EMERGENCY),
    ):  # fmt: skip
        world.run(command)
    values = {}
    claimed = claim(world)
    for one, told in zip(claimed, made(world, claimed), strict=True):
        assert told.problem is not None
        series = one.series
        values[series.measure, series.ward_id is None, series.encounter_class, series.step] = (
            told.problem.values
        )
    days = days_from(date(2026, 3, 5), 25)
    assert days[-1] == evening - DAY
    came = tuple(map(taken, days))
    left = tuple(taken(day - DAY) for day in days)
    hourly = values.pop((M.CENSUS, False, None, Step.HOUR))
    assert values == {
        (M.ARRIVALS, False, None, Step.DAY): came, (M.ARRIVALS, True, None, Step.DAY): came,
        (M.ADMISSIONS, False, None, Step.DAY): came, (M.DISCHARGES, False, None, Step.DAY): left,
        (M.ADMISSIONS, False, EncounterClass.EMERGENCY, Step.DAY): (0,) * 25,
    }  # fmt: skip
    assert len(hourly) == 26 * 24 + 8  # from noon of the fourth until 20 o'clock
    assert hourly[:3] == (0, taken(date(2026, 3, 4)), taken(date(2026, 3, 4)))
    assert set(hourly[-8:]) == {0}  # since noon the beds of the night are empty


def test_one_forecast_of_a_series_is_under_way_at_a_time(world: World) -> None:
    weeks_pass(world, 4)
    first = world.run(ask(world, M.CENSUS))
    refusal = world.refused(ask(world, M.CENSUS), Conflict, "FORECAST_UNDER_WAY")
    assert refusal.blocking == first.id
    held = claim(world)
    claiming = ClaimForecasts(hospital_id=world.hospital.id)
    world.refused(claiming, Conflict, "FORECAST_TAKEN")
    world.tick(timedelta(minutes=6))  # whoever held it has died
    again = claim(world)
    assert [one.forecast_id for one in again] == [one.forecast_id for one in held] == [first.id]
    some = made(world, again)
    assert record(world, some) == 1
    assert record(world, some) == 0  # the one that was thought dead comes late
    world.run(ask(world, M.CENSUS))


def test_a_history_that_is_not_there_fails_and_says_why(world: World) -> None:
    world.run(ask(world, M.CENSUS))
    world.run(ask(world, M.DEVICE_USE, ward=False, device_kind=DeviceKind.PUMP))
    assert make_all(world) == 0
    assert look(world, M.CENSUS) is None
    with Session(world.engine) as session:
        rows = session.exec(select(StoredForecast)).all()
        assert {(row.state, row.failure) for row in rows} == {(ForecastState.FAILED, "NO_HISTORY")}
    weeks_pass(world, 1)
    world.run(ask(world, M.ADMISSIONS))
    assert make_all(world) == 0
    with Session(world.engine) as session:
        last = session.exec(select(StoredForecast).order_by(col(StoredForecast.id).desc())).first()
        assert last is not None
        assert last.failure == "SERIES_TOO_SHORT"


def test_what_no_forecast_can_be_of_is_refused(world: World) -> None:
    world.run(UpdateWard(ward_id=world.ward_a.id, specialties=(("CARD", 1),)))
    for command, reason, field in (
        (ask(world, M.CENSUS, horizon=0), "FORECAST_HORIZON", "horizon"),
        (ask(world, M.CENSUS, step=Step.HOUR, horizon=367), "FORECAST_HORIZON", "horizon"),
        (ask(world, M.CENSUS, specialty="CARD"), "NOT_OF_THIS_MEASURE", "specialty"),
        (ask(world, M.ADMISSIONS, device_kind=DeviceKind.PUMP), "NOT_OF_THIS_MEASURE", "deviceKind"),
        (ask(world, M.ADMISSIONS, specialty="ALCHEMY"), "SPECIALTY_UNKNOWN", "specialty"),
    ):  # fmt: skip
        assert world.refused(command, Invalid, reason).field == field
    foreign = RequestForecast(hospital_id=world.hospital.id, ward_id=uuid4(), measure=M.CENSUS)
    with pytest.raises(NotFound):
        world.scope(foreign)
    assert world.scope(ask(world, M.CENSUS)) == Scope(world.hospital.id, world.ward_a.id)


def test_the_newest_one_known_at_a_time_is_shown_to_who_may_see_it(world: World) -> None:
    weeks_pass(world, 4)
    world.run(ask(world, M.CENSUS))
    make_all(world)
    first = look(world, M.CENSUS)
    between = world.tick(HOUR)
    world.tick(HOUR)
    world.run(ask(world, M.CENSUS))
    make_all(world)
    second = look(world, M.CENSUS)
    assert first is not None
    assert second is not None
    assert first.row.id != second.row.id
    then = look(world, M.CENSUS, at=between)
    assert then is not None
    assert then.row.id == first.row.id
    assert look(world, M.CENSUS, at=between - DAY) is None
    assert look(world, M.CENSUS, scope=Scope(world.hospital.id, world.ward_b.id)) is None
    with Session(world.engine) as session:
        mine = [Scope(world.hospital.id, world.ward_a.id)]
        listed = forecasts(session, mine, world.hospital.id, world.now)
        assert [one.row.id for one in listed] == [first.row.id, second.row.id]
        assert forecasts(session, [Scope(uuid4())], world.hospital.id, world.now) == []
        found = newest_of_wards(session, [world.hospital.id], M.CENSUS, Step.DAY, world.now,
                                world.now)  # fmt: skip
        assert {place.ward_id: one.row.id for place, one in found.items()} == {
            world.ward_a.id: second.row.id
        }


def test_every_place_with_three_weeks_on_record_is_kept_up_by_itself(world: World) -> None:
    def timed() -> list[str]:
        with Session(world.engine) as session:
            return [type(one).__name__ for one in due_commands(session, world.now)]

    assert timed() == []
    weeks_pass(world, 4)
    assert timed() == ["KeepForecasts"]
    # four of the ward and four of the hospital; nothing is on record of the other ward
    assert world.run(KeepForecasts(hospital_id=world.hospital.id)) == 8
    assert timed() == []
    world.refused(KeepForecasts(hospital_id=world.hospital.id), Conflict, "NOTHING_DUE")
    assert make_all(world) == 8
    world.tick(4.5 * HOUR)  # past midnight where the hospital is
    assert timed() == ["KeepForecasts"]
    assert world.run(KeepForecasts(hospital_id=world.hospital.id)) == 8
    with Session(world.engine) as session:
        assert len(session.exec(select(ForecastSeries)).all()) == 8
        assert due(session, world.hospital.id, world.now, "Asia/Shanghai") == []


def test_who_asks_may_have_any_series_kept_up(world: World) -> None:
    weeks_pass(world, 4)
    world.run(KeepForecasts(hospital_id=world.hospital.id))
    make_all(world)
    world.run(ask(world, M.CENSUS, step=Step.HOUR, horizon=24, keep_up=True))
    make_all(world)
    world.tick(HOUR)
    assert world.run(KeepForecasts(hospital_id=world.hospital.id)) == 1
    assert today(world) == date(2026, 3, 30)


def test_the_timer_looks_once_a_minute(world: World) -> None:
    weeks_pass(world, 4)
    timer = ForecastTimer()
    with Session(world.engine) as session:
        assert len(timer(session, world.now)) == 1
        assert timer(session, world.now + timedelta(seconds=59)) == []
        assert len(timer(session, world.now + timedelta(seconds=60))) == 1
