"""Where a device is and was: one place at a time, history told in order, one hospital."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from domain.beds.commands import AddBed
from domain.devices import queries
from domain.devices.commands import (
    AttachDevice,
    BeginMaintenance,
    DetachDevice,
    RegisterDevice,
    UpdateDevice,
)
from domain.devices.model import Device, DeviceAttachment, DeviceKind
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import Hospital, Ward
from kit.errors import Conflict, Invalid, NotFound
from tests.devices.conftest import Make
from tests.domain_world import HOUR, MINUTE, World


def test_a_device_is_in_one_place_at_a_time(world: World, make: Make) -> None:
    device = make()
    first = world.run(AttachDevice(device_id=device.id, bed_id=world.beds["A1"]))
    assert (first.bed_id, first.room_id, first.ward_id) == (
        world.beds["A1"], world.bay.id, world.ward_a.id,
    )  # fmt: skip
    assert [(event.name, event.ids["bed"]) for event in world.events] == [
        ("DeviceAttached", str(world.beds["A1"]))
    ]
    world.tick()
    again = AttachDevice(device_id=device.id, bed_id=world.beds["B1"])
    refusal = world.refused(again, Conflict, "DEVICE_ATTACHED")
    assert (refusal.blocking, refusal.allowed) == (first.id, ("detachDevice", "move"))

    moved = world.run(
        AttachDevice(device_id=device.id, bed_id=world.beds["B1"], move=True)
    )  # fmt: skip
    assert world.get(DeviceAttachment, first.id).until == moved.since == world.now
    assert moved.ward_id == world.ward_b.id


def test_the_database_keeps_a_second_attachment_out(world: World, make: Make) -> None:
    device = make()
    here = world.run(AttachDevice(device_id=device.id, room_id=world.side.id))
    twin = DeviceAttachment(**here.model_dump(exclude={"id"}))
    with Session(world.engine) as session:
        session.add(twin)
        with pytest.raises(IntegrityError):
            session.commit()


def test_a_room_takes_a_device_that_stands_at_no_bed(world: World, make: Make) -> None:
    device = make(kind=DeviceKind.GAS_SENSOR)
    attachment = world.run(AttachDevice(device_id=device.id, room_id=world.side.id))
    assert (attachment.bed_id, attachment.room_id) == (None, world.side.id)
    both = AttachDevice(device_id=device.id, room_id=world.side.id, bed_id=world.beds["A1"])
    for odd in (AttachDevice(device_id=device.id), both):
        world.refused(odd, Invalid, "INVALID")


def test_attachments_are_told_in_order(world: World, make: Make) -> None:
    device, bed = make(), world.beds["A1"]
    attach = AttachDevice(device_id=device.id, bed_id=bed)
    world.refused(AttachDevice(device_id=device.id, bed_id=bed, at=world.now + HOUR),
                  Invalid, "FUTURE")  # fmt: skip
    world.refused(AttachDevice(device_id=device.id, bed_id=bed, at=world.now - HOUR),
                  Invalid, "BEFORE_THE_BED")  # fmt: skip
    world.refused(DetachDevice(device_id=device.id), Conflict, "NOT_ATTACHED")
    began = world.now
    world.run(attach)
    world.tick(2 * MINUTE)
    world.refused(DetachDevice(device_id=device.id, at=began - MINUTE),
                  Invalid, "BEFORE_LAST_CHANGE")  # fmt: skip
    ended = world.run(DetachDevice(device_id=device.id, at=began + MINUTE))
    assert (ended.since, ended.until) == (began, began + MINUTE)
    overlapping = AttachDevice(device_id=device.id, bed_id=bed, at=began + MINUTE / 2)
    refusal = world.refused(overlapping, Invalid, "BEFORE_LAST_CHANGE")
    assert refusal.blocking == ended.id
    behind = world.run(AttachDevice(device_id=device.id, bed_id=bed, at=began + MINUTE))
    world.run(DetachDevice(device_id=device.id, at=began + MINUTE))
    assert world.sql("SELECT count(*) FROM device_attachment") == [(1,)]
    assert behind.id != ended.id


def test_a_device_in_maintenance_comes_to_no_bed(world: World, make: Make) -> None:
    device = make()
    world.run(BeginMaintenance(device_id=device.id))
    refusal = world.refused(
        AttachDevice(device_id=device.id, bed_id=world.beds["A1"]), Conflict, "DEVICE_STATE"
    )
    assert refusal.allowed == ("REGISTERED", "ACTIVE", "RETIRED")


def test_which_device_was_where_at_a_moment(world: World, make: Make) -> None:
    device, other = make("one"), make("two")
    start = world.now
    world.run(AttachDevice(device_id=device.id, bed_id=world.beds["A1"]))
    world.tick(10 * MINUTE)
    world.run(AttachDevice(device_id=device.id, bed_id=world.beds["A2"], move=True))
    world.run(AttachDevice(device_id=other.id, bed_id=world.beds["A1"]))
    world.tick(10 * MINUTE)
    world.run(DetachDevice(device_id=device.id))

    with Session(world.engine) as session:

        def bed(after: timedelta | None) -> dict[str, str]:
            at = None if after is None else start + after
            names = {key: code for code, key in world.beds.items()}
            found = queries.spots(session, (device.id, other.id), at)
            codes = {device.id: "one", other.id: "two"}
            return {codes[k]: names[spot.bed_id] for k, spot in found.items() if spot.bed_id}

        assert bed(-MINUTE) == {}
        assert bed(timedelta()) == {"one": "A1"}
        assert bed(10 * MINUTE - timedelta(microseconds=1)) == {"one": "A1"}
        assert bed(10 * MINUTE) == {"one": "A2", "two": "A1"}
        assert bed(20 * MINUTE) == {"two": "A1"}
        assert bed(None) == {"two": "A1"}
        during = queries.spots_at_bed(
            session, world.beds["A1"], start + 9 * MINUTE, start + 11 * MINUTE
        )
        assert [(spot.device_id, spot.since, spot.until) for spot in during] == [
            (device.id, start, start + 10 * MINUTE),
            (other.id, start + 10 * MINUTE, None),
        ]
        of_device = queries.spots_of_device(session, device.id, start, start + HOUR)
        assert [spot.bed_id for spot in of_device] == [world.beds["A1"], world.beds["A2"]]
        assert queries.spots_of_device(session, device.id, start - HOUR, start) == []


def _elsewhere(world: World) -> tuple[Hospital, Ward]:
    hospital = world.run(OpenHospital(code="SOUTH", name_zh="南", name_en="South"))
    ward = world.run(
        OpenWard(hospital_id=hospital.id, code="S", name_zh="S", name_en="S", licensed_beds=1,
                 staffed_beds=1)
    )  # fmt: skip
    return hospital, ward


def test_another_hospital_is_unknown_to_a_device(world: World, make: Make) -> None:
    hospital, ward = _elsewhere(world)
    room = world.run(AddRoom(ward_id=ward.id, code="1"))
    bed = world.run(AddBed(room_id=room.id, code="1"))
    device = make()
    gateway = world.run(
        RegisterDevice(hospital_id=hospital.id, code="gw", kind=DeviceKind.GATEWAY)
    ).device
    for command in (
        AttachDevice(device_id=device.id, bed_id=bed.id),
        AttachDevice(device_id=device.id, room_id=room.id),
        UpdateDevice(device_id=device.id, ward_id=ward.id),
        UpdateDevice(device_id=device.id, gateway_id=gateway.id),
        RegisterDevice(hospital_id=world.hospital.id, code="x", kind=DeviceKind.PUMP,
                       ward_id=ward.id),
        RegisterDevice(hospital_id=world.hospital.id, code="x", kind=DeviceKind.PUMP,
                       gateway_id=gateway.id),
    ):  # fmt: skip
        world.refused(command, NotFound, "NOT_FOUND")
    same_code = world.run(
        RegisterDevice(hospital_id=hospital.id, code=device.code, kind=DeviceKind.PUMP)
    ).device
    with Session(world.engine) as session:
        here = queries.devices_by_code(session, world.hospital.id, (device.code, "gw", "none"))
        assert {code: one.id for code, one in here.items()} == {device.code: device.id}
        there = queries.device_by_code(session, hospital.id, device.code)
        assert isinstance(there, Device)
        assert there.id == same_code.id
