"""Demand: forecasts beside beds and nurses."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from domain.demand.nurses import Nurses, nurses_for, registered_share
from domain.demand.queries import Beds, Demand, HospitalDemand, hospital_demand, network_demand
from domain.forecasts.model import StoredForecast
from domain.forecasts.words import ForecastMeasure
from domain.places.commands import SetStaffedBeds
from domain.places.model import CareLevel
from domain.staff.ratios import Ratio, SetNurseRatio
from kit.errors import NotFound
from kit.work import NETWORK, Scope
from tests.domain_world import DAY, HOUR, World, world
from tests.forecasts.test_domain_making import ask
from tests.forecasts.weeks import make_all, weeks_pass

__all__ = ["world"]
M = ForecastMeasure


@pytest.mark.parametrize(
    ("patients", "level", "ratio", "needed"),
    [
        (0.0, CareLevel.WARD, 5, (0, 0)),
        (0.2, CareLevel.WARD, 5, (1, 1)),
        (25.0, CareLevel.WARD, 5, (5, 3)),
        (25.1, CareLevel.WARD, 5, (6, 3)),
        (7.0, CareLevel.ICU, 2, (4, 2)),
    ],
)
def test_nurses_are_whole_people_and_half_of_them_registered(
    patients: float, level: CareLevel, ratio: int, needed: tuple[int, int]
) -> None:
    assert nurses_for(patients, Ratio(ratio, "test"), level) == Nurses(*needed)


def test_every_level_of_care_has_its_mix() -> None:
    assert set(registered_share()) == set(CareLevel)


def foresee(world: World, *, ward: bool, levels: list[list[float]]) -> None:
    world.run(ask(world, M.CENSUS, ward=ward, horizon=len(levels[0])))
    make_all(world)
    with Session(world.engine) as session:
        row = session.exec(select(StoredForecast)).all()[-1]
        row.quantiles = levels
        session.add(row)
        session.commit()


def demand(world: World, horizon: int = 7, *, at: timedelta = timedelta()) -> HospitalDemand:
    with Session(world.engine) as session:
        return hospital_demand(session, [NETWORK], world.hospital.id, horizon, world.now - at,
                               world.now)  # fmt: skip


def shortages(found: Demand) -> list[tuple[float, float]]:
    return [(one.short, one.short_high) for one in found.steps]


def test_a_ward_runs_short_on_the_first_day_with_more_patients_than_staffed_beds(
    world: World,
) -> None:
    weeks_pass(world, 4)
    world.run(SetNurseRatio(hospital_id=world.hospital.id, ward_id=world.ward_a.id,
                            care_level=CareLevel.WARD, patients_per_nurse=3))  # fmt: skip
    flat = [[1.0] * 3, [2.0] * 3, [4.0, 5.0, 6.0], [4.5, 5.5, 7.0], [9.0] * 3]
    foresee(world, ward=True, levels=flat)
    found = demand(world)
    ward_a, ward_b = found.wards
    assert (ward_a.code, ward_a.beds) == ("A", Beds(8, 5))
    assert shortages(ward_a) == [(0, 0), (0, 0.5), (1, 2)]
    assert ward_a.runs_short(high=True) == ward_a.steps[1].until
    assert ward_a.runs_short(high=False) == ward_a.steps[2].until
    assert [(one.nurses, one.nurses_high) for one in ward_a.steps] == [
        (Nurses(2, 1), Nurses(2, 1)), (Nurses(2, 1), Nurses(2, 1)), (Nurses(2, 1), Nurses(3, 2)),
    ]  # fmt: skip
    assert [one.arrivals for one in ward_a.steps] == [None] * 3
    assert (ward_b.forecast, ward_b.steps, ward_b.runs_short(high=True)) == (None, (), None)
    assert found.hospital.beds == Beds(16, 7)
    assert found.hospital.steps == ()
    assert [len(one.wards[0].steps) for one in (demand(world, 2), demand(world, 1))] == [2, 1]


def test_arrivals_stand_on_the_day_they_are_of(world: World) -> None:
    weeks_pass(world, 4)
    world.run(ask(world, M.ARRIVALS, ward=False, horizon=3))
    make_all(world)
    world.tick(DAY)
    foresee(world, ward=False, levels=[[1.0] * 3] * 5)
    steps = demand(world).hospital.steps
    assert [one.arrivals is None for one in steps] == [False, False, True]
    assert steps[0].nurses is None


def test_demand_of_a_past_moment_knows_what_was_known_then(world: World) -> None:
    weeks_pass(world, 4)
    foresee(world, ward=True, levels=[[6.0]] * 5)
    world.tick(HOUR)
    world.run(SetStaffedBeds(ward_id=world.ward_a.id, staffed_beds=9))
    world.tick(HOUR)
    assert shortages(demand(world).wards[0]) == [(0, 0)]
    assert shortages(demand(world, at=HOUR + timedelta(minutes=1)).wards[0]) == [(1, 1)]
    assert demand(world, at=3 * HOUR).wards[0].steps == ()


def test_the_network_is_the_hospitals_that_one_sees_all_of(world: World) -> None:
    weeks_pass(world, 4)
    foresee(world, ward=False, levels=[[8.0]] * 5)
    with Session(world.engine) as session:
        everything = network_demand(session, [NETWORK], 7, world.now, world.now)
        assert [(one.code, shortages(one)) for one in everything] == [("NORTH", [(1, 1)])]
        own = Scope(world.hospital.id, world.ward_a.id)
        assert network_demand(session, [own], 7, world.now, world.now) == ()
        with pytest.raises(NotFound):
            hospital_demand(session, [own], world.hospital.id, 7, world.now, world.now)
        with pytest.raises(NotFound):
            hospital_demand(session, [NETWORK], uuid4(), 7, world.now, world.now)
