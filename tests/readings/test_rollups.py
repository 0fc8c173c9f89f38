"""Rollups are what the readings say, however late these come; old rows go, days are made ahead."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from domain.readings.retention import ForgetReadings, KeepReadingsFor, MakeReadingDays
from domain.readings.rollups import RollUp, RollUpLate
from domain.readings.timers import days_to_make, readings_to_forget, readings_to_roll_up
from tests.domain_world import DAY, MINUTE, World
from tests.telemetry.ward import device, hr, tell, us

SECOND = timedelta(seconds=1)


def catch_up(world: World) -> int:
    """Do all that is due, as the timer would."""
    rounds = 0
    while commands := due(world):
        for command in commands:
            world.run(command)
        rounds += 1
    return rounds


def due(world: World) -> Sequence[Any]:
    with Session(world.engine) as session:
        return readings_to_roll_up(session, world.now)


def rollups(world: World, resolution: int) -> list[Any]:
    return world.sql(
        "SELECT (since - :noon) / 60000000, count, minutes, min, max, sum, last FROM rollup"
        " WHERE resolution = :resolution ORDER BY since",
        resolution=resolution, noon=us(world.now.replace(hour=12, minute=0, second=0)),
    )  # fmt: skip


def test_each_level_says_what_the_readings_say(world: World) -> None:
    mon = device(world)  # it is 12:01
    tell(world, mon.id, *(hr(60 + n, world.now + n * 20 * SECOND) for n in range(6)))
    world.tick(25 * MINUTE)  # 12:26
    tell(world, mon.id, hr(90, world.now))
    world.tick(4 * MINUTE)
    catch_up(world)
    assert rollups(world, 60) == [
        (1, 3, 1, 60.0, 62.0, 183.0, 62.0),
        (2, 3, 1, 63.0, 65.0, 192.0, 65.0),
        (26, 1, 1, 90.0, 90.0, 90.0, 90.0),
    ]
    assert rollups(world, 900) == [
        (0, 6, 2, 60.0, 65.0, 375.0, 65.0),
        (15, 1, 1, 90.0, 90.0, 90.0, 90.0),
    ]
    assert rollups(world, 3600) == [(0, 7, 3, 60.0, 90.0, 465.0, 90.0)]
    assert rollups(world, 86400) == [(-720, 7, 3, 60.0, 90.0, 465.0, 90.0)]
    assert due(world) == []


def test_the_last_three_minutes_wait(world: World) -> None:
    mon = device(world)
    tell(world, mon.id, hr(60, world.now))
    world.tick(3 * MINUTE)
    catch_up(world)
    assert rollups(world, 60) == []
    world.tick(MINUTE)
    catch_up(world)
    assert rollups(world, 60) == [(1, 1, 1, 60.0, 60.0, 60.0, 60.0)]


def test_a_late_reading_and_a_correction_change_their_buckets(world: World) -> None:
    mon = device(world)
    then = world.now
    tell(world, mon.id, hr(60, then))
    world.tick(20 * MINUTE)
    catch_up(world)
    tell(world, mon.id, hr(80, then + SECOND), hr(62, then))
    assert [type(command) for command in due(world)] == [RollUpLate]
    catch_up(world)
    assert rollups(world, 60) == [(1, 2, 1, 62.0, 80.0, 142.0, 80.0)]
    assert rollups(world, 3600) == [(0, 2, 1, 62.0, 80.0, 142.0, 80.0)]
    assert world.sql("SELECT count(*) FROM rollup_due") == [(0,)]


def test_rolling_up_twice_changes_nothing(world: World) -> None:
    mon = device(world)
    tell(world, mon.id, hr(60, world.now))
    world.tick(20 * MINUTE)
    catch_up(world)
    before = world.rows()
    world.run(RollUp(block=0))
    world.run(RollUpLate())
    assert world.rows() == before


def test_a_month_without_readings_is_one_step(world: World) -> None:
    mon = device(world)
    tell(world, mon.id, hr(60, world.now))
    world.tick(30 * DAY)
    tell(world, mon.id, hr(70, world.now))
    world.tick(10 * MINUTE)
    assert catch_up(world) <= 4
    assert world.sql("SELECT count(*) FROM rollup WHERE resolution = 60") == [(2,)]


def test_old_readings_are_forgotten_once_they_are_rolled_up(world: World) -> None:
    mon = device(world)
    tell(world, mon.id, hr(60, world.now), hr(10, world.now))
    world.run(KeepReadingsFor(resolution_s=60, days=2))
    world.tick(9 * DAY)
    world.run(ForgetReadings())
    assert world.sql("SELECT count(*) FROM reading") == [(1,)]
    catch_up(world)
    world.run(ForgetReadings())
    assert world.sql("SELECT count(*) FROM reading") == [(0,)]
    assert world.sql("SELECT count(*) FROM reading_aside") == [(0,)]
    assert world.sql("SELECT DISTINCT resolution FROM rollup ORDER BY 1") == [
        (900,), (3600,), (86400,),
    ]  # fmt: skip
    with Session(world.engine) as session:
        assert readings_to_forget(session, world.now) == []
        assert len(readings_to_forget(session, world.now + DAY)) == 1


def test_days_are_made_ahead_and_dropped_whole(world: World) -> None:
    if world.engine.dialect.name != "postgresql":
        with Session(world.engine) as session:
            assert days_to_make(session, world.now) == []
        return
    mon = device(world)
    assert world.run(MakeReadingDays()) == 3
    tell(world, mon.id, hr(60, world.now))
    assert world.sql("SELECT count(*) FROM reading_p20260302") == [(1,)]
    with Session(world.engine) as session:
        assert days_to_make(session, world.now) == []
        assert len(days_to_make(session, world.now + DAY)) == 1
    world.tick(9 * DAY)
    catch_up(world)
    world.run(ForgetReadings())
    assert world.sql("SELECT to_regclass('reading_p20260302') IS NULL") == [(True,)]
    assert world.sql("SELECT count(*) FROM reading") == [(0,)]


def test_a_day_that_began_without_its_partition_stays_in_the_rest(world: World) -> None:
    if world.engine.dialect.name != "postgresql":
        return
    mon = device(world)
    tell(world, mon.id, hr(60, world.now))
    assert world.run(MakeReadingDays()) == 2
    with Session(world.engine) as session:
        assert days_to_make(session, world.now) == []
    assert world.sql("SELECT count(*) FROM reading_rest") == [(1,)]


def test_nobody_may_make_or_drop_days_without_a_grant(world: World) -> None:
    if world.engine.dialect.name != "postgresql":
        return
    for function in ("reading_make_day(date)", "reading_drop_days(date)"):
        asked = "SELECT has_function_privilege('pg_monitor', :function, 'EXECUTE')"
        assert world.sql(asked, function=function) == [(False,)]
