"""The holidays of a part of a country, and the hospital that stands in it."""

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from sqlmodel import Session

from domain.beds.leaving import DepartPatient
from domain.forecasts.calendar import holidays_at
from domain.forecasts.freezing import Claimed, freeze
from domain.forecasts.holidays import DayKind, holidays_of
from domain.forecasts.making import Problem
from domain.forecasts.model import ForecastSeries
from domain.forecasts.region import SetHolidayRegion
from domain.forecasts.series import Step
from domain.forecasts.words import ForecastMeasure
from domain.places.commands import OpenHospital
from domain.places.model import Hospital
from domain.rosters.workdays import workdays_of
from kit.db import open_engine
from kit.errors import Invalid
from kit.ids import new_id
from tests.domain_world import DAY, World

STATES = [
    "BB",
    "BE",
    "BW",
    "BY",
    "HB",
    "HE",
    "HH",
    "MV",
    "NI",
    "NW",
    "RP",
    "SH",
    "SL",
    "SN",
    "ST",
    "TH",
]
# rule, a day of 2030 and one year in which it did not hold yet, states that keep it
RULES = [
    ("Epiphany", date(2030, 1, 6), None, "BW BY ST"),
    ("Women's Day", date(2030, 3, 8), date(2018, 3, 8), "BE MV"),
    ("Corpus Christi", date(2030, 6, 20), None, "BW BY HE NW RP SL"),
    ("Assumption", date(2030, 8, 15), None, "BY SL"),
    ("Children's Day", date(2030, 9, 20), date(2018, 9, 20), "TH"),
    ("Reformation", date(2030, 10, 31), None, "BB HB HH MV NI SH SN ST TH"),
    ("All Saints", date(2030, 11, 1), None, "BW BY NW RP SL"),
    ("Repentance", date(2030, 11, 20), None, "SN"),
]
EPIPHANY = date(2026, 1, 6)


@pytest.mark.parametrize(("name", "day", "before", "states"), RULES, ids=[r[0] for r in RULES])
def test_a_day_is_kept_by_its_states_alone(
    name: str, day: date, before: date | None, states: str
) -> None:
    kept = [one for one in STATES if holidays_of(f"DE-{one}").kind(day) is DayKind.HOLIDAY]
    assert kept == states.split(), name
    assert holidays_of("DE").kind(day) is None
    if before is not None:
        assert all(holidays_of(f"DE-{one}").kind(before) is None for one in STATES)


def test_women_s_day_came_to_the_second_state_four_years_later() -> None:
    assert holidays_of("DE-BE").kind(date(2019, 3, 8)) is DayKind.HOLIDAY
    assert holidays_of("DE-MV").kind(date(2022, 3, 8)) is None
    assert holidays_of("DE-MV").kind(date(2023, 3, 8)) is DayKind.HOLIDAY


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    engine = open_engine(sqlite_url, guarded=False)
    made = World(engine)
    made.furnish()
    yield made
    engine.dispose()


def test_a_hospital_keeps_the_days_of_its_region_in_rosters_and_forecasts(world: World) -> None:
    hospital = world.run(OpenHospital(code="M", name_zh="慕", name_en="M",
                                      time_zone="Europe/Berlin"))  # fmt: skip

    def worked() -> bool:
        with Session(world.engine) as session:
            return workdays_of(session, hospital.id).works(EPIPHANY)

    assert worked()
    world.run(SetHolidayRegion(hospital_id=hospital.id, region="DE-BY"))
    assert not worked()
    assert [one.name for one in world.events] == ["HolidayRegionSet"]
    world.run(SetHolidayRegion(hospital_id=hospital.id))
    assert worked()
    elsewhere = SetHolidayRegion(hospital_id=hospital.id, region="GB-SCT")
    refused = world.refused(elsewhere, Invalid, "NO_HOLIDAY_CALENDAR")
    assert (refused.field, len(refused.allowed)) == ("region", 16)
    there_are_none = SetHolidayRegion(hospital_id=world.hospital.id, region="CN-BJ")
    world.refused(there_are_none, Invalid, "NO_HOLIDAY_CALENDAR")


def test_a_history_is_frozen_with_the_region_and_says_so_in_its_hash(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(DepartPatient(encounter_id=encounter.id))  # with it a history begins
    with Session(world.engine) as session:
        row = session.get_one(Hospital, world.hospital.id)
        row.time_zone = "Europe/Berlin"  # a test arranges what no command changes
        session.commit()
    plain = _frozen(world, world.now + 9 * DAY)
    world.run(SetHolidayRegion(hospital_id=world.hospital.id, region="DE-SN"))
    saxon = _frozen(world, world.now + 9 * DAY)
    assert (plain.region, saxon.region) == (None, "DE-SN")
    assert plain.hash != saxon.hash
    assert saxon.until(3).region == "DE-SN"
    assert holidays_at(saxon.zone, saxon.region).kind(date(2030, 11, 20)) is DayKind.HOLIDAY
    assert holidays_at(plain.zone, plain.region).kind(date(2030, 11, 20)) is None


def _frozen(world: World, now: datetime) -> Problem:
    series = ForecastSeries(
        hospital_id=world.hospital.id, measure=ForecastMeasure.ARRIVALS, step=Step.DAY, horizon=7,
        place_key="x",
    )  # fmt: skip
    claimed = Claimed(forecast_id=new_id(), series=series, horizon=7, zone="Europe/Berlin")
    with Session(world.engine) as session:
        return freeze(session, claimed, now)
