"""Admission: what it does, and everything that can be in its way."""

from datetime import timedelta

import pytest

from domain.beds.commands import (
    AdmitPatient,
    BlockBed,
    CloseBed,
    DepartPatient,
    HoldBed,
    WaiveBedState,
    WaiveRoomSex,
)
from domain.beds.model import BedHold, BedRequest, BlockReason, HoldState, RequestState, WaiverUse
from domain.patients.commands import RegisterEncounter
from domain.patients.model import Encounter, EncounterStatus, Sex
from domain.places.commands import SetStaffedBeds
from kit.errors import Conflict, Invalid
from kit.work import Scope
from tests.domain_world import DAY, HOUR, MINUTE, World


def test_admission_occupies_the_bed_and_tells_the_ward(world: World) -> None:
    encounter = world.arrive()
    at = world.tick()
    stay = world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["A1"]))
    assert (stay.since, stay.until, stay.recorded_at) == (at, None, at)
    assert stay.recorded_by == world.actor.id
    assert world.get(Encounter, encounter.id).status == EncounterStatus.ADMITTED
    shown = world.shown("A1")
    assert (shown.state, shown.use, shown.hl7_status) == ("OCCUPIED", "OCCUPIED", "O")
    assert shown.not_available == ("OCCUPIED",)
    assert {event.scope for event in world.events} == {Scope(world.hospital.id, world.ward_a.id)}
    assert "BedOccupied" in {event.name for event in world.events}


def test_a_taken_bed_is_refused_with_the_stay_its_since_and_the_next_states(world: World) -> None:
    _, stay = world.admit("A1")
    other = world.arrive()
    refusal = world.refused(
        AdmitPatient(encounter_id=other.id, bed_id=world.beds["A1"]), Conflict, "BED_TAKEN"
    )
    assert refusal.blocking == stay.id
    assert stay.since.isoformat() in refusal.message
    assert refusal.allowed == ("ON_LEAVE", "DISCHARGE_PENDING", "DIED")


def test_a_patient_in_a_bed_is_not_admitted_again(world: World) -> None:
    encounter, stay = world.admit("A1")
    refusal = world.refused(
        AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["A2"]), Conflict, "ALREADY_IN_BED"
    )
    assert refusal.blocking == stay.id


def test_one_body_lies_in_one_bed_under_whichever_encounter(world: World) -> None:
    encounter, _ = world.admit("A1")
    second = world.run(RegisterEncounter(patient_id=encounter.patient_id, ward_id=world.ward_a.id))
    refusal = world.refused(
        AdmitPatient(encounter_id=second.id, bed_id=world.beds["A2"]), Conflict, "PATIENT_IN_BED"
    )
    assert refusal.blocking == encounter.id


def test_a_dirty_bed_is_refused_naming_its_cleaning_task(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(DepartPatient(encounter_id=encounter.id))
    (task,) = world.sql("SELECT state FROM cleaning_task")
    assert task == ("QUEUED",)
    other = world.arrive()
    refusal = world.refused(
        AdmitPatient(encounter_id=other.id, bed_id=world.beds["A1"]), Conflict, "BED_NOT_CLEAN"
    )
    assert refusal.allowed == ("CLEANING", "CONTAMINATED")
    assert refusal.blocking == world.shown("A1").cleaning.id  # type: ignore[union-attr]


def test_a_waiver_with_reason_opens_a_dirty_bed_and_is_recorded(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(DepartPatient(encounter_id=encounter.id))
    other = world.arrive()
    world.tick()
    waiver = world.run(WaiveBedState(
        ward_id=world.ward_a.id, bed_id=world.beds["A1"], reason="SURGE",
        valid_until=world.now + HOUR,
    ))  # fmt: skip
    stay = world.run(AdmitPatient(
        encounter_id=other.id, bed_id=world.beds["A1"], waivers=(waiver.id,)
    ))  # fmt: skip
    assert stay.state_waiver_id == waiver.id
    assert world.sql("SELECT state FROM cleaning_task") == [("CANCELLED",)]
    assert len(world.rows()[WaiverUse.__tablename__]) == 1


def test_a_waiver_of_another_bed_or_past_its_time_is_useless(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(DepartPatient(encounter_id=encounter.id))
    other = world.arrive()
    world.tick()
    waiver = world.run(WaiveBedState(
        ward_id=world.ward_a.id, bed_id=world.beds["A2"], reason="SURGE",
        valid_until=world.now + HOUR,
    ))  # fmt: skip
    command = AdmitPatient(encounter_id=other.id, bed_id=world.beds["A1"], waivers=(waiver.id,))
    world.refused(command, Conflict, "WAIVER_UNUSABLE")
    waiver = world.run(WaiveBedState(
        ward_id=world.ward_a.id, bed_id=world.beds["A1"], reason="SURGE",
        valid_until=world.now + MINUTE,
    ))  # fmt: skip
    world.tick()
    command = AdmitPatient(encounter_id=other.id, bed_id=world.beds["A1"], waivers=(waiver.id,))
    world.refused(command, Conflict, "WAIVER_UNUSABLE")


@pytest.mark.parametrize("closed", [False, True])
def test_a_bed_out_of_service_is_refused(world: World, closed: bool) -> None:
    bed_id, encounter = world.beds["A1"], world.arrive()
    block = world.run(
        CloseBed(bed_id=bed_id, reason=BlockReason.BUILDING)
        if closed
        else BlockBed(bed_id=bed_id, reason=BlockReason.REPAIR, expected_until=world.now + HOUR)
    )
    refusal = world.refused(
        AdmitPatient(encounter_id=encounter.id, bed_id=bed_id), Conflict,
        "BED_CLOSED" if closed else "BED_BLOCKED",
    )  # fmt: skip
    assert (refusal.blocking, refusal.allowed) == (block.id, ("OPEN",))
    assert world.shown("A1").hl7_status == "C"


def test_a_bed_held_for_another_is_refused_until_the_hold_runs_out(world: World) -> None:
    waiting, other = world.arrive(), world.arrive()
    request = world.request(waiting)
    hold = world.run(HoldBed(
        request_id=request.id, bed_id=world.beds["A1"], expires_at=world.now + HOUR
    ))  # fmt: skip
    assert world.shown("A1").hl7_status == "U"
    command = AdmitPatient(encounter_id=other.id, bed_id=world.beds["A1"])
    assert world.refused(command, Conflict, "BED_HELD").blocking == hold.id
    world.tick(HOUR)
    world.run(command)
    ended = world.get(BedHold, hold.id)
    assert (ended.state, ended.until) == (HoldState.EXPIRED, hold.expires_at)
    assert world.get(BedRequest, request.id).state == RequestState.ACTIVE


def test_admission_consumes_the_hold_and_fulfils_the_request(world: World) -> None:
    encounter = world.arrive()
    request = world.request(encounter)
    hold = world.run(HoldBed(
        request_id=request.id, bed_id=world.beds["A1"], expires_at=world.now + HOUR
    ))  # fmt: skip
    world.tick()
    stay = world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["A1"]))
    assert stay.request_id == request.id
    assert world.get(BedHold, hold.id).state == HoldState.CONSUMED
    assert world.get(BedRequest, request.id).state == RequestState.FULFILLED


def test_admission_elsewhere_releases_the_hold(world: World) -> None:
    encounter = world.arrive()
    request = world.request(encounter)
    hold = world.run(HoldBed(
        request_id=request.id, bed_id=world.beds["A1"], expires_at=world.now + HOUR
    ))  # fmt: skip
    world.tick()
    world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["A4"]))
    assert world.get(BedHold, hold.id).state == HoldState.RELEASED
    assert world.shown("A1").state == "READY"


def test_a_planned_patient_arrives_with_the_admission(world: World) -> None:
    encounter = world.arrive(status=EncounterStatus.PLANNED)
    request = world.request(encounter)
    assert request.state == RequestState.REQUESTED
    at = world.tick()
    world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["A1"]))
    now = world.get(Encounter, encounter.id)
    assert (now.status, now.arrived_at) == (EncounterStatus.ADMITTED, at)
    assert world.get(BedRequest, request.id).state == RequestState.FULFILLED
    phases = world.sql("SELECT status FROM encounter_phase WHERE encounter_id = :id ORDER BY since",
                       id=encounter.id.hex if world.engine.dialect.name == "sqlite" else encounter.id)  # fmt: skip
    assert phases == [("PLANNED",), ("ADMITTED",)]


def test_an_ended_encounter_takes_no_bed(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(DepartPatient(encounter_id=encounter.id))
    refusal = world.refused(
        AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["A2"]), Conflict,
        "ENCOUNTER_STATE",
    )  # fmt: skip
    assert refusal.allowed == ()


def test_men_and_women_share_no_dynamic_room_without_the_executives_waiver(world: World) -> None:
    _, stay = world.admit("A1", Sex.FEMALE)
    man = world.arrive(Sex.MALE)
    world.tick()
    refusal = world.refused(
        AdmitPatient(encounter_id=man.id, bed_id=world.beds["A2"]), Conflict, "ROOM_SEX"
    )
    assert refusal.blocking == stay.id
    waiver = world.run(WaiveRoomSex(
        ward_id=world.ward_a.id, encounter_id=man.id, reason="SURGE", valid_until=world.now + DAY
    ))  # fmt: skip
    world.run(AdmitPatient(encounter_id=man.id, bed_id=world.beds["A2"], waivers=(waiver.id,)))
    assert world.sql("SELECT count(*) FROM waiver_use") == [(1,)]


def test_a_mixed_room_takes_both(world: World) -> None:
    world.admit("B1", Sex.FEMALE)
    world.admit("B2", Sex.MALE)
    assert world.states(world.ward_b) == {"B1": "OCCUPIED", "B2": "OCCUPIED"}


def test_unknown_sex_shares_with_nobody(world: World) -> None:
    world.admit("A1", Sex.UNKNOWN)
    other = world.arrive(Sex.UNKNOWN)
    world.tick()
    world.refused(
        AdmitPatient(encounter_id=other.id, bed_id=world.beds["A2"]), Conflict, "ROOM_SEX"
    )


def test_the_wards_staff_limits_admissions(world: World) -> None:
    world.run(SetStaffedBeds(ward_id=world.ward_a.id, staffed_beds=1))
    world.admit("A1")
    assert world.shown("A4").not_available == ("NO_STAFFED_HEADROOM",)
    other = world.arrive()
    world.tick()
    refusal = world.refused(
        AdmitPatient(encounter_id=other.id, bed_id=world.beds["A4"]), Conflict, "STAFFED_CAPACITY"
    )
    assert refusal.blocking == world.ward_a.id


def test_a_late_admission_needs_a_bed_that_was_free_and_clean_then(world: World) -> None:
    encounter = world.arrive()
    start = world.tick(HOUR)
    gone, _ = world.admit("A1")
    world.run(DepartPatient(encounter_id=gone.id))
    command = AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["A1"], at=start)
    world.tick(HOUR)
    world.refused(command, Conflict, "BED_TAKEN")
    stay = world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["A2"], at=start))
    assert (stay.since, stay.recorded_at) == (start, world.now)


def test_the_future_is_refused_but_a_fast_clock_forgiven(world: World) -> None:
    encounter = world.arrive()
    world.tick()
    bed_id = world.beds["A1"]
    late = AdmitPatient(
        encounter_id=encounter.id, bed_id=bed_id, at=world.now + timedelta(minutes=3)
    )
    assert world.refused(late, Invalid, "FUTURE").field == "at"
    stay = world.run(AdmitPatient(encounter_id=encounter.id, bed_id=bed_id, at=world.now + MINUTE))
    assert stay.since == world.now
