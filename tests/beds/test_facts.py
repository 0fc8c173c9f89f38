"""What a plan is told: everything it depends on, and nothing of another ward's business."""

from sqlmodel import Session

from domain.beds.commands import HoldBed, ProposeBed, RequestBed, WaiveRoomSex
from domain.beds.facts import PlacementFacts, placement_facts
from domain.patients.commands import StatePlacementNeed
from domain.patients.model import EncounterStatus, Isolation, Sex, SideRoom
from domain.places.commands import UpdateWard
from tests.domain_world import DAY, HOUR, World


def facts(world: World, *, ward: bool = False) -> PlacementFacts:
    with Session(world.engine) as session:
        return placement_facts(session, world.hospital.id, world.now,
                               world.ward_a.id if ward else None)  # fmt: skip


def test_requests_come_with_their_needs_and_where_the_patient_lies(world: World) -> None:
    lying, _ = world.admit("B1", Sex.MALE)
    world.run(StatePlacementNeed(
        encounter_id=lying.id, isolation=Isolation.CONTACT, organism="MRSA",
        side_room=SideRoom.REQUIRED, required_equipment=("OXYGEN",), falls_risk=True,
    ))  # fmt: skip
    world.run(RequestBed(encounter_id=lying.id, target_ward_id=world.ward_a.id, priority=4))
    world.tick(HOUR)
    (request,) = facts(world).requests
    assert (request.sex, request.age_years, request.priority, request.waiting_min) == (
        Sex.MALE, 75, 4, 60,
    )  # fmt: skip
    assert (request.isolation, request.organism, request.side_room) == (
        Isolation.CONTACT, "MRSA", SideRoom.REQUIRED,
    )  # fmt: skip
    assert (request.required_equipment, request.falls_risk) == (("OXYGEN",), True)
    assert (request.current_bed, request.target_ward) == (world.beds["B1"], world.ward_a.id)
    assert facts(world, ward=True).requests == (request,)


def test_beds_say_why_they_are_not_ready(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.run(StatePlacementNeed(encounter_id=encounter.id, isolation=Isolation.DROPLET))
    held = world.request(world.arrive())
    world.run(HoldBed(request_id=held.id, bed_id=world.beds["A4"], expires_at=world.now + HOUR))
    told = {bed.id: bed.blocked_by for bed in facts(world).beds}
    assert {code: told[bed_id] for code, bed_id in world.beds.items()} == {
        "A1": ("OCCUPIED",), "A2": ("CO_BLOCKED",), "A3": ("CO_BLOCKED",), "A4": ("HELD",),
        "A5": (), "B1": (), "B2": (),
    }  # fmt: skip
    (ward_a, ward_b) = facts(world).wards
    assert (ward_a.census, ward_a.holds, ward_a.staffed_beds) == (1, 1, 5)
    assert (ward_b.census, ward_b.holds, ward_b.staffed_beds) == (0, 0, 2)
    occupants = {(one.bed_id, one.is_hold, one.isolation) for one in facts(world).occupants}
    assert occupants == {
        (world.beds["A1"], False, Isolation.DROPLET), (world.beds["A4"], True, Isolation.NONE),
    }  # fmt: skip


def test_only_what_waits_now_is_planned(world: World) -> None:
    planned, proposed, held = (
        world.arrive(status=EncounterStatus.PLANNED), world.arrive(), world.arrive(),
    )  # fmt: skip
    for encounter in (planned, proposed, held):
        world.request(encounter)
    by_encounter = {one.encounter_id: one for one in facts(world).requests}
    assert set(by_encounter) == {proposed.id, held.id}
    world.run(ProposeBed(request_id=by_encounter[proposed.id].id))
    world.run(HoldBed(request_id=by_encounter[held.id].id, bed_id=world.beds["B1"],
                      expires_at=world.now + HOUR))  # fmt: skip
    after = {one.encounter_id: one for one in facts(world).requests}
    assert after[proposed.id].state == "PROPOSED"
    assert after[held.id].held_bed == world.beds["B1"]
    assert set(one.encounter_id for one in facts(world, ward=True).requests) == {proposed.id}


def test_wards_rooms_and_waivers_come_along(world: World) -> None:
    world.run(UpdateWard(ward_id=world.ward_a.id, specialties=(("SURGERY", 2), ("MEDICINE", 1))))
    waiver = world.run(WaiveRoomSex(ward_id=world.ward_a.id, reason="SURGE",
                                    valid_until=world.now + DAY))  # fmt: skip
    told = facts(world, ward=True)
    assert [ward.specialties for ward in told.wards] == [(("MEDICINE", 1), ("SURGERY", 2))]
    assert {room.kind for room in told.rooms} == {"BAY", "SIDE"}
    assert [(one.id, one.rule) for one in told.waivers] == [(waiver.id, "ROOM_SEX")]
    world.tick(2 * DAY)
    assert facts(world).waivers == ()
