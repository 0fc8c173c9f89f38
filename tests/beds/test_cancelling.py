"""Cancels say that something never happened; they never leave a patient nowhere."""

from domain.beds.commands import (
    AdmitPatient,
    BlockBed,
    CancelAdmission,
    CancelDeparture,
    CancelMove,
    DepartPatient,
    FinishCleaning,
    HoldBed,
    MovePatient,
    StartCleaning,
    StartLeave,
    SwapPatients,
)
from domain.beds.model import BedHold, BedRequest, BedStay, BlockReason, HoldState, RequestState
from domain.patients.commands import AssignCare
from domain.patients.model import CareAssignment, Encounter, EncounterStatus
from kit.errors import Conflict
from tests.domain_world import HOUR, MINUTE, World


def clean(world: World, code: str) -> None:
    cleaning = world.shown(code).cleaning
    assert cleaning is not None
    world.tick()
    world.run(StartCleaning(task_id=cleaning.id))
    world.tick()
    world.run(FinishCleaning(task_id=cleaning.id))
    world.tick()


def test_a_cancelled_admission_waits_again_and_the_bed_counts_as_used(world: World) -> None:
    encounter = world.arrive()
    request = world.request(encounter, priority=7)
    world.tick()
    stay = world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["A1"]))
    world.tick()
    after = world.run(CancelAdmission(encounter_id=encounter.id))
    assert after.stay is None
    assert after.request is not None
    assert (after.request.priority, after.request.target_ward_id) == (7, world.ward_a.id)
    assert after.request.id != request.id
    assert world.get(Encounter, encounter.id).status == EncounterStatus.ARRIVED
    assert world.get(BedStay, stay.id).voided_at == world.now
    assert world.shown("A1").state == "DIRTY"


def test_an_untouched_bed_stays_clean(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(CancelAdmission(encounter_id=encounter.id, bed_untouched=True))
    assert world.shown("A1").state == "READY"


def test_a_planned_patient_is_planned_again(world: World) -> None:
    encounter = world.arrive(status=EncounterStatus.PLANNED)
    world.tick()
    world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["A1"]))
    world.tick()
    after = world.run(CancelAdmission(encounter_id=encounter.id))
    assert world.get(Encounter, encounter.id).status == EncounterStatus.PLANNED
    assert after.request is not None
    assert after.request.state == RequestState.REQUESTED


def test_only_the_last_step_is_cancelled(world: World) -> None:
    encounter, _ = world.admit("A1")
    move = CancelMove(encounter_id=encounter.id)
    assert world.refused(move, Conflict, "NOT_THE_LAST_STEP").allowed == ("ADMIT",)
    world.run(MovePatient(encounter_id=encounter.id, bed_id=world.beds["A4"]))
    admission = CancelAdmission(encounter_id=encounter.id)
    assert world.refused(admission, Conflict, "NOT_THE_LAST_STEP").allowed == ("MOVE",)
    other, _ = world.admit("A5")
    world.run(SwapPatients(encounter_id=encounter.id, other_id=other.id))
    assert world.refused(move, Conflict, "NOT_THE_LAST_STEP").allowed == ("SWAP",)


def test_a_cancelled_move_goes_on_in_the_old_bed_as_if_nothing_was(world: World) -> None:
    encounter, old = world.admit("A1")
    moved = world.tick(HOUR)
    world.run(MovePatient(encounter_id=encounter.id, bed_id=world.beds["B1"]))
    world.tick()
    after = world.run(CancelMove(encounter_id=encounter.id))
    assert after.stay is not None
    assert (after.stay.id, after.stay.until) == (old.id, None)
    assert world.shown("A1").hygiene == "CLEAN"
    assert world.shown("A1", moved + MINUTE).state == "OCCUPIED"
    assert world.shown("B1").state == "DIRTY"
    now = world.get(Encounter, encounter.id)
    assert (now.moves, now.ward_id) == (0, world.ward_a.id)
    assert {event.scope.ward for event in world.events} == {world.ward_a.id, world.ward_b.id}


def test_a_cancelled_move_takes_the_old_bed_anew_once_it_was_cleaned(world: World) -> None:
    encounter, old = world.admit("A1")
    world.run(MovePatient(encounter_id=encounter.id, bed_id=world.beds["B1"]))
    clean(world, "A1")
    after = world.run(CancelMove(encounter_id=encounter.id))
    assert after.stay is not None
    assert (after.stay.bed_id, after.stay.previous_id) == (world.beds["A1"], old.id)
    assert after.stay.since == world.now


def test_a_cancelled_move_queues_when_the_old_bed_is_gone(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(MovePatient(encounter_id=encounter.id, bed_id=world.beds["B1"]))
    clean(world, "A1")
    world.admit("A1")
    after = world.run(CancelMove(encounter_id=encounter.id))
    assert after.stay is None
    assert after.request is not None
    assert after.request.target_ward_id == world.ward_a.id
    now = world.get(Encounter, encounter.id)
    assert (now.status, now.ward_id) == (EncounterStatus.ARRIVED, world.ward_a.id)


def test_while_the_old_bed_is_being_cleaned_the_patient_queues(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(MovePatient(encounter_id=encounter.id, bed_id=world.beds["B1"]))
    cleaning = world.shown("A1").cleaning
    assert cleaning is not None
    world.tick()
    world.run(StartCleaning(task_id=cleaning.id))
    after = world.run(CancelMove(encounter_id=encounter.id))
    assert (after.stay, world.shown("A1").state) == (None, "CLEANING")


def test_a_cancelled_departure_restores_bed_and_care(world: World) -> None:
    encounter, stay = world.admit("A1")
    care = world.run(AssignCare(account_id=world.account(), encounter_id=encounter.id))
    world.tick()
    world.run(DepartPatient(encounter_id=encounter.id, disposition="HOME"))
    world.tick()
    after = world.run(CancelDeparture(encounter_id=encounter.id))
    assert after.stay is not None
    assert after.stay.id == stay.id
    now = world.get(Encounter, encounter.id)
    assert (now.status, now.ended_at, now.disposition) == (EncounterStatus.ADMITTED, None, None)
    assert world.get(CareAssignment, care.id).until is None
    assert world.shown("A1").cleaning is None


def test_a_cancelled_departure_queues_behind_a_hold_or_a_block(world: World) -> None:
    for code, held in (("A1", True), ("A4", False)):
        encounter, _ = world.admit(code)
        world.run(DepartPatient(encounter_id=encounter.id))
        if held:
            request = world.request(world.arrive())
            world.run(HoldBed(request_id=request.id, bed_id=world.beds[code],
                              expires_at=world.now + HOUR))  # fmt: skip
        else:
            world.run(BlockBed(bed_id=world.beds[code], reason=BlockReason.REPAIR,
                               expected_until=world.now + HOUR))  # fmt: skip
        world.tick()
        after = world.run(CancelDeparture(encounter_id=encounter.id))
        assert after.stay is None
        assert after.request is not None
        assert after.request.state == RequestState.ACTIVE


def test_a_departure_without_a_bed_is_cancelled_too(world: World) -> None:
    encounter = world.arrive()
    world.tick()
    world.run(DepartPatient(encounter_id=encounter.id))
    world.tick()
    world.run(CancelDeparture(encounter_id=encounter.id))
    assert world.get(Encounter, encounter.id).status == EncounterStatus.ARRIVED


def test_what_was_not_departed_cannot_come_back(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.refused(CancelDeparture(encounter_id=encounter.id), Conflict, "ENCOUNTER_STATE")
    world.run(StartLeave(encounter_id=encounter.id))
    world.refused(CancelAdmission(encounter_id=encounter.id), Conflict, "ON_LEAVE")


def test_coming_back_to_a_bed_kept_for_oneself_uses_the_hold(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(MovePatient(encounter_id=encounter.id, bed_id=world.beds["B1"]))
    request = world.request(encounter)
    hold = world.run(HoldBed(request_id=request.id, bed_id=world.beds["A1"],
                             expires_at=world.now + HOUR))  # fmt: skip
    world.tick()
    world.run(CancelMove(encounter_id=encounter.id))
    assert world.get(BedHold, hold.id).state == HoldState.CONSUMED
    assert world.get(BedRequest, request.id).state == RequestState.FULFILLED
