"""Ratio compliance: nurses of the published roster beside the patients in bed, minute by minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session

from domain.measures.formulas import MeasureName
from domain.measures.interval import Figure, Lack, figures
from domain.measures.now import measure_now
from domain.measures.status import network_status
from domain.places.model import CareLevel
from domain.staff.duties import CancelDuty
from domain.staff.ratios import SetNurseRatio
from kit.db import open_engine
from kit.work import NETWORK
from tests.domain_world import World
from tests.staff.team import Team, build_team

DAY_BEGINS = datetime(2026, 3, 29, 16, tzinfo=UTC)  # midnight of the roster's first Monday


@pytest.fixture
def team(sqlite_url: str) -> Iterator[Team]:
    """Day shift from eight to four on the first day, N1 in it; nobody at night."""
    engine = open_engine(sqlite_url, guarded=False)
    world = World(engine)
    world.furnish()
    world.tick()
    made = build_team(world)
    made.give("N1", "D", 0)
    made.publish()
    world.run(SetNurseRatio(hospital_id=world.hospital.id, care_level=CareLevel.WARD,
                            patients_per_nurse=1))  # fmt: skip
    yield made
    engine.dispose()


def compliance(team: Team) -> Figure:
    world = team.world
    with Session(world.engine) as session:
        (found,) = figures(
            session, [NETWORK], world.hospital.id, None, DAY_BEGINS,
            DAY_BEGINS + timedelta(hours=24), world.now, (MeasureName.RATIO_COMPLIANCE,),
        )  # fmt: skip
        return found


def test_a_ward_is_within_its_ratio_while_nurses_suffice(team: Team) -> None:
    world = team.world
    world.now = DAY_BEGINS + timedelta(hours=4)
    world.admit("A1")  # a minute after four until the end: without a nurse until eight
    world.now = DAY_BEGINS + timedelta(hours=12)
    world.admit("A2")  # a second patient is one too many
    world.now = DAY_BEGINS + timedelta(hours=24)
    found = compliance(team)
    # nobody lies there until 4:01, one nurse suffices from 8:00 to 12:01
    assert (found.value, found.lack) == (241 + 241, None)
    assert dict(found.parts) == {"OUTSIDE_RATIO": 24 * 60 - 482}
    with Session(world.engine) as session:
        world.now = DAY_BEGINS + timedelta(hours=9)
        assert measure_now(session, "ratio_compliance", world.hospital.id, None,
                           DAY_BEGINS + timedelta(hours=13)).value == 0.0  # fmt: skip


def test_an_empty_ward_needs_nobody_and_a_cancelled_duty_counts_no_more(team: Team) -> None:
    world = team.world
    duty = team.on_duty()
    assert len(duty) == 1
    world.now = DAY_BEGINS + timedelta(hours=1)
    world.admit("A1")
    (key,) = world.sql("SELECT id FROM duty")[0]
    world.run(CancelDuty(duty_id=UUID(str(key))))
    world.now = DAY_BEGINS + timedelta(hours=24)
    assert compliance(team).value == 61


def test_a_status_counts_who_stands_in_a_published_shift_now(team: Team) -> None:
    world = team.world

    def on_duty(hour: int) -> tuple[int, list[int]]:
        now = DAY_BEGINS + timedelta(hours=hour)
        with Session(world.engine) as session:
            (found,) = network_status(session, [NETWORK], now)
        return found.load.on_duty, [ward.load.on_duty for ward in found.wards]

    assert on_duty(7) == (0, [0, 0])
    assert on_duty(9) == (1, [1, 0])
    assert on_duty(16) == (0, [0, 0])


def test_without_a_published_roster_nobody_knows(team: Team) -> None:
    world = team.world
    world.now = DAY_BEGINS + timedelta(days=30)
    with Session(world.engine) as session:
        (found,) = figures(
            session, [NETWORK], world.hospital.id, None, world.now - timedelta(days=2),
            world.now - timedelta(days=1), world.now, (MeasureName.RATIO_COMPLIANCE,),
        )  # fmt: skip
        assert (found.value, found.lack) == (None, Lack.NO_STAFF_DATA)
        assert measure_now(session, "ratio_compliance", world.hospital.id, None,
                           world.now).value is None  # fmt: skip
