"""Hospitals, wards and rooms: opened with sense, changed by version, seen within reach."""

import pytest
from sqlmodel import Session

from domain.places.commands import (
    AddRoom,
    OpenHospital,
    OpenWard,
    SetStaffedBeds,
    UpdateRoom,
    UpdateWard,
)
from domain.places.model import Room, RoomKind, RoomSex, Ward, WardSex
from domain.places.queries import (
    Place,
    hospitals,
    place_by_code,
    rooms,
    specialties,
    staffed_beds,
    wards,
)
from domain.places.times import happened
from kit.command import Command
from kit.errors import Conflict, Invalid, NotFound, Retry
from kit.ids import new_id
from kit.work import NETWORK, Scope
from tests.domain_world import HOUR, World


def ward(world: World, **more: object) -> OpenWard:
    values: dict[str, object] = {
        "code": "C", "name_zh": "丙", "name_en": "C", "licensed_beds": 4, "staffed_beds": 3, **more,
    }  # fmt: skip
    return OpenWard(hospital_id=world.hospital.id, **values)  # type: ignore[arg-type]


def test_opening_a_ward_staffs_it_and_ranks_its_specialties(world: World) -> None:
    made = world.run(ward(world, specialties=(("SURGERY", 2), ("MEDICINE", 1)), min_age=16))
    assert [(event.name, event.scope) for event in world.events] == [("WardOpened", made.scope)]
    with Session(world.engine) as session:
        assert specialties(session, [NETWORK], made.id) == (("MEDICINE", 1), ("SURGERY", 2))
        assert specialties(session, [], made.id) == ()
        assert staffed_beds(session, made.id) == 3
        assert staffed_beds(session, made.id, made.opened_at - HOUR) == 0


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"code": " C"}, "code"), ({"code": "x" * 33}, "code"), ({"name_en": " "}, "name"),
        ({"staffed_beds": -1}, "staffedBeds"), ({"licensed_beds": 10_001}, "licensedBeds"),
        ({"min_age": 20, "max_age": 10}, "minAge"), ({"max_age": 131}, "minAge"),
        ({"specialties": (("X", 1), ("X", 2))}, "specialties"),
        ({"specialties": (("X", 0),)}, "specialties"),
    ],
)  # fmt: skip
def test_senseless_wards_are_refused(world: World, more: dict[str, object], field: str) -> None:
    assert world.refused(ward(world, **more), Invalid, "INVALID").field == field


def test_codes_are_used_once(world: World) -> None:
    again = OpenHospital(code="NORTH", name_zh="北", name_en="N")
    commands: tuple[Command[object], ...] = (
        again, ward(world, code="A"), AddRoom(ward_id=world.ward_a.id, code="A1"),
    )  # type: ignore[assignment]  # fmt: skip
    for command in commands:
        world.refused(command, Conflict, "CODE_TAKEN")
    nowhere = OpenHospital(code="S", name_zh="南", name_en="S", time_zone="Mars/Olympus")
    assert world.refused(nowhere, Invalid, "INVALID").field == "timeZone"
    unknown = AddRoom(ward_id=new_id(), code="Z")
    world.refused(unknown, NotFound, "NOT_FOUND")


def test_wards_and_rooms_change_by_version(world: World) -> None:
    seen = world.get(Ward, world.ward_a.id)
    change = UpdateWard(ward_id=seen.id, sex_policy=WardSex.FEMALE, specialties=(("EYES", 1),),
                        version=seen.version)  # fmt: skip
    world.run(change)
    now = world.get(Ward, seen.id)
    assert (now.sex_policy, now.name_en, now.licensed_beds) == (WardSex.FEMALE, "A", 8)
    refusal = world.refused(change, Retry, "STALE_VERSION")
    assert (refusal.blocking, refusal.allowed) == (seen.id, (str(now.version),))
    world.run(UpdateRoom(room_id=world.bay.id, sex_policy=RoomSex.MIXED, equipment=("TV", "TV")))
    room = world.get(Room, world.bay.id)
    assert (room.sex_policy, room.kind, room.equipment) == (RoomSex.MIXED, RoomKind.BAY, ["TV"])


def test_staffing_is_kept_over_time_and_told_in_order(world: World) -> None:
    before = world.now
    at = world.tick(HOUR)
    world.run(SetStaffedBeds(ward_id=world.ward_a.id, staffed_beds=7))
    early = SetStaffedBeds(ward_id=world.ward_a.id, staffed_beds=1, at=at - HOUR)
    world.refused(early, Invalid, "BEFORE_LAST_CHANGE")
    with Session(world.engine) as session:
        told = [staffed_beds(session, world.ward_a.id, when) for when in (before, at, None)]
    assert told == [5, 7, 7]


def test_a_time_without_a_zone_is_refused(world: World) -> None:
    naive = SetStaffedBeds(
        ward_id=world.ward_a.id, staffed_beds=1, at=world.now.replace(tzinfo=None)
    )
    assert world.refused(naive, Invalid, "INVALID").field == "at"
    assert happened.__doc__


def test_places_are_seen_within_reach(world: World) -> None:
    south = world.run(OpenHospital(code="SOUTH", name_zh="南", name_en="South"))
    in_a = [Scope(world.hospital.id, world.ward_a.id)]
    with Session(world.engine) as session:
        assert [one.id for one in hospitals(session, [NETWORK])] == [world.hospital.id, south.id]
        assert [one.id for one in hospitals(session, in_a)] == [world.hospital.id]
        assert [one.id for one in wards(session, in_a)] == [world.ward_a.id]
        assert len(wards(session, [NETWORK], hospital_id=world.hospital.id)) == 2
        second = wards(session, [NETWORK], after=world.ward_a.id, limit=1)
        assert [one.id for one in second] == [world.ward_b.id]
        assert len(rooms(session, in_a, world.ward_a.id)) == 3
        assert rooms(session, in_a, world.ward_b.id) == []
        assert place_by_code(session, [NETWORK], "north", "a") == Place(
            world.hospital.id, world.ward_a.id
        )
        assert place_by_code(session, [NETWORK], "north") == Place(world.hospital.id, None)
        assert place_by_code(session, in_a, "NORTH", "B") is None
