"""What a ward's screen shows, now and then; figures that say when they were true."""

from datetime import date

import pytest
from sqlalchemy import event
from sqlmodel import Session

from domain.beds.board import HISTORY, LIVE, age_band, bed_board, census, hospital_census
from domain.beds.commands import (
    AdmitPatient,
    ChangeRequest,
    DepartPatient,
    FinishCleaning,
    HoldBed,
    MovePatient,
    RequestBed,
    StartCleaning,
)
from domain.patients.commands import SetExpectedDischarge, StatePlacementNeed, UpdatePatient
from domain.patients.model import Isolation, Sex
from domain.places.commands import SetStaffedBeds
from kit.errors import NotFound
from kit.ids import new_id
from kit.work import NETWORK, Scope
from tests.domain_world import DAY, HOUR, MINUTE, World


def test_the_board_of_an_empty_ward(world: World) -> None:
    board = world.board(world.ward_a)
    assert (board.as_of, board.source) == (world.now, LIVE)
    assert (board.ward_code, board.hospital_code, board.time_zone) == (
        "A", "NORTH", "Asia/Shanghai",
    )  # fmt: skip
    assert [bed.code for bed in board.beds] == ["A1", "A2", "A3", "A4", "A5"]
    figures = board.census
    assert (figures.licensed_beds, figures.staffed_beds, figures.occupied) == (8, 5, 0)
    assert (figures.held, figures.ready_now, figures.cleaning, figures.blocked) == (0, 5, 0, 0)


def test_a_day_in_a_bed_can_be_shown_again(world: World) -> None:
    encounter = world.arrive()
    moments = {"READY": world.tick()}
    world.tick()
    world.request(encounter)
    request = world.board(world.ward_a).waiting[0]
    world.run(HoldBed(request_id=request.id, bed_id=world.beds["A1"],
                      expires_at=world.now + HOUR))  # fmt: skip
    moments["HELD"] = world.tick()
    world.tick()
    world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["A1"]))
    moments["OCCUPIED"] = world.tick()
    world.tick()
    world.run(DepartPatient(encounter_id=encounter.id))
    moments["DIRTY"] = world.tick()
    task = world.shown("A1").cleaning
    assert task is not None
    world.tick()
    world.run(StartCleaning(task_id=task.id))
    moments["CLEANING"] = world.tick()
    world.tick()
    world.run(FinishCleaning(task_id=task.id))
    world.tick(DAY)
    assert {state: world.shown("A1", at).state for state, at in moments.items()} == {
        state: state for state in moments
    }
    then = world.board(world.ward_a, moments["HELD"])
    assert (then.as_of, then.source) == (moments["HELD"], HISTORY)
    assert [one.state for one in then.waiting] == ["HELD"]
    assert world.shown("A1").state == "READY"
    assert world.board(world.ward_a, world.now - 10 * DAY).beds == ()


def test_what_was_said_of_a_patient_shows_as_it_was_said(world: World) -> None:
    encounter, _ = world.admit("A4")
    world.run(SetExpectedDischarge(encounter_id=encounter.id, expected_at=world.now + DAY))
    first = world.tick()
    world.run(SetExpectedDischarge(encounter_id=encounter.id, expected_at=world.now + 2 * DAY))
    world.run(StatePlacementNeed(encounter_id=encounter.id, isolation=Isolation.AIRBORNE))
    now, then = world.shown("A4").stay, world.shown("A4", first - MINUTE / 2).stay
    assert now is not None
    assert then is not None
    assert (now.isolation, now.expected_discharge) == ("AIRBORNE", world.now + 2 * DAY)
    assert (then.isolation, then.expected_discharge) == ("NONE", first - MINUTE + DAY)
    assert (now.sex, now.age_band) == (Sex.FEMALE, "70-79")


def test_equal_family_names_are_pointed_out_without_opening_them(world: World) -> None:
    for code, family in (("A1", "Wáng"), ("A2", "WÁNG"), ("A4", "Li")):
        encounter = world.arrive(family=family)
        world.tick()
        world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds[code]))
    same = {bed.code: bed.stay.same_surname for bed in world.board(world.ward_a).beds if bed.stay}
    assert same == {"A1": True, "A2": True, "A4": False}


def test_privacy_reaches_the_board(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(UpdatePatient(patient_id=encounter.patient_id, privacy=True))
    stay = world.shown("A1").stay
    assert stay is not None
    assert stay.privacy
    assert repr(stay.initials) == "***"


def test_who_waits_most_urgently_comes_first(world: World) -> None:
    low, high, soon = world.arrive(), world.arrive(), world.arrive()
    for encounter, priority, needed in ((low, 1, None), (high, 5, None), (soon, 5, HOUR)):
        world.tick()
        world.run(RequestBed(
            encounter_id=encounter.id, priority=priority,
            needed_by=world.now + needed if needed else None,
        ))  # fmt: skip
    asked = world.tick()
    waiting = world.board(world.ward_a).waiting
    assert [(one.priority, one.needed_by is None) for one in waiting] == [
        (5, False), (5, True), (1, True),
    ]  # fmt: skip
    world.tick()
    world.run(ChangeRequest(request_id=waiting[2].id, target_ward_id=world.ward_b.id, priority=9))
    assert len(world.board(world.ward_a).waiting) == 2
    assert [one.priority for one in world.board(world.ward_b).waiting] == [9]
    assert [one.id for one in world.board(world.ward_a, asked).waiting] == [
        one.id for one in waiting
    ]


def test_the_request_follows_the_patient_to_the_next_ward(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.request(encounter)
    here = world.tick()
    world.tick()
    hold = world.board(world.ward_a).waiting[0]
    world.run(ChangeRequest(request_id=hold.id, priority=2))
    world.run(MovePatient(encounter_id=encounter.id, bed_id=world.beds["B1"]))
    assert world.board(world.ward_a).waiting == ()
    assert len(world.board(world.ward_a, here).waiting) == 1


def test_ready_beds_are_no_more_than_the_staff_for_them(world: World) -> None:
    before = world.tick()
    world.tick()
    world.run(SetStaffedBeds(ward_id=world.ward_a.id, staffed_beds=2))
    world.admit("A1")
    figures = world.board(world.ward_a).census
    assert (figures.staffed_beds, figures.occupied, figures.ready_now) == (2, 1, 1)
    then = world.board(world.ward_a, before).census
    assert (then.staffed_beds, then.ready_now) == (5, 5)


def test_the_hospitals_figures_are_its_wards(world: World) -> None:
    world.admit("A1")
    world.admit("B1")
    with Session(world.engine) as session:
        wards = hospital_census(session, [NETWORK], world.hospital.id, world.now)
        alone = census(session, [NETWORK], world.ward_a.id, world.now)
    assert [(one.ward_id, one.occupied, one.ready_now) for one in wards] == [
        (world.ward_a.id, 1, 4), (world.ward_b.id, 1, 1),
    ]  # fmt: skip
    assert alone == wards[0]


def test_a_board_out_of_reach_is_as_unknown_as_none(world: World) -> None:
    elsewhere = Scope(world.hospital.id, world.ward_b.id)
    with Session(world.engine) as session:
        for scopes, ward_id in (([elsewhere], world.ward_a.id), ([NETWORK], new_id()), ([], None)):
            with pytest.raises(NotFound):
                bed_board(session, scopes, ward_id or world.ward_a.id, world.now)
        assert bed_board(session, [elsewhere], world.ward_b.id, world.now).ward_code == "B"
        with pytest.raises(NotFound):
            hospital_census(session, [elsewhere], world.hospital.id, world.now)


@pytest.mark.parametrize("past", [False, True])
def test_a_board_takes_six_statements_however_full_the_ward(world: World, past: bool) -> None:
    for code in ("A1", "A2", "A3", "A4"):
        world.admit(code)
    statements: list[str] = []
    event.listen(world.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    world.board(world.ward_a, world.now - MINUTE if past else None)
    assert len([one for one in statements if one.startswith("SELECT")]) == 6


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(2026, 3, 1), "<1"), (date(2025, 3, 2), "1-15"), (date(2010, 3, 3), "1-15"),
        (date(2010, 3, 2), "16-17"), (date(2008, 3, 2), "18-29"), (date(1996, 3, 3), "18-29"),
        (date(1996, 3, 2), "30-39"), (date(1936, 3, 3), "80-89"), (date(1920, 1, 1), "90+"),
        (None, None),
    ],
)  # fmt: skip
def test_ages_are_told_in_bands(born: date | None, band: str | None) -> None:
    assert age_band(born, date(2026, 3, 2)) == band
