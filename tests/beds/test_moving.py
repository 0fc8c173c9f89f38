"""Moves and swaps: the old bed is soiled, both wards hear of it, requests keep waiting."""

from domain.beds.commands import (
    HoldBed,
    MovePatient,
    OrderDischarge,
    StartLeave,
    SwapPatients,
    WaiveRoomSex,
)
from domain.beds.model import (
    BedHold,
    BedRequest,
    BedStay,
    HoldKind,
    HoldState,
    RequestState,
    StayEnd,
)
from domain.patients.commands import StatePlacementNeed
from domain.patients.model import Encounter, Isolation, Sex
from kit.errors import Conflict, Invalid
from kit.work import Scope
from tests.domain_world import DAY, HOUR, World


def move(world: World, encounter: Encounter, code: str, **more: object) -> MovePatient:
    return MovePatient(encounter_id=encounter.id, bed_id=world.beds[code], **more)  # type: ignore[arg-type]


def test_a_move_soils_the_old_bed_and_tells_both_wards(world: World) -> None:
    encounter, old = world.admit("A1")
    at = world.tick()
    stay = world.run(move(world, encounter, "B1"))
    left = world.get(BedStay, old.id)
    assert (left.until, left.ended_by, stay.since, stay.previous_id) == (
        at, StayEnd.MOVE, at, old.id,
    )  # fmt: skip
    assert world.shown("A1").state == "DIRTY"
    assert world.shown("A1").cleaning is not None
    now = world.get(Encounter, encounter.id)
    assert (now.ward_id, now.moves) == (world.ward_b.id, 1)
    assert {event.scope for event in world.events} == {
        Scope(world.hospital.id, world.ward_a.id), Scope(world.hospital.id, world.ward_b.id),
    }  # fmt: skip


def test_between_wards_the_hospital_decides_unless_the_bed_is_held(world: World) -> None:
    encounter, _ = world.admit("A1")
    assert world.scope(move(world, encounter, "A4")) == Scope(world.hospital.id, world.ward_a.id)
    assert world.scope(move(world, encounter, "B1")) == Scope(world.hospital.id)
    request = world.request(encounter, target_ward_id=world.ward_b.id)
    world.run(HoldBed(request_id=request.id, bed_id=world.beds["B1"],
                      expires_at=world.now + HOUR))  # fmt: skip
    assert world.scope(move(world, encounter, "B1")) == Scope(world.hospital.id, world.ward_b.id)


def test_a_move_into_the_held_bed_fulfils_the_request(world: World) -> None:
    encounter, _ = world.admit("A1")
    request = world.request(encounter, target_ward_id=world.ward_b.id)
    hold = world.run(HoldBed(request_id=request.id, bed_id=world.beds["B1"],
                             expires_at=world.now + HOUR))  # fmt: skip
    world.tick()
    world.run(move(world, encounter, "B1"))
    assert world.get(BedRequest, request.id).state == RequestState.FULFILLED
    assert world.get(BedHold, hold.id).state == HoldState.CONSUMED


def test_a_move_inside_the_ward_keeps_waiting_for_another(world: World) -> None:
    encounter, _ = world.admit("A1")
    request = world.request(encounter, target_ward_id=world.ward_b.id)
    world.tick()
    world.run(move(world, encounter, "A4"))
    assert world.get(BedRequest, request.id).state == RequestState.ACTIVE


def test_a_full_ward_can_still_move_its_own(world: World) -> None:
    for code in ("B1",):
        world.admit(code)
    encounter, _ = world.admit("B2")
    other = world.arrive()
    world.tick()
    world.refused(move(world, encounter, "B1"), Conflict, "BED_TAKEN")
    refusal = world.refused(move(world, other, "A4"), Conflict, "NOT_IN_BED")
    assert refusal.blocking == other.id


def test_nobody_is_moved_who_is_away_or_there_already(world: World) -> None:
    encounter, stay = world.admit("A1")
    assert world.refused(move(world, encounter, "A1"), Conflict, "SAME_BED").blocking == stay.id
    world.run(StartLeave(encounter_id=encounter.id))
    refusal = world.refused(move(world, encounter, "A4"), Conflict, "ON_LEAVE")
    assert refusal.allowed == ("ADMITTED", "DIED")


def test_a_move_before_the_stay_began_is_refused(world: World) -> None:
    encounter, stay = world.admit("A1")
    refusal = world.refused(
        move(world, encounter, "A4", at=stay.since), Invalid, "BEFORE_LAST_CHANGE"
    )
    assert refusal.blocking == stay.id


def test_after_isolation_the_bed_is_contaminated(world: World) -> None:
    encounter, _ = world.admit("A4")
    world.run(StatePlacementNeed(encounter_id=encounter.id, isolation=Isolation.CONTACT,
                                 organism="MRSA"))  # fmt: skip
    world.tick()
    world.run(StatePlacementNeed(encounter_id=encounter.id))
    world.tick()
    world.run(move(world, encounter, "A5"))
    shown = world.shown("A4")
    assert (shown.state, shown.hl7_status) == ("CONTAMINATED", "K")
    assert shown.cleaning is not None
    assert shown.cleaning.kind == "ISOLATION"


def test_a_swap_exchanges_two_beds_at_one_instant_and_keeps_requests(world: World) -> None:
    one, first = world.admit("A1")
    other, second = world.admit("B1")
    request = world.request(one)
    at = world.tick()
    stays = world.run(SwapPatients(encounter_id=one.id, other_id=other.id))
    assert [stay.bed_id for stay in stays] == [world.beds["B1"], world.beds["A1"]]
    assert {stay.since for stay in stays} == {at}
    assert {world.get(BedStay, stay.id).until for stay in (first, second)} == {at}
    assert world.get(Encounter, one.id).ward_id == world.ward_b.id
    waiting = world.get(BedRequest, request.id)
    assert (waiting.state, waiting.from_ward_id) == (RequestState.ACTIVE, world.ward_b.id)
    assert world.sql("SELECT count(*) FROM cleaning_task") == [(0,)]
    assert {event.scope.ward for event in world.events} == {world.ward_a.id, world.ward_b.id}


def test_a_swap_keeps_the_rooms_rules(world: World) -> None:
    world.admit("A1", Sex.FEMALE)
    woman, _ = world.admit("A2", Sex.FEMALE)
    man, _ = world.admit("A4", Sex.MALE)
    swap = SwapPatients(encounter_id=woman.id, other_id=man.id)
    world.refused(swap, Conflict, "ROOM_SEX")
    waiver = world.run(WaiveRoomSex(ward_id=world.ward_a.id, bed_id=world.beds["A2"],
                                    reason="SURGE", valid_until=world.now + DAY))  # fmt: skip
    world.run(SwapPatients(encounter_id=woman.id, other_id=man.id, waivers=(waiver.id,)))
    assert world.sql("SELECT count(*) FROM waiver_use") == [(1,)]


def test_nobody_swaps_into_the_bed_of_an_isolated_patient(world: World) -> None:
    one, _ = world.admit("A4")
    other, _ = world.admit("A5")
    world.run(StatePlacementNeed(encounter_id=one.id, isolation=Isolation.DROPLET))
    swap = SwapPatients(encounter_id=one.id, other_id=other.id)
    world.refused(swap, Conflict, "ROOM_ISOLATION")
    world.tick()
    for encounter in (one, other):
        world.run(StatePlacementNeed(encounter_id=encounter.id, isolation=Isolation.DROPLET,
                                     organism="FLU"))  # fmt: skip
    world.run(swap)


def test_a_bed_promised_to_a_third_is_not_swapped_away(world: World) -> None:
    one, _ = world.admit("A4")
    other, _ = world.admit("A5")
    world.run(OrderDischarge(encounter_id=other.id))
    third = world.request(world.arrive())
    hold = world.run(HoldBed(request_id=third.id, bed_id=world.beds["A5"],
                             kind=HoldKind.PENDING_DISCHARGE,
                             expires_at=world.now + HOUR))  # fmt: skip
    world.tick()
    swap = SwapPatients(encounter_id=one.id, other_id=other.id)
    assert world.refused(swap, Conflict, "BED_HELD").blocking == hold.id


def test_a_swap_takes_two_patients_in_bed(world: World) -> None:
    one, _ = world.admit("A1")
    waiting = world.arrive()
    world.refused(SwapPatients(encounter_id=one.id, other_id=one.id), Invalid, "INVALID")
    world.refused(SwapPatients(encounter_id=one.id, other_id=waiting.id), Conflict, "NOT_IN_BED")


def test_a_patient_with_a_discharge_order_may_still_move(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(OrderDischarge(encounter_id=encounter.id))
    world.tick()
    world.run(move(world, encounter, "A4"))
    stay = world.shown("A4").stay
    assert stay is not None
    assert stay.discharge_pending
