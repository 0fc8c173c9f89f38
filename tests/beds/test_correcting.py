"""Corrections after the fact: stays, hygiene, cleaning and history move together."""

from sqlmodel import Session

from domain.beds.commands import (
    AdmitPatient,
    BlockBed,
    CancelAdmission,
    CorrectStay,
    DepartPatient,
    FinishCleaning,
    MovePatient,
    StartCleaning,
    StartLeave,
    SwapPatients,
    UnblockBed,
)
from domain.beds.model import BedStay, BlockReason, CleaningTask
from domain.patients.model import Encounter, EncounterStatus
from domain.patients.queries import status_at
from kit.errors import Conflict, Invalid, Retry
from tests.domain_world import HOUR, MINUTE, World


def correct(stay: BedStay, **ends: object) -> CorrectStay:
    return CorrectStay(stay_id=stay.id, reason="TYPO", **ends)  # type: ignore[arg-type]


def test_an_earlier_beginning_moves_the_admission_too(world: World) -> None:
    encounter = world.arrive()
    world.tick(HOUR)
    stay = world.get(BedStay, _admit(world, encounter, "A1").id)
    world.tick(HOUR)
    earlier = stay.since - 30 * MINUTE
    world.run(correct(stay, since=earlier))
    assert world.get(BedStay, stay.id).since == earlier
    assert world.shown("A1", earlier).state == "OCCUPIED"
    with Session(world.engine) as session:
        assert status_at(session, encounter.id, earlier) == EncounterStatus.ADMITTED


def test_a_moves_time_is_corrected_on_both_sides(world: World) -> None:
    encounter, first = world.admit("A1")
    moved = world.tick(HOUR)
    second = world.run(MovePatient(encounter_id=encounter.id, bed_id=world.beds["A4"]))
    world.tick(HOUR)
    for stay, end in ((second, "since"), (first, "until")):
        for by in (10 * MINUTE, -20 * MINUTE):
            at = moved + by
            world.run(correct(stay, **{end: at}))
            assert world.get(BedStay, first.id).until == at
            assert world.get(BedStay, second.id).since == at
            assert world.shown("A1", at).state == "DIRTY"
            assert world.shown("A1", at - MINUTE).state == "OCCUPIED"
            assert world.shown("A4", at).state == "OCCUPIED"
            assert world.sql("SELECT count(*) FROM bed_hygiene") == [(8,)]
            assert world.sql("SELECT count(*) FROM cleaning_task") == [(1,)]
            cleaning = world.shown("A1").cleaning
            assert cleaning is not None
            assert cleaning.since == at


def test_a_later_departure_ends_the_encounter_later(world: World) -> None:
    encounter, stay = world.admit("A1")
    left = world.tick(HOUR)
    world.run(DepartPatient(encounter_id=encounter.id))
    world.tick(HOUR)
    world.run(correct(stay, until=left + 10 * MINUTE))
    assert world.get(Encounter, encounter.id).ended_at == left + 10 * MINUTE
    cleaning = world.shown("A1").cleaning
    assert cleaning is not None
    assert world.get(CleaningTask, cleaning.id).since == left + 10 * MINUTE


def test_nobody_stays_beyond_the_beginning_of_the_cleaning(world: World) -> None:
    encounter, stay = world.admit("A1")
    left = world.tick(HOUR)
    world.run(DepartPatient(encounter_id=encounter.id))
    cleaning = world.shown("A1").cleaning
    assert cleaning is not None
    world.tick(10 * MINUTE)
    world.run(StartCleaning(task_id=cleaning.id))
    world.tick(10 * MINUTE)
    world.run(FinishCleaning(task_id=cleaning.id))
    world.tick(HOUR)
    world.refused(correct(stay, until=left + 10 * MINUTE), Conflict, "NOTHING_LEFT")
    other, second = world.admit("A1")
    refusal = world.refused(correct(second, since=left - MINUTE), Conflict, "STAY_OVERLAP")
    assert refusal.blocking == stay.id
    world.refused(correct(second, since=left + MINUTE), Conflict, "BED_NOT_READY")
    assert world.get(Encounter, other.id).status == EncounterStatus.ADMITTED


def test_a_cancelled_stay_is_in_nobodys_way(world: World) -> None:
    first, early = world.admit("A1")
    world.run(CancelAdmission(encounter_id=first.id, bed_untouched=True))
    encounter = world.arrive()
    world.tick(HOUR)
    stay = _admit(world, encounter, "A1")
    world.run(correct(stay, since=world.now - 30 * MINUTE))
    assert world.get(BedStay, stay.id).since == world.now - 30 * MINUTE
    refused = correct(early, since=early.since)
    assert world.refused(refused, Conflict, "STAY_VOIDED").blocking == early.id
    assert world.get(Encounter, encounter.id).moves == 0


def test_the_bed_must_have_been_open_at_the_new_beginning(world: World) -> None:
    blocked = world.run(BlockBed(bed_id=world.beds["A1"], reason=BlockReason.REPAIR,
                                 expected_until=world.now + HOUR))  # fmt: skip
    world.tick(HOUR)
    world.run(UnblockBed(bed_id=world.beds["A1"]))
    world.tick(HOUR)
    _, stay = world.admit("A1")
    world.tick(HOUR)
    early = correct(stay, since=world.now - HOUR - 30 * MINUTE)
    world.refused(early, Conflict, "NOTHING_LEFT")  # the patient had not arrived
    refusal = world.refused(correct(stay, since=blocked.since), Conflict, "BED_NOT_READY")
    assert refusal.blocking == blocked.id


def test_a_present_stay_has_no_end_to_correct(world: World) -> None:
    _, stay = world.admit("A1")
    world.refused(correct(stay, until=world.now), Conflict, "STAY_PRESENT")
    world.refused(correct(stay), Invalid, "INVALID")
    world.refused(correct(stay, since=world.now + HOUR), Invalid, "FUTURE")
    stale = CorrectStay(stay_id=stay.id, since=world.now, reason="TYPO", version=stay.version + 1)
    world.refused(stale, Retry, "STALE_VERSION")


def test_leave_stays_inside_its_stay(world: World) -> None:
    encounter, stay = world.admit("A1")
    world.run(StartLeave(encounter_id=encounter.id))
    world.tick(HOUR)
    world.refused(correct(stay, since=world.now - MINUTE), Conflict, "LEAVE_OUTSIDE")


def test_a_swap_is_not_corrected_from_one_side(world: World) -> None:
    one, first = world.admit("A1")
    other, _ = world.admit("A4")
    stays = world.run(SwapPatients(encounter_id=one.id, other_id=other.id))
    world.tick(HOUR)
    world.refused(correct(stays[0], since=world.now - MINUTE), Conflict, "SWAPPED")
    world.refused(correct(first, until=world.now - MINUTE), Conflict, "SWAPPED")


def _admit(world: World, encounter: Encounter, code: str) -> BedStay:
    return world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds[code]))
