"""The states of a device: every command in every state, on both databases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from domain.devices.commands import (
    AttachDevice,
    BeginMaintenance,
    DetachDevice,
    EndMaintenance,
    IssueDevicePassword,
    MarkSilentDevices,
    NameDeviceMetric,
    RecordCalibration,
    RetireDevice,
    UpdateDevice,
)
from domain.devices.model import Device, DeviceAttachment, DeviceState
from domain.devices.states import NEXT
from domain.devices.timers import devices_fall_silent
from domain.devices.verifiers import new_device_secret
from domain.devices.waking import heard
from kit.command import Command
from kit.errors import Conflict
from kit.work import Scope, Work
from tests.devices.conftest import Make, MakeWithPassword, seen
from tests.domain_world import HOUR, World

S = DeviceState
SILENT = timedelta(seconds=61)


class Hear(Command[int]):
    """What a door does when it stores messages."""

    action = "test.hear"

    def __init__(self, *device_ids: UUID) -> None:
        self.device_ids = device_ids

    def scope(self, work: Work) -> Scope:
        return work.get(Device, self.device_ids[0]).scope

    def apply(self, work: Work) -> int:
        return len(heard(work, self.device_ids))


def _listen(world: World, device: Device) -> None:
    seen(world, device.id)
    world.run(Hear(device.id))


def _silent(world: World, device: Device) -> None:
    world.tick(SILENT)
    world.run(MarkSilentDevices(hospital_id=world.hospital.id))


def _lost(world: World, device: Device) -> None:
    world.tick(timedelta(seconds=600))
    world.run(MarkSilentDevices(hospital_id=world.hospital.id))


def _maintain(world: World, device: Device) -> None:
    world.run(BeginMaintenance(device_id=device.id))


def _retire(world: World, device: Device) -> None:
    world.run(RetireDevice(device_id=device.id))


WAYS: dict[DeviceState, tuple[Callable[[World, Device], None], ...]] = {
    # The slowest first: marking the silent is for a whole hospital.
    S.LOST: (_listen, _silent, _lost),
    S.STALE: (_listen, _silent),
    S.ACTIVE: (_listen,),
    S.REGISTERED: (),
    S.MAINTENANCE: (_maintain,),
    S.RETIRED: (_retire,),
}


@pytest.fixture
def each(world: World, make: Make) -> list[Device]:
    """A device in each of the states, reached as it is reached in life."""
    for state, steps in WAYS.items():
        device = make(f"in-{state}")
        for step in steps:
            step(world, device)
    with Session(world.engine) as session:
        found = list(session.exec(select(Device).order_by(col(Device.code))))
    assert {device.code: device.state for device in found} == {
        f"in-{state}": state for state in DeviceState
    }
    return found


def _outcome(world: World, device: Device, command: Command[Any]) -> DeviceState | tuple[str, ...]:
    """The next state, or what a refusal allows; a refusal changed nothing."""
    before = world.rows()
    try:
        world.run(command)
    except Conflict as raised:
        refusal = raised
    else:
        return world.get(Device, device.id).state
    assert world.rows() == before
    assert (refusal.reason, refusal.blocking) == ("DEVICE_STATE", device.id)
    return refusal.allowed


def test_a_message_wakes_what_was_asleep_and_nothing_else(world: World, each: list[Device]) -> None:
    sleepers = [one for one in each if one.state in (S.REGISTERED, S.STALE, S.LOST)]
    others = [one for one in each if one not in sleepers]
    assert world.run(Hear(*(one.id for one in each))) == 3
    assert [(event.name, event.ids["device"]) for event in world.events] == [
        ("DeviceHeard", key) for key in sorted(str(one.id) for one in sleepers)
    ]
    for one in sleepers:
        after = world.get(Device, one.id)
        assert (after.state, after.state_since) == (S.ACTIVE, world.now)
    for one in others:
        assert world.get(Device, one.id).version == one.version
    before = world.rows()
    assert world.run(Hear(*(one.id for one in each))) == 0
    assert (world.events, world.rows()) == ([], before)


def test_maintenance_begins_in_every_state_but_its_own_and_the_last(
    world: World, each: list[Device]
) -> None:
    for device in each:
        done = _outcome(world, device, BeginMaintenance(device_id=device.id))
        if device.state in (S.MAINTENANCE, S.RETIRED):
            assert done == tuple(map(str, NEXT[device.state]))
        else:
            assert done is S.MAINTENANCE


def test_only_maintenance_ends(world: World, each: list[Device]) -> None:
    for device in each:
        done = _outcome(world, device, EndMaintenance(device_id=device.id))
        if device.state is S.MAINTENANCE:
            assert done is S.REGISTERED
        else:
            assert done == tuple(map(str, NEXT[device.state]))


def test_everything_can_be_retired_once(world: World, each: list[Device]) -> None:
    for device in each:
        done = _outcome(world, device, RetireDevice(device_id=device.id))
        assert done == (() if device.state is S.RETIRED else S.RETIRED)


def test_silence_marks_by_the_states(world: World, each: list[Device]) -> None:
    world.tick(timedelta(seconds=600))
    marked = world.run(MarkSilentDevices(hospital_id=world.hospital.id))
    assert (marked.stale, marked.lost) == (1, 1)
    for device in each:
        now = world.get(Device, device.id).state
        assert now is {S.ACTIVE: S.STALE, S.STALE: S.LOST}.get(device.state, device.state)


def test_nothing_about_a_retired_device_changes(world: World, make: Make) -> None:
    device = make()
    _retire(world, device)
    secret = new_device_secret()
    changes: tuple[Command[Any], ...] = (
        UpdateDevice(device_id=device.id, model="other"),
        AttachDevice(device_id=device.id, bed_id=world.beds["A1"]),
        RecordCalibration(device_id=device.id, due_at=world.now + HOUR),
        NameDeviceMetric(device_id=device.id, alias="HR", metric="hr"),
        IssueDevicePassword(
            device_id=device.id, secret=secret.plain, verifier=secret.verifier
        ),
    )  # fmt: skip
    for change in changes:
        assert world.refused(change, Conflict, "DEVICE_STATE").allowed == ()


def test_to_retire_detaches_and_locks_out(world: World, with_password: MakeWithPassword) -> None:
    device, _ = with_password()
    attachment = world.run(AttachDevice(device_id=device.id, bed_id=world.beds["A1"]))
    world.tick()
    _retire(world, device)
    assert world.get(DeviceAttachment, attachment.id).until == world.now
    assert world.sql("SELECT count(*) FROM device_credential WHERE revoked_at IS NULL") == [(0,)]
    credential = world.sql("SELECT count(*) FROM device_credential")
    assert credential == [(1,)]
    assert world.get(Device, device.id).retired_at == world.now
    assert [event.name for event in world.events] == [
        "DeviceChanged", "DeviceDetached", "DeviceCredentialChanged",
    ]  # fmt: skip
    world.refused(DetachDevice(device_id=device.id), Conflict, "NOT_ATTACHED")


def test_after_maintenance_a_device_that_still_sends_is_active(world: World, make: Make) -> None:
    device = make()
    _listen(world, device)
    _maintain(world, device)
    world.tick(timedelta(seconds=59))
    assert _outcome(world, device, EndMaintenance(device_id=device.id)) is S.ACTIVE


def test_silence_begins_after_the_device_s_own_seconds(world: World, make: Make) -> None:
    device, other = make("slow", silent_after_s=90), make("fast", silent_after_s=30)
    for one in (device, other):
        _listen(world, one)
    world.tick(timedelta(seconds=30))
    assert _due(world) == []
    world.tick(timedelta(milliseconds=1))
    assert _due(world) == [MarkSilentDevices(hospital_id=world.hospital.id)]
    done = world.run(_due(world)[0])
    assert (done.stale, done.lost) == (1, 0)
    assert world.get(Device, other.id).state is S.STALE
    assert world.get(Device, device.id).state is S.ACTIVE
    assert _due(world) == []


def test_an_outage_of_ours_loses_nothing_at_once(world: World, make: Make) -> None:
    device = make(lost_factor=2)
    _listen(world, device)
    world.tick(timedelta(days=2))
    world.run(MarkSilentDevices(hospital_id=world.hospital.id))
    world.run(MarkSilentDevices(hospital_id=world.hospital.id))
    assert world.get(Device, device.id).state is S.STALE
    world.tick(timedelta(seconds=119))
    assert _due(world) == []
    world.tick(timedelta(seconds=1))
    done = world.run(_due(world)[0])
    assert (done.stale, done.lost) == (0, 1)
    assert world.get(Device, device.id).state is S.LOST


def _due(world: World) -> list[MarkSilentDevices]:
    with Session(world.engine) as session:
        return devices_fall_silent(session, world.now)
