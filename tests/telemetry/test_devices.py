"""What is remembered of devices as they send: clocks, gaps, frozen feeds, limits, maintenance."""

from datetime import timedelta

import pytest

from domain.devices.model import Device, DeviceKind, DeviceStatus
from domain.devices.upkeep import BeginMaintenance
from domain.readings.limits import SetMetricLimit
from domain.readings.quality import Quality
from domain.telemetry.commands import Raw
from kit.errors import Invalid
from tests.domain_world import MINUTE, World
from tests.telemetry.ward import device, hr, kept, only, own_metric, tell

SECOND = timedelta(seconds=1)


def qualities(world: World) -> list[int]:
    return [quality for _, _, _, quality in kept(world)]


def send_every(world: World, of: Device, times: int, behind: timedelta) -> None:
    for number in range(times):
        tell(world, of.id, hr(70 + number, world.now - behind))
        world.tick(10 * SECOND)


def test_a_clock_that_is_steadily_off_is_known_and_its_values_are_not_late(world: World) -> None:
    mon = device(world)
    send_every(world, mon, 7, 20 * MINUTE)
    assert only(world, DeviceStatus).skew_ms == 1_200_000
    late, known = Quality.LATE, Quality.SKEWED
    assert qualities(world) == [late] * 5 + [known] * 2


def test_missing_messages_are_known_by_their_numbers(world: World) -> None:
    mon = device(world)
    for sequence in (1, 2, 5, 4, 6):
        tell(world, mon.id, hr(70, world.now), sequence=sequence)
        world.tick()
    assert qualities(world) == [0, 0, Quality.GAP_BEFORE, 0, 0]
    assert world.sql("SELECT missed, sequence FROM device_pulse") == [(2, 6)]


def test_a_record_that_stands_still_is_marked_as_frozen(world: World) -> None:
    mon = device(world)
    record = (("hr", 70.0), ("spo2", 97.0), ("rr", 15.0))
    for _ in range(24):
        tell(world, mon.id, *(Raw(metric, value, None, world.now) for metric, value in record))
        world.tick()
    assert [bool(quality & Quality.FROZEN) for quality in qualities(world)[:24]] == (
        [False] * 21 + [True] * 3
    )


def test_a_hospital_s_own_limits_come_before_the_usual_ones(world: World) -> None:
    mon, pump = device(world), device(world, "p", DeviceKind.OXIMETER)
    world.run(SetMetricLimit(hospital_id=world.hospital.id, metric="heart rate", low=25, high=350,
                             soft_low=50, soft_high=300))  # fmt: skip
    world.run(SetMetricLimit(hospital_id=world.hospital.id, metric="hr", low=25, high=100,
                             device_kind=DeviceKind.OXIMETER))  # fmt: skip
    assert tell(world, mon.id, hr(310, world.now)).stored == 1
    assert tell(world, pump.id, hr(310, world.now)).rejected == 1
    assert qualities(world) == [Quality.SOFT_HIGH]
    world.refused(SetMetricLimit(hospital_id=world.hospital.id, metric="hr", low=25, high=20),
                  Invalid, "LIMITS_OUT_OF_ORDER")  # fmt: skip
    world.refused(SetMetricLimit(hospital_id=world.hospital.id, metric="zeal", low=25, high=30),
                  Invalid, "METRIC_UNKNOWN")  # fmt: skip


def test_the_technical_range_of_a_device_is_marked_and_not_refused(world: World) -> None:
    mon = device(world)
    own_metric(world, mon, "puls", "hr", unit="Hz", low=60.0, high=90.0)
    tell(world, mon.id, Raw("puls", 2.0, None, world.now))
    assert [(value, quality) for _, _, value, quality in kept(world)] == [
        (120.0, Quality.OUT_OF_RANGE | Quality.UNIT_ASSUMED)
    ]


def test_what_a_device_measures_in_maintenance_says_so(world: World) -> None:
    mon = device(world)
    tell(world, mon.id, hr(70, world.now))
    world.tick()
    world.run(BeginMaintenance(device_id=mon.id))
    tell(world, mon.id, hr(71, world.now))
    assert qualities(world) == [0, Quality.MAINTENANCE]


@pytest.mark.parametrize("spoken", ["alert", "A", 0])
def test_consciousness_may_be_spoken(world: World, spoken: str | float) -> None:
    mon = device(world)
    assert tell(world, mon.id, Raw("acvpu", spoken, None, world.now)).stored == 1
    assert kept(world)[0][2] == 0.0
