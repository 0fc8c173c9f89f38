"""Status of wards, hospitals and the network: the boards' counts, in few statements."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlmodel import Session

from domain.beds.board import hospital_census
from domain.beds.commands import HoldBed
from domain.devices.model import Device, DeviceAttachment, DeviceKind, DeviceState, Protocol
from domain.measures.now import NowName, measure_now
from domain.measures.shown import HospitalStatus
from domain.measures.status import hospital_status, network_status, ward_status
from domain.patients.care import AssignCare
from domain.patients.commands import StatePlacementNeed
from domain.patients.model import Isolation
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from kit.errors import NotFound
from kit.ids import new_id
from kit.work import NETWORK, Scope
from tests.domain_world import DAY, HOUR, World
from tests.measures.story import Story


def status(world: World) -> HospitalStatus:
    with Session(world.engine) as session:
        return hospital_status(session, [NETWORK], world.hospital.id, world.now)


@pytest.mark.parametrize("seed", [7])
def test_a_status_agrees_with_boards_and_measures(world: World, seed: int) -> None:
    story = Story(world, seed)
    for _ in range(2):
        story.tell(1)
        _isolate_and_hold(world)
        found = status(world)
        with Session(world.engine) as session:
            census = hospital_census(session, [NETWORK], world.hospital.id, world.now)
        by_ward = {one.ward_id: one for one in census}
        for ward in found.wards:
            load, other = ward.load, by_ward[ward.id]
            states = load.by_state
            assert (
                load.licensed_beds, load.staffed_beds, states["OCCUPIED"], load.held,
                load.ready_now, states["CLEANING"] + states["DIRTY"] + states["CONTAMINATED"],
                states["BLOCKED"] + states["CLOSED"],
            ) == (other.licensed_beds, other.staffed_beds, other.occupied, other.held,
                  other.ready_now, other.cleaning, other.blocked)  # fmt: skip
        shown = Counter(
            bed.state for ward in (world.ward_a, world.ward_b) for bed in world.board(ward).beds
        )
        assert {state: many for state, many in found.load.by_state.items() if many} == shown
        assert found.load.ready_now == sum(one.ready_now for one in census)
        _agrees_with_measures(world, found)


def _isolate_and_hold(world: World) -> None:
    beds = [bed for bed in world.board(world.ward_a).beds if bed.room_code == "A1"]
    lying = next((bed for bed in beds if bed.stay is not None), None)
    if lying is not None and lying.stay is not None:
        need = StatePlacementNeed(encounter_id=lying.stay.encounter_id,
                                  isolation=Isolation.CONTACT)  # fmt: skip
        world.run(need)
    free = next((bed for bed in world.board(world.ward_b).beds if bed.state == "READY"), None)
    if free is not None:
        request = world.request(world.arrive())
        world.run(HoldBed(request_id=request.id, bed_id=free.id, expires_at=world.now + 2 * HOUR))


def _agrees_with_measures(world: World, found: HospitalStatus) -> None:
    load = found.load
    with Session(world.engine) as session:
        now = {
            name: measure_now(session, name, found.id, None, world.now).value for name in NowName
        }  # fmt: skip
    assert load.occupancy_percent == now[NowName.OCCUPANCY]
    assert load.headroom == now[NowName.STAFFED_HEADROOM]
    assert load.waiting == now[NowName.WAITING]
    since = load.oldest_cleaning_since
    age = (world.now - since).total_seconds() / 60 if since else 0.0
    assert age == now[NowName.CLEANING_TURNAROUND]


def test_staff_and_devices_count_where_they_are(world: World) -> None:
    first, _ = world.admit("A1")
    second, _ = world.admit("A2")
    other, _ = world.admit("B1")
    busy = world.account()
    for encounter in (first, second, other):
        world.run(AssignCare(account_id=busy, encounter_id=encounter.id))
    _devices(world)
    found = status(world)
    a, b = found.wards
    assert (a.load.carers, b.load.carers, found.load.carers) == (1, 1, 1)
    assert a.load.devices == {DeviceState.ACTIVE: 1}
    assert b.load.devices == {DeviceState.LOST: 1}
    assert found.load.devices == {DeviceState.ACTIVE: 1, DeviceState.LOST: 1, DeviceState.STALE: 1}


def _devices(world: World) -> None:
    """One at home in A, one of A attached in B, one that belongs to the hospital."""
    with Session(world.engine) as session:
        devices = [
            Device(hospital_id=world.hospital.id, ward_id=ward, code=str(state), state=state,
                   kind=DeviceKind.MONITOR, protocol=Protocol.MQTT, registered_at=world.now)
            for ward, state in ((world.ward_a.id, DeviceState.ACTIVE),
                                (world.ward_a.id, DeviceState.LOST), (None, DeviceState.STALE))
        ]  # fmt: skip
        session.add_all(devices)
        session.flush()
        session.add(DeviceAttachment(
            hospital_id=world.hospital.id, ward_id=world.ward_b.id, device_id=devices[1].id,
            since=world.now, recorded_at=world.now, recorded_by=new_id(),
        ))  # fmt: skip
        session.commit()


def test_who_waits_counts_in_the_ward_that_was_asked_for(world: World) -> None:
    world.request(world.arrive(), target_ward_id=world.ward_b.id)
    asked = world.now
    world.tick(HOUR)
    world.request(world.arrive())
    a, b = status(world).wards
    assert [(one.load.waiting, one.load.longest_wait_since) for one in (a, b)] == [
        (1, world.now), (1, asked),
    ]  # fmt: skip
    with Session(world.engine) as session:
        alone = ward_status(session, [b_scope(world)], world.ward_b.id, world.now)
    assert alone == b


def b_scope(world: World) -> Scope:
    return Scope(world.hospital.id, world.ward_b.id)


def test_a_hospital_that_told_nothing_for_a_day_says_so(world: World) -> None:
    world.admit("A1")
    told = world.now - timedelta(minutes=1)
    fresh = status(world).fresh
    assert (fresh.as_of, fresh.source, fresh.last_recorded_at, fresh.stale) == (
        world.now, "LIVE", told, False,
    )  # fmt: skip
    world.tick(2 * DAY)
    fresh = status(world).fresh
    assert (fresh.last_recorded_at, fresh.stale) == (told, True)


def test_a_network_shows_the_hospitals_of_which_one_sees_all(world: World) -> None:
    world.admit("A1")
    other = world.run(OpenHospital(code="SOUTH", name_zh="南", name_en="S", latitude=1.5))
    with Session(world.engine) as session:
        both = network_status(session, [NETWORK], world.now)
        one = network_status(session, [Scope(other.id), b_scope(world)], world.now)
        none = network_status(session, [b_scope(world)], world.now)
    assert [found.code for found in both] == ["NORTH", "SOUTH"]
    assert both[0] == status(world)
    assert (both[1].wards, both[1].load.occupancy_percent, both[1].fresh.stale) == ((), None, True)
    assert [found.latitude for found in one] == [1.5]
    assert none == ()


def test_what_is_out_of_reach_is_as_unknown_as_none(world: World) -> None:
    with Session(world.engine) as session:
        for scopes in ([], [b_scope(world)]):
            with pytest.raises(NotFound):
                hospital_status(session, scopes, world.hospital.id, world.now)
            with pytest.raises(NotFound):
                ward_status(session, scopes, world.ward_a.id, world.now)


def test_a_status_takes_as_many_statements_for_one_ward_as_for_ten(world: World) -> None:
    counted = [_statements(world)]
    for number in range(8):
        ward = world.run(OpenWard(hospital_id=world.hospital.id, code=f"W{number}", name_zh="w",
                                  name_en="w", licensed_beds=1, staffed_beds=1))  # fmt: skip
        world.run(AddRoom(ward_id=ward.id, code="1"))
    counted.append(_statements(world))
    assert counted == [9, 9]


def _statements(world: World) -> int:
    seen: list[str] = []

    def note(*call: object) -> None:
        seen.append(str(call[2]))

    event.listen(world.engine, "before_cursor_execute", note)
    status(world)
    event.remove(world.engine, "before_cursor_execute", note)
    return len([one for one in seen if one.startswith("SELECT")])
