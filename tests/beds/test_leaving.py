"""How patients leave: order, departure, leave, death, and unseen."""

from domain.beds.commands import (
    CancelDischargeOrder,
    CancelEncounter,
    DepartPatient,
    EndLeave,
    LeaveUnseen,
    MarkContaminated,
    MovePatient,
    OrderDischarge,
    RecordDeath,
    StartLeave,
)
from domain.beds.model import BedStay, StayLeave
from domain.patients.commands import AssignCare
from domain.patients.model import CareAssignment, Encounter, EncounterStatus
from kit.errors import Conflict, Invalid
from tests.domain_world import HOUR, MINUTE, World


def test_the_order_does_not_free_the_bed_but_the_departure_does(world: World) -> None:
    encounter, stay = world.admit("A1")
    ordered = world.tick()
    world.run(OrderDischarge(encounter_id=encounter.id))
    shown = world.shown("A1")
    assert shown.state == "OCCUPIED"
    assert shown.stay is not None
    assert shown.stay.discharge_pending
    left = world.tick(HOUR)
    world.run(DepartPatient(encounter_id=encounter.id, disposition="HOME"))
    now = world.get(Encounter, encounter.id)
    assert (now.status, now.discharge_ordered_at, now.ended_at, now.disposition) == (
        EncounterStatus.DISCHARGED, ordered, left, "HOME",
    )  # fmt: skip
    assert world.get(BedStay, stay.id).until == left
    shown = world.shown("A1")
    assert (shown.state, shown.hl7_status, shown.hygiene) == ("DIRTY", "H", "DIRTY")
    assert shown.cleaning is not None
    assert (shown.cleaning.kind, shown.cleaning.state, shown.cleaning.since) == (
        "DISCHARGE", "QUEUED", left,
    )  # fmt: skip


def test_a_departure_is_told_late_and_counts_from_when_it_was(world: World) -> None:
    encounter, stay = world.admit("A1")
    left = world.tick(HOUR)
    told = world.tick(HOUR)
    world.run(DepartPatient(encounter_id=encounter.id, at=left))
    ended = world.get(BedStay, stay.id)
    assert (ended.until, ended.ended_recorded_at) == (left, told)
    assert world.shown("A1", left - MINUTE).state == "OCCUPIED"
    assert world.shown("A1", left).state == "DIRTY"


def test_a_bed_found_contaminated_after_a_late_departure_was_dirty_between(world: World) -> None:
    encounter, _ = world.admit("A1")
    left = world.tick(HOUR)
    found = world.tick(HOUR)
    world.run(MarkContaminated(bed_id=world.beds["A1"], reason="SPILL"))
    world.tick(HOUR)
    world.run(DepartPatient(encounter_id=encounter.id, at=left))
    assert world.shown("A1", left).state == "DIRTY"
    assert world.shown("A1", found).state == "CONTAMINATED"
    cleaning = world.shown("A1").cleaning
    assert cleaning is not None
    assert cleaning.kind == "TERMINAL"


def test_who_waited_without_a_bed_may_leave(world: World) -> None:
    seen, unseen, error = world.arrive(), world.arrive(), world.arrive()
    world.tick()
    world.run(DepartPatient(encounter_id=seen.id))
    world.run(LeaveUnseen(encounter_id=unseen.id))
    world.run(CancelEncounter(encounter_id=error.id))
    assert [world.get(Encounter, one.id).status for one in (seen, unseen, error)] == [
        EncounterStatus.DISCHARGED, EncounterStatus.LEFT, EncounterStatus.ERROR,
    ]  # fmt: skip
    refusal = world.refused(DepartPatient(encounter_id=seen.id), Conflict, "ENCOUNTER_STATE")
    assert refusal.allowed == ()


def test_an_encounter_in_bed_is_not_just_cancelled(world: World) -> None:
    encounter, _ = world.admit("A1")
    refusal = world.refused(CancelEncounter(encounter_id=encounter.id), Conflict, "ENCOUNTER_STATE")
    assert refusal.allowed == ("ON_LEAVE", "DISCHARGE_PENDING", "DIED")


def test_an_order_can_be_taken_back(world: World) -> None:
    encounter, _ = world.admit("A1")
    cancel = CancelDischargeOrder(encounter_id=encounter.id)
    world.refused(cancel, Conflict, "NO_DISCHARGE_ORDER")
    world.run(OrderDischarge(encounter_id=encounter.id))
    world.tick()
    world.run(cancel)
    now = world.get(Encounter, encounter.id)
    assert (now.status, now.discharge_ordered_at) == (EncounterStatus.ADMITTED, None)


def test_leave_keeps_the_bed(world: World) -> None:
    encounter, _ = world.admit("A1")
    left = world.tick()
    leave = world.run(StartLeave(encounter_id=encounter.id, expected_back=world.now + HOUR))
    shown = world.shown("A1")
    assert shown.state == "OCCUPIED"
    assert shown.stay is not None
    assert shown.stay.on_leave
    refusal = world.refused(StartLeave(encounter_id=encounter.id), Conflict, "ENCOUNTER_STATE")
    assert refusal.allowed == ("ADMITTED", "DIED")
    back = world.tick(HOUR)
    world.run(EndLeave(encounter_id=encounter.id))
    assert world.get(StayLeave, leave.id).until == back
    world.refused(EndLeave(encounter_id=encounter.id), Conflict, "NOT_ON_LEAVE")
    then = world.shown("A1", left).stay
    assert then is not None
    assert then.on_leave


def test_a_return_before_the_leave_makes_no_sense(world: World) -> None:
    encounter, _ = world.admit("A1")
    early = StartLeave(encounter_id=encounter.id, expected_back=world.now - HOUR)
    assert world.refused(early, Invalid, "INVALID").field == "expectedBack"


def test_who_does_not_come_back_from_leave_departs(world: World) -> None:
    encounter, _ = world.admit("A1")
    leave = world.run(StartLeave(encounter_id=encounter.id))
    left = world.tick()
    world.run(DepartPatient(encounter_id=encounter.id))
    assert world.get(StayLeave, leave.id).until == left
    assert world.get(Encounter, encounter.id).status == EncounterStatus.DISCHARGED


def test_the_dead_keep_the_bed_until_they_depart(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.tick()
    world.run(RecordDeath(encounter_id=encounter.id))
    assert world.shown("A1").state == "OCCUPIED"
    move = MovePatient(encounter_id=encounter.id, bed_id=world.beds["A4"])
    world.refused(move, Conflict, "ENCOUNTER_ENDED")
    world.tick()
    world.run(DepartPatient(encounter_id=encounter.id))
    assert world.shown("A1").state == "DIRTY"
    assert world.get(Encounter, encounter.id).status == EncounterStatus.DIED
    world.refused(DepartPatient(encounter_id=encounter.id), Conflict, "ENCOUNTER_STATE")


def test_nobody_treats_a_patient_who_has_left(world: World) -> None:
    encounter, _ = world.admit("A1")
    account = world.account()
    care = world.run(AssignCare(account_id=account, encounter_id=encounter.id))
    left = world.tick()
    world.run(DepartPatient(encounter_id=encounter.id))
    assert world.get(CareAssignment, care.id).until == left
