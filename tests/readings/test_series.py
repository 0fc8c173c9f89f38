"""History is whose it is: by stay and attachment at the time, at a resolution that fits."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from domain.beds.admission import MovePatient
from domain.devices.attaching import AttachDevice
from domain.readings.cleaning import SECOND
from domain.readings.latest import latest
from domain.readings.metrics import metric_named
from domain.readings.retention import ForgetReadings, KeepReadingsFor
from domain.readings.series import Series, series
from domain.readings.whose import Whose, of_bed, of_device, of_encounter
from kit.errors import NotFound
from kit.ids import new_id
from kit.work import NETWORK, Scope
from tests.domain_world import DAY, HOUR, MINUTE, World
from tests.readings.test_rollups import catch_up
from tests.telemetry.ward import device, hr, tell, us

BACK, AHEAD = 2 * DAY, timedelta(seconds=1)


def bed(world: World, code: str) -> Whose:
    with Session(world.engine) as session:
        return of_bed(session, [NETWORK], world.beds[code], world.now - BACK, world.now + AHEAD)


def of(world: World, key: UUID, ask: Any = of_device) -> Whose:
    with Session(world.engine) as session:
        found: Whose = ask(session, [NETWORK], key, world.now - BACK, world.now + AHEAD)
        return found


def values(world: World, whose: Whose) -> list[float]:
    return [point.last for point in drawn(world, whose, 1000).points]


def drawn(world: World, whose: Whose, points: int) -> Series:
    with Session(world.engine) as session:
        return series(session, whose, metric_named("hr"), us(world.now), points)


def now_shown(world: World, whose: Whose) -> list[float]:
    with Session(world.engine) as session:
        return [one.value for one in latest(session, whose)]


def test_a_previous_patient_s_value_never_shows(world: World) -> None:
    mon = device(world)
    world.run(AttachDevice(device_id=mon.id, bed_id=world.beds["A1"]))
    first, _ = world.admit("A1")
    tell(world, mon.id, hr(71, world.now))
    world.tick()
    world.run(MovePatient(encounter_id=first.id, bed_id=world.beds["A4"]))
    world.tick()
    tell(world, mon.id, hr(72, world.now))  # the bed is empty: of nobody
    assert values(world, bed(world, "A1")) == []
    assert values(world, of(world, mon.id)) == [72.0]
    assert now_shown(world, of(world, mon.id)) == [72.0]
    world.tick()
    assert of(world, mon.id).subject is None


def test_the_next_patient_s_history_begins_with_the_stay(world: World) -> None:
    mon = device(world)
    world.run(AttachDevice(device_id=mon.id, bed_id=world.beds["A1"]))
    world.tick()
    tell(world, mon.id, hr(70, world.now))
    world.tick()
    mine, stay = world.admit("A1")
    tell(world, mon.id, hr(73, world.now), hr(99, stay.since - timedelta(seconds=1)))
    world.tick()
    for whose in (bed(world, "A1"), of(world, mon.id), of(world, mine.id, of_encounter)):
        assert (whose.subject, values(world, whose)) == (mine.subject, [73.0])
        assert now_shown(world, whose) == [73.0]


def test_a_moved_patient_keeps_the_history_and_the_device_does_not_follow(world: World) -> None:
    mon, other = device(world), device(world, "mon-2")
    world.run(AttachDevice(device_id=mon.id, bed_id=world.beds["A1"]))
    world.run(AttachDevice(device_id=other.id, bed_id=world.beds["A4"]))
    mine, _ = world.admit("A1")
    tell(world, mon.id, hr(71, world.now))
    world.tick()
    world.run(MovePatient(encounter_id=mine.id, bed_id=world.beds["A4"]))
    world.tick()
    tell(world, other.id, hr(72, world.now))
    world.tick()
    assert values(world, of(world, mine.id, of_encounter)) == [71.0, 72.0]
    assert values(world, bed(world, "A4")) == [72.0]


def test_what_is_out_of_reach_is_not_found(world: World) -> None:
    mon = device(world)
    elsewhere = [Scope(new_id())]
    with Session(world.engine) as session:
        for ask, key in ((of_device, mon.id), (of_bed, world.beds["A1"])):
            with pytest.raises(NotFound):
                ask(session, elsewhere, key, world.now - HOUR, world.now)


def test_many_readings_come_as_few_points_with_gaps_and_completeness(world: World) -> None:
    mon = device(world)
    begin = world.now
    tell(world, mon.id, *(hr(60 + n % 5, begin - 2 * HOUR + n * 20 * timedelta(seconds=1))
                          for n in range(180)))  # fmt: skip
    catch_up(world)
    with Session(world.engine) as session:
        whose = of_device(session, [NETWORK], mon.id, begin - 2 * HOUR, begin)
    shown = drawn(world, whose, 30)
    assert shown.width_s == 300
    assert sum(point.count for point in shown.points) == 180
    assert len(shown.points) == 12 + (us(begin) // SECOND % 300 != 0)  # an hour; the rest is a gap
    assert {(point.min, point.max) for point in shown.points[1:-1]} == {(60.0, 64.0)}
    assert shown.completeness == pytest.approx(0.5, abs=0.01)
    assert all(shown.completeness_of(point) == 1.0 for point in shown.points[1:-1])
    raw = drawn(world, whose, 1000)
    assert (raw.width_s, len(raw.points), raw.points[0].last) == (0, 180, 60.0)


def test_what_is_not_rolled_up_yet_is_counted_too(world: World) -> None:
    mon = device(world)
    begin = world.now
    for _ in range(40):
        tell(world, mon.id, hr(80, world.now), hr(82, world.now - timedelta(seconds=30)))
        world.tick()
    with Session(world.engine) as session:
        whose = of_device(session, [NETWORK], mon.id, begin - MINUTE, world.now)
    before = drawn(world, whose, 20)
    catch_up(world)
    after = drawn(world, whose, 20)
    assert before == after
    assert sum(point.count for point in after.points) == 80


def test_forgotten_readings_are_told_by_rollups_that_lie_inside_the_stay(world: World) -> None:
    mon = device(world)
    world.run(AttachDevice(device_id=mon.id, bed_id=world.beds["A1"]))
    world.tick(29 * MINUTE)
    tell(world, mon.id, hr(200, world.now))
    mine, stay = world.admit("A1")
    for _ in range(90):
        tell(world, mon.id, hr(70, world.now))
        world.tick()
    world.tick(9 * DAY)
    catch_up(world)
    world.run(KeepReadingsFor(resolution_s=0, days=2))
    world.run(ForgetReadings())
    assert world.sql("SELECT count(*) FROM reading") == [(0,)]
    with Session(world.engine) as session:
        whose = of_encounter(session, [NETWORK], mine.id, stay.since - DAY, world.now)
    found = drawn(world, whose, 1000)
    assert stay.since < world.now
    assert {point.max for point in found.points} == {70.0}
    assert sum(point.count for point in found.points) == 90
