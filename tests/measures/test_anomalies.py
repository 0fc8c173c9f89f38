"""What is unusual for the hour of the week."""

import math
import statistics
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session

from domain.beds.commands import DepartPatient
from domain.beds.model import BedRequest, RequestState
from domain.measures.anomalies import (
    FEWEST_WEEKS,
    THRESHOLD,
    WEEKS,
    Anomalies,
    AnomalyPoint,
    SeriesName,
    anomalies,
)
from domain.measures.pressure import pressure_of, pressures
from kit.errors import Conflict, Invalid
from kit.ids import new_id
from kit.work import NETWORK
from tests.domain_world import DAY, HOUR, NOON, World

WEEK = 7 * DAY
ZONE = ZoneInfo("Asia/Shanghai")


def ask(world: World, since: datetime, until: datetime,
        series: SeriesName = SeriesName.WAITING) -> Anomalies:  # fmt: skip
    with Session(world.engine) as session:
        return anomalies(session, [NETWORK], world.hospital.id, None, series, since, until,
                         world.now)  # fmt: skip


def wait(world: World, since: datetime, hours: float, people: int = 1) -> None:
    """People who waited for a bed, told of long after."""
    made = [world.arrive() for _ in range(people)]
    with Session(world.engine) as session:
        for encounter in made:
            session.add(BedRequest(
                hospital_id=world.hospital.id, encounter_id=encounter.id,
                from_ward_id=world.ward_a.id, subject=encounter.subject,
                state=RequestState.CANCELLED, since=since, until=since + hours * HOUR,
                recorded_at=world.now, recorded_by=new_id(),
            ))  # fmt: skip
        session.commit()


@pytest.fixture
def weeks(world: World) -> World:
    """Nine weeks; two wait each Monday from nine to eleven where the hospital is."""
    monday = datetime(2026, 3, 9, 9, tzinfo=ZONE)
    for number in range(WEEKS + 1):
        wait(world, monday + number * WEEK, 2, people=2)
    world.now = NOON + (WEEKS + 2) * WEEK
    return world


def test_a_usual_hour_has_no_score_and_an_unusual_one_is_flagged(weeks: World) -> None:
    monday = datetime(2026, 5, 4, 0, tzinfo=ZONE)  # the ninth
    wait(weeks, monday + 3 * HOUR, 1, people=6)
    found = ask(weeks, monday, monday + DAY)
    by_hour = {point.since.astimezone(ZONE).hour: point for point in found.points}
    assert len(by_hour) == 24
    assert by_hour[9] == AnomalyPoint((monday + 9 * HOUR).astimezone(by_hour[9].since.tzinfo),
                                      2.0, 2.0, 1.0, 0.0, False)  # fmt: skip
    assert (by_hour[3].value, by_hour[3].baseline, by_hour[3].score) == (6.0, 0.0, 6.0)
    assert [hour for hour, point in by_hour.items() if point.flagged] == [3]
    assert (found.weeks, found.threshold, found.unit) == (WEEKS, THRESHOLD, "{patients}")


def test_the_score_is_that_of_a_plain_calculation(weeks: World) -> None:
    tuesday = datetime(2026, 3, 10, 14, tzinfo=ZONE)
    people = [1, 4, 2, 9, 3, 5, 12, 6]
    for number, many in enumerate(people):
        wait(weeks, tuesday + number * WEEK, 1, people=many)
    wait(weeks, tuesday + WEEKS * WEEK, 0.5, people=40)
    last = tuesday + WEEKS * WEEK
    found = ask(weeks, last, last + HOUR).points
    middle = statistics.median(people)
    spread = 1.4826 * statistics.median(abs(one - middle) for one in people)
    assert len(found) == 1
    assert found[0].baseline == pytest.approx(middle)
    assert found[0].spread == pytest.approx(spread)
    assert found[0].score == pytest.approx((20 - middle) / spread)
    assert found[0].flagged == (found[0].score > THRESHOLD)  # type: ignore[operator]  # it is a number


def test_too_little_history_is_refused_and_never_a_nan(world: World) -> None:
    world.admit("A1")
    world.now = NOON + (FEWEST_WEEKS - 1) * WEEK
    for series in SeriesName:
        with pytest.raises(Conflict) as refused:
            ask(world, world.now - DAY, world.now, series)
        assert refused.value.reason == "HISTORY_TOO_SHORT"


def test_hours_with_enough_history_are_judged_beside_others_without(world: World) -> None:
    world.admit("A1")
    world.now = NOON + FEWEST_WEEKS * WEEK + 6 * HOUR
    found = ask(world, world.now - DAY, world.now, SeriesName.OCCUPANCY).points
    judged = [point.flagged is not None for point in found]
    assert True in judged
    assert False in judged
    assert all((p.score is None) == (p.baseline is None) == (p.flagged is None) for p in found)
    numbers = [n for p in found for n in (p.value, p.baseline, p.spread, p.score) if n is not None]
    assert not any(map(math.isnan, numbers))


def test_a_constant_series_has_a_spread_of_one_bed(world: World) -> None:
    world.admit("A1")
    world.now = NOON + 9 * WEEK
    found = ask(world, world.now - 2 * HOUR, world.now, SeriesName.OCCUPANCY).points
    assert [(p.value, p.baseline, p.spread, p.score) for p in found] == [
        pytest.approx((100 / 7, 100 / 7, 100 / 7, 0.0))
    ] * 2


@pytest.mark.parametrize("series", [SeriesName.ARRIVALS, SeriesName.DEPARTURES])
def test_people_who_come_and_go_are_counted_by_the_hour(world: World, series: SeriesName) -> None:
    world.now = NOON + 9 * WEEK
    for code in ("A1", "A4", "B1"):
        encounter, _ = world.admit(code)
        world.tick()
        world.run(DepartPatient(encounter_id=encounter.id))
    world.tick(HOUR)
    found = ask(world, NOON + 9 * WEEK, world.now, series).points
    assert [(p.value, p.baseline, p.score, p.flagged) for p in found] == [(3.0, 0.0, 3.0, False)]


def test_more_hours_than_points_are_refused(world: World) -> None:
    world.now = NOON + 20 * WEEK
    with pytest.raises(Invalid) as refused:
        ask(world, NOON, NOON + timedelta(hours=1001))
    assert refused.value.reason == "INTERVAL_TOO_LONG"
    with pytest.raises(Invalid) as refused:
        ask(world, NOON + timedelta(minutes=5), NOON + timedelta(minutes=20))
    assert refused.value.reason == "INTERVAL_EMPTY"


def test_pressure_rises_with_occupancy() -> None:
    asked = (None, 0.0, 84.9, 85.0, 92.0, 97.9, 98.0, 140.0)
    colours = [one.colour if (one := pressure_of(percent)) else None for percent in asked]
    assert colours == [None, "GREEN", "GREEN", "AMBER", "RED", "RED", "BLACK", "BLACK"]
    assert [one.level for one in pressures()] == [1, 2, 3, 4]
