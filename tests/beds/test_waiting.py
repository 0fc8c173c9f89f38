"""Requests and holds: how a patient waits for a bed and how one is kept."""

import pytest

from domain.beds.commands import (
    ActivateRequest,
    AdmitPatient,
    ArrivePatient,
    CancelRequest,
    ChangeRequest,
    DepartPatient,
    ExpireHolds,
    ExpireRequests,
    HoldBed,
    OrderDischarge,
    ProposeBed,
    ReleaseHold,
    RequestBed,
    SendPatient,
    WithdrawProposal,
)
from domain.beds.model import BedHold, BedRequest, HoldKind, HoldState, RequestState
from domain.patients.model import Encounter, EncounterStatus, Sex
from kit.errors import Conflict, Invalid, NotFound, Retry
from kit.ids import new_id
from kit.work import Scope
from tests.domain_world import DAY, HOUR, World


def hold(world: World, request: BedRequest, code: str, **more: object) -> HoldBed:
    values = {"expires_at": world.now + HOUR, **more}
    return HoldBed(request_id=request.id, bed_id=world.beds[code], **values)  # type: ignore[arg-type]


def test_a_request_waits_where_the_patient_is_and_where_it_is_asked_for(world: World) -> None:
    encounter = world.arrive()
    request = world.request(encounter, target_ward_id=world.ward_b.id, priority=3)
    assert (request.state, request.from_ward_id) == (RequestState.ACTIVE, world.ward_a.id)
    assert {event.scope for event in world.events if event.name == "BedRequested"} == {
        Scope(world.hospital.id, world.ward_a.id), Scope(world.hospital.id, world.ward_b.id),
    }  # fmt: skip
    waiting = world.board(world.ward_b).waiting
    assert [(one.id, one.priority, one.state) for one in waiting] == [
        (request.id, 3, RequestState.ACTIVE)
    ]
    assert world.board(world.ward_a).waiting == ()


def test_an_encounter_waits_for_one_bed_at_a_time(world: World) -> None:
    encounter = world.arrive()
    first = world.request(encounter)
    refusal = world.refused(RequestBed(encounter_id=encounter.id), Conflict, "REQUEST_OPEN")
    assert refusal.blocking == first.id
    assert refusal.allowed == ("PROPOSED", "HELD", "FULFILLED", "CANCELLED", "EXPIRED")


def test_a_planned_patients_request_counts_from_the_arrival(world: World) -> None:
    encounter = world.arrive(status=EncounterStatus.PLANNED)
    request = world.request(encounter)
    assert (request.state, request.from_ward_id) == (RequestState.REQUESTED, None)
    world.tick()
    world.run(ArrivePatient(encounter_id=encounter.id, ward_id=world.ward_b.id))
    now = world.get(BedRequest, request.id)
    assert (now.state, now.from_ward_id) == (RequestState.ACTIVE, world.ward_b.id)


def test_bad_requests_are_refused(world: World) -> None:
    encounter = world.arrive()
    urgent = RequestBed(encounter_id=encounter.id, priority=10)
    assert world.refused(urgent, Invalid, "INVALID").field == "priority"
    world.refused(RequestBed(encounter_id=new_id()), NotFound, "NOT_FOUND")
    world.run(DepartPatient(encounter_id=encounter.id))
    world.refused(RequestBed(encounter_id=encounter.id), Conflict, "ENCOUNTER_ENDED")


def test_a_hold_keeps_the_bed_and_the_request_knows(world: World) -> None:
    request = world.request(world.arrive())
    made = world.run(hold(world, request, "A1"))
    assert made.state == HoldState.ACTIVE
    assert world.get(BedRequest, request.id).state == RequestState.HELD
    shown = world.shown("A1")
    assert (shown.state, shown.not_available) == ("HELD", ("HELD",))
    assert world.board(world.ward_a).census.held == 1


def test_a_bed_is_held_once_and_a_request_holds_once(world: World) -> None:
    first, second = world.request(world.arrive()), world.request(world.arrive())
    kept = world.run(hold(world, first, "A1"))
    refusal = world.refused(hold(world, second, "A1"), Conflict, "BED_HELD")
    assert (refusal.blocking, refusal.allowed) == (kept.id, ("CONSUMED", "RELEASED", "EXPIRED"))
    refusal = world.refused(hold(world, first, "A4"), Conflict, "REQUEST_STATE")
    assert refusal.allowed == ("ACTIVE", "IN_TRANSIT", "FULFILLED", "CANCELLED", "EXPIRED")


def test_a_taken_bed_is_held_only_for_when_its_patient_is_about_to_leave(world: World) -> None:
    lying, stay = world.admit("A1")
    coming = world.request(world.arrive())
    world.refused(hold(world, coming, "A1"), Conflict, "BED_TAKEN")
    pending = {"kind": HoldKind.PENDING_DISCHARGE}
    refusal = world.refused(hold(world, coming, "A1", **pending), Conflict, "BED_TAKEN")
    assert refusal.blocking == stay.id
    assert world.refused(hold(world, coming, "A2", **pending), Conflict, "BED_EMPTY").allowed == (
        "EMPTY",
    )
    world.run(OrderDischarge(encounter_id=lying.id))
    world.run(hold(world, coming, "A1", **pending))
    assert world.shown("A1").use == "OCCUPIED_AND_HELD"
    census = world.board(world.ward_a).census
    assert (census.occupied, census.held) == (1, 0)


def test_held_beds_count_for_the_rooms_sex(world: World) -> None:
    woman, man = world.request(world.arrive(Sex.FEMALE)), world.request(world.arrive(Sex.MALE))
    kept = world.run(hold(world, woman, "A1"))
    refusal = world.refused(hold(world, man, "A2"), Conflict, "ROOM_SEX")
    assert refusal.blocking == kept.id


def test_held_beds_count_against_the_staff(world: World) -> None:
    for code in ("B1", "B2"):
        world.run(hold(world, world.request(world.arrive()), code))
    assert world.board(world.ward_b).census.ready_now == 0
    assert world.board(world.ward_b).census.held == 2


@pytest.mark.parametrize("far", [DAY * 4, -HOUR])
def test_a_hold_ends_within_three_days(world: World, far: object) -> None:
    request = world.request(world.arrive())
    late = hold(world, request, "A1", expires_at=world.now + far)  # type: ignore[operator]
    assert world.refused(late, Invalid, "INVALID").field == "expiresAt"


def test_releasing_a_hold_lets_the_request_wait_again(world: World) -> None:
    request = world.request(world.arrive())
    made = world.run(hold(world, request, "A1"))
    world.tick()
    world.run(ReleaseHold(hold_id=made.id))
    assert world.get(BedRequest, request.id).state == RequestState.ACTIVE
    assert world.shown("A1").available
    world.refused(ReleaseHold(hold_id=made.id), Conflict, "HOLD_STATE")


def test_holds_run_out_at_their_time_whenever_the_clock_job_comes(world: World) -> None:
    request = world.request(world.arrive())
    made = world.run(hold(world, request, "A1"))
    world.tick(HOUR)
    assert world.shown("A1").state == "READY"
    world.tick(HOUR)
    assert world.run(ExpireHolds(hospital_id=world.hospital.id)) == 1
    assert world.run(ExpireHolds(hospital_id=world.hospital.id)) == 0
    ended = world.get(BedHold, made.id)
    assert (ended.state, ended.until) == (HoldState.EXPIRED, made.expires_at)
    assert world.get(BedRequest, request.id).state == RequestState.ACTIVE


def test_late_requests_expire_with_their_hold(world: World) -> None:
    encounter = world.arrive()
    request = world.request(encounter, expires_at=world.now + HOUR)
    made = world.run(hold(world, request, "A1", expires_at=world.now + 2 * HOUR))
    world.tick(HOUR)
    assert world.run(ExpireRequests(hospital_id=world.hospital.id)) == 1
    assert world.get(BedRequest, request.id).state == RequestState.EXPIRED
    assert world.get(BedHold, made.id).state == HoldState.RELEASED


def test_cancelling_a_request_gives_its_bed_free(world: World) -> None:
    request = world.request(world.arrive())
    made = world.run(hold(world, request, "A1"))
    world.tick()
    world.run(CancelRequest(request_id=request.id, reason="WENT_HOME"))
    assert world.get(BedRequest, request.id).end_reason == "WENT_HOME"
    assert world.get(BedHold, made.id).state == HoldState.RELEASED
    assert world.refused(
        CancelRequest(request_id=request.id), Conflict, "REQUEST_STATE"
    ).allowed == ()  # fmt: skip


def test_a_request_is_proposed_withdrawn_and_sent(world: World) -> None:
    request = world.request(world.arrive())
    world.run(ProposeBed(request_id=request.id))
    world.refused(ProposeBed(request_id=request.id), Conflict, "REQUEST_STATE")
    world.run(WithdrawProposal(request_id=request.id))
    world.refused(WithdrawProposal(request_id=request.id), Conflict, "REQUEST_STATE")
    world.refused(SendPatient(request_id=request.id), Conflict, "REQUEST_STATE")
    world.run(hold(world, request, "A1"))
    world.refused(ActivateRequest(request_id=request.id), Conflict, "REQUEST_STATE")
    world.run(SendPatient(request_id=request.id))
    assert world.get(BedRequest, request.id).state == RequestState.IN_TRANSIT


def test_two_people_who_change_a_request_get_one_success(world: World) -> None:
    request = world.request(world.arrive())
    world.run(ChangeRequest(request_id=request.id, priority=5, version=request.version))
    stale = ChangeRequest(request_id=request.id, priority=1, version=request.version)
    refusal = world.refused(stale, Retry, "STALE_VERSION")
    assert refusal.allowed == (str(world.get(BedRequest, request.id).version),)
    assert world.get(BedRequest, request.id).priority == 5


def test_the_ended_encounter_gives_up_request_and_hold(world: World) -> None:
    encounter = world.arrive()
    request = world.request(encounter)
    made = world.run(hold(world, request, "A1"))
    world.tick()
    world.run(DepartPatient(encounter_id=encounter.id))
    assert world.get(BedRequest, request.id).state == RequestState.CANCELLED
    assert world.get(BedHold, made.id).state == HoldState.RELEASED
    assert world.get(Encounter, encounter.id).status == EncounterStatus.DISCHARGED


def test_a_bed_in_cleaning_is_held_and_taken_when_clean(world: World) -> None:
    lying, _ = world.admit("A1")
    world.run(DepartPatient(encounter_id=lying.id))
    coming = world.arrive()
    world.run(hold(world, world.request(coming), "A1"))
    assert (world.shown("A1").state, world.shown("A1").use) == ("DIRTY", "HELD")
    admit = AdmitPatient(encounter_id=coming.id, bed_id=world.beds["A1"])
    world.refused(admit, Conflict, "BED_NOT_CLEAN")
