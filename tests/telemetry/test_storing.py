"""What becomes of values: each is stored, a duplicate, a correction, refused or parked."""

from dataclasses import replace
from datetime import timedelta

from domain.devices.model import Device, DeviceState
from domain.devices.registering import RetireDevice
from domain.inbound.model import InboundMessage
from domain.readings.quality import Quality
from domain.telemetry.commands import Raw
from kit.ids import new_id
from tests.domain_world import DAY, HOUR, MINUTE, World
from tests.telemetry.ward import device, hr, kept, message, only, own_metric, send, tell, us

SECOND = timedelta(seconds=1)


def test_values_are_stored_in_canonical_units_with_what_was_sent(world: World) -> None:
    mon = device(world)
    done = tell(world, mon.id, hr(82, world.now), Raw("Temperature F", 98.6, "Deg. F", world.now),
                Raw("FiO2 set", 0.4, "", world.now))  # fmt: skip
    assert (done.received, done.stored) == (3, 3)
    assert kept(world) == [
        ("fio2", us(world.now), 40.0, Quality.UNIT_ASSUMED),
        ("hr", us(world.now), 82.0, 0),
        ("temp", us(world.now), 37.0, 0),
    ]
    assert world.sql("SELECT raw, raw_unit FROM reading WHERE value = 37") == [(98.6, "Deg. F")]
    assert world.sql("SELECT raw, raw_unit FROM reading WHERE value = 82") == [(None, None)]
    assert [event.name for event in world.events] == ["DeviceHeard", "ReadingsStored"]
    assert world.get(Device, mon.id).state == DeviceState.ACTIVE


def test_the_same_value_twice_is_counted_and_changes_no_reading(world: World) -> None:
    mon = device(world)
    at = world.now
    assert tell(world, mon.id, hr(82, at), hr(82, at)).duplicate == 1
    before = kept(world)
    again = tell(world, mon.id, hr(82, at))
    assert (again.stored, again.duplicate) == (0, 1)
    assert kept(world) == before


def test_another_value_of_the_moment_is_a_correction_and_the_first_is_kept(world: World) -> None:
    mon = device(world)
    at = world.now
    tell(world, mon.id, hr(82, at), Raw("spo2", 97, "%", at))
    done = tell(world, mon.id, hr(92, at), Raw("spo2", 97, "%", at))
    assert (done.corrected, done.duplicate) == (1, 1)
    assert kept(world) == [("hr", us(at), 92.0, Quality.CORRECTED), ("spo2", us(at), 97.0, 0)]
    assert world.sql("SELECT reason, value FROM reading_aside") == [("REPLACED", 82.0)]
    late = tell(world, mon.id, hr(82, at))  # the first message, delivered once more
    assert (late.corrected, late.duplicate) == (0, 1)
    assert kept(world)[0] == ("hr", us(at), 92.0, Quality.CORRECTED)


def test_a_batch_that_contradicts_itself_ends_like_two_batches(world: World) -> None:
    mon = device(world)
    at = world.now
    done = tell(world, mon.id, hr(82, at), hr(92, at), hr(82, at))
    assert (done.stored, done.corrected, done.duplicate) == (1, 1, 1)
    assert kept(world) == [("hr", us(at), 92.0, Quality.CORRECTED)]
    assert world.sql("SELECT reason, value FROM reading_aside") == [("REPLACED", 82.0)]


def test_an_impossible_value_is_refused_and_kept_aside(world: World) -> None:
    mon = device(world)
    done = tell(world, mon.id, hr(0, world.now), Raw("nibp_sys", 11647, "mmHg", world.now),
                hr(30, world.now - SECOND))  # fmt: skip
    assert (done.stored, done.rejected, done.reasons) == (1, 2, {"IMPOSSIBLE": 2})
    assert kept(world) == [("hr", us(world.now - SECOND), 30.0, Quality.SOFT_LOW)]
    aside = world.sql("SELECT value FROM reading_aside ORDER BY value")
    assert aside == [(0.0,), (11647.0,)]


def test_what_is_not_understood_is_parked_and_the_rest_is_stored(world: World) -> None:
    mon = device(world)
    done = tell(world, mon.id, hr(82, world.now), Raw("hr", 80, "furlong", world.now - SECOND),
                Raw("zeal", 1, None, world.now), Raw("spo2", 97, "mmHg", world.now),
                hr("eighty", world.now - MINUTE))  # fmt: skip
    assert (done.stored, done.parked) == (1, 4)
    assert done.reasons == {
        "UNIT_UNKNOWN": 1, "METRIC_UNKNOWN": 1, "UNIT_MISMATCH": 1, "VALUE_UNREADABLE": 1,
    }  # fmt: skip
    parked = world.sql("SELECT reason, source FROM inbound_message ORDER BY reason")
    assert [reason for reason, _ in parked] == sorted(done.reasons)
    assert {source for _, source in parked} == {f"device:{mon.id}"}
    assert world.sql("SELECT count(*) FROM inbound_message WHERE body IS NULL") == [(0,)]


def test_a_parked_message_that_comes_again_is_parked_once(world: World) -> None:
    mon = device(world)
    one = message(world, mon.id, Raw("zeal", 1, None, world.now))
    assert send(world, one).parked == 1
    world.tick()
    again = send(world, replace(one, received_at=world.now))
    assert (again.parked, again.duplicate) == (0, 1)
    assert world.sql("SELECT count(*) FROM inbound_message") == [(1,)]


def test_times_are_judged_by_the_server_s_clock(world: World) -> None:
    mon = device(world)
    now = world.now
    done = tell(world, mon.id, hr(81, now + 2 * MINUTE), hr(82, now + HOUR), hr(83, None),
                hr(84, now - 11 * MINUTE), hr(85, now - DAY))  # fmt: skip
    assert done.stored == 5
    assert [(at, quality) for _, at, _, quality in kept(world)] == [
        (us(now - DAY), Quality.LATE),
        (us(now - 11 * MINUTE), Quality.LATE),
        (us(now), Quality.SERVER_TIME),
        (us(now + 2 * MINUTE), 0),
        (us(now + HOUR), Quality.AHEAD),
    ]
    odd = tell(world, mon.id, hr(86, now + HOUR + SECOND), hr(87, now - DAY - SECOND),
               hr(88, now.replace(tzinfo=None)))  # fmt: skip
    assert odd.reasons == {"AHEAD_OF_TIME": 1, "TOO_LATE": 1, "TIME_WITHOUT_ZONE": 1}
    assert odd.parked == 3


def test_an_unknown_device_is_parked_and_a_retired_one_refused(world: World) -> None:
    mon = device(world)
    done = send(world, message(world, new_id(), hr(82, world.now)), message(world, mon.id))
    assert (done.parked, done.reasons) == (1, {"DEVICE_UNKNOWN": 1})
    world.run(RetireDevice(device_id=mon.id))
    gone = tell(world, mon.id, hr(82, world.now))
    assert (gone.rejected, gone.reasons, kept(world)) == (1, {"DEVICE_RETIRED": 1}, [])
    waiting = only(world, InboundMessage)
    assert waiting.subject == world.hospital.id


def test_a_registered_unit_helps_where_the_sent_one_cannot_be_meant(world: World) -> None:
    vent = device(world)
    own_metric(world, vent, "FiO2 set", "fio2", unit="%")
    done = tell(world, vent.id, Raw("FiO2 set", 0.5, "torr", world.now),
                Raw("fio2", 0.5, "torr", world.now))  # fmt: skip
    assert (done.stored, done.parked) == (1, 1)
    assert kept(world) == [("fio2", us(world.now), 50.0, Quality.UNIT_ASSUMED)]


def test_the_device_s_own_status_is_written_without_a_version(world: World) -> None:
    mon = device(world)
    tell(world, mon.id, hr(82, world.now - SECOND), battery_percent=80)
    tell(world, mon.id, hr(83, world.now - 2 * SECOND))
    assert world.sql("SELECT battery_percent, messages, readings FROM device_status") == [
        (80, 2, 2)
    ]
