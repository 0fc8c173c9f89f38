"""What a month of a hospital holds, and that it is made once, without whoever refuses."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from domain.analysis.facts import age_band, happened_in
from domain.analysis.making import make, read
from domain.analysis.model import AnalysisRelease
from domain.analysis.months import Month, months_between
from domain.analysis.releasing import ReleaseAnalysis
from domain.analysis.tables import table_of
from domain.analysis.words import (
    ANALYTIC,
    FLOOR,
    Dataset,
    Dimension,
    cube_of,
    cubes,
    rules,
)
from domain.beds.commands import AddBed, DepartPatient
from domain.patients.directive_model import DirectiveWord
from domain.patients.directives import RecordConsentDirective
from domain.patients.model import Sex
from kit.errors import Invalid
from tests.domain_world import DAY, HOUR, World

MARCH = Month("2026-03", "Asia/Shanghai")
APRIL = datetime(2026, 4, 10, tzinfo=UTC)


def stays(world: World) -> list[UUID]:
    """Three women and four men, each two days in a side room of ward A, one after the other."""
    people = []
    for number in range(7):
        encounter, _ = world.admit("A4", Sex.FEMALE if number < 3 else Sex.MALE)
        world.tick(2 * DAY)
        world.run(DepartPatient(encounter_id=encounter.id))
        people.append(encounter.patient_id)
        world.beds["A4"], world.beds[f"old{number}"] = fresh(world, number), world.beds["A4"]
    return people


def fresh(world: World, number: int) -> UUID:
    """Another clean bed: cleaning is not what this is about."""
    return world.run(AddBed(room_id=world.side.id, code=f"N{number}")).id


def test_stays_of_a_month_are_grouped_by_who_left_and_where(world: World) -> None:
    people = stays(world)
    with Session(world.engine) as session:
        found = happened_in(session, Dataset.STAYS, world.hospital.id, MARCH)
        made = make(session, Dataset.STAYS, world.hospital.id, MARCH, APRIL)
        lying = happened_in(session, Dataset.BED_DAYS, world.hospital.id, MARCH)
        before = happened_in(session, Dataset.STAYS, world.hospital.id,
                             Month("2026-02", "Asia/Shanghai"))  # fmt: skip
    assert {one.person for one in found} == set(people)
    assert before == []
    assert [one.amount for one in found] == [2.0] * 7
    assert sum(one.amount for one in lying) == pytest.approx(14.0)
    assert {one.traits[Dimension.AGE] for one in found} == {"70-79"}
    where = read(made.groups, cube_of(Dataset.STAYS, (Dimension.WARD,)))
    (line,) = table_of(where, [0], 0.5).lines
    assert (line.cell, line.cases, line.mean, line.median) == (("A",), 7, 2.0, 2.0)
    who = read(made.groups, cube_of(Dataset.STAYS, (Dimension.AGE, Dimension.SEX)))
    assert [(one.cell, one.cases) for one in table_of(who, [1], 0.5).lines] == [(("*",), 7)]
    assert str(people[0]) not in made.groups


def test_whoever_refuses_one_of_the_purposes_is_not_in_it(world: World) -> None:
    people = stays(world)
    world.run(RecordConsentDirective(patient_id=people[0], word=DirectiveWord.DENY,
                                     purpose=ANALYTIC[0]))  # fmt: skip
    world.run(RecordConsentDirective(patient_id=people[1], word=DirectiveWord.DENY,
                                     reader_role=None))  # fmt: skip
    with Session(world.engine) as session:
        made = make(session, Dataset.STAYS, world.hospital.id, MARCH, APRIL)
    assert made.left_out == 2
    where = read(made.groups, cube_of(Dataset.STAYS, ()))
    assert sum(group.cases for group in where) == 5
    world.run(RecordConsentDirective(patient_id=people[2], word=DirectiveWord.DENY))
    with Session(world.engine) as session:
        fewer = make(session, Dataset.STAYS, world.hospital.id, MARCH, APRIL)
    assert read(fewer.groups, cube_of(Dataset.STAYS, ())) == []  # four are too few for anything


def test_a_month_is_made_once_whatever_comes_later(world: World) -> None:
    def release(text: str) -> AnalysisRelease:
        return world.run(ReleaseAnalysis(hospital_id=world.hospital.id, dataset=Dataset.STAYS,
                                         month="2026-03", groups=text, left_out=0))  # fmt: skip

    first = release("{}")
    assert release('{"who":[]}').id == first.id
    assert world.get(AnalysisRelease, first.id).groups == "{}"
    twin = AnalysisRelease(hospital_id=world.hospital.id, dataset=Dataset.STAYS, month="2026-03",
                           groups="{}", made_at=APRIL)  # fmt: skip
    with Session(world.engine) as session:
        session.add(twin)
        with pytest.raises(IntegrityError):
            session.commit()


def test_a_month_begins_at_midnight_there_and_settles_after_days() -> None:
    assert MARCH.begins == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert MARCH.ends == datetime(2026, 3, 31, 16, tzinfo=UTC)
    settled = MARCH.ends + timedelta(days=rules()["settle_days"])
    assert MARCH.settled(settled)
    assert not MARCH.settled(settled - HOUR)
    assert months_between("2025-11", "2026-02") == ("2025-11", "2025-12", "2026-01", "2026-02")
    for since, until in (("2026-02", "2026-01"), ("2026-1", "2026-02"), ("2020-01", "2026-01"),
                         ("2026-13", "2026-13"), ("2026-01-05", "2026-02")):  # fmt: skip
        with pytest.raises(Invalid):
            months_between(since, until)


@pytest.mark.parametrize(
    ("born", "band"),
    [(date(2026, 3, 1), "00-09"), (date(2016, 3, 2), "00-09"), (date(2016, 3, 1), "10-19"),
     (date(1936, 3, 1), "90+"), (date(1900, 1, 1), "90+"), (None, "UNKNOWN")],
)  # fmt: skip
def test_ages_are_bands_of_ten_years_and_the_oldest_are_one(born: date | None, band: str) -> None:
    assert age_band(born, date(2026, 3, 1)) == band


def test_only_dimensions_of_one_cube_are_asked_together() -> None:
    for cube in cubes():
        assert cube_of(cube.dataset, cube.dimensions) == cube
    with pytest.raises(Invalid) as why:
        cube_of(Dataset.STAYS, (Dimension.AGE, Dimension.WARD))
    assert why.value.reason == "NOT_TOGETHER"
    assert why.value.allowed == ("age+sex", "ward+specialty", "weekday")
    assert rules()["least_people"] >= FLOOR == 5
