"""Observations of devices over the wire: good ones are readings, the others wait with a reason."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlmodel import select

from domain.beds.model import Bed
from domain.devices.commands import AttachDevice, RegisterDevice
from domain.devices.model import Device, DeviceKind, Protocol
from gateways import parked
from kit.db import reading
from kit.work import Actor
from tests.gateways.messages import message, pid, pv1
from tests.house import enrol
from tests.inbound.world import NOW, World
from tests.mllp.wire import Doorway

MEASURED = "20261122115900+0000"
AT_US = int(datetime(2026, 11, 22, 11, 59, tzinfo=UTC).timestamp() * 1_000_000)
HR, SPO2 = "8867-4^Heart rate^LN", "150456^MDC_PULS_OXIM_SAT_O2^MDC"


def obx(metric: str, value: str, unit: str = "/min", *, kind: str = "NM", status: str = "F",
        at: str = "", device: str = "") -> str:  # fmt: skip
    return f"OBX|1|{kind}|{metric}||{value}|{unit}|||||{status}|||{at}||||{device}".rstrip("|")


def oru(*segments: str, bed: str = "W1^R1^B1", control: str = "O1", at: str = MEASURED) -> str:
    head = f"OBR|1|SECRET1|SECRET2|1^vitals|||{at}|||||||||DOCTOR^SECRET"
    return message("ORU^R01", pid("SECRET3"), pv1(bed, visit="SECRET4"), head, *segments,
                   control=control)  # fmt: skip


@pytest.fixture
def technician(world: World) -> Actor:
    url = world.app.engine.url.render_as_string(hide_password=False)
    actor = enrol(url, "device-technician")
    world.app.decisions.reload()
    return actor


def monitor(
    world: World, technician: Actor, code: str = "MON1", bed: str | None = "B1", serial: str = ""
) -> Device:
    run = world.app.pipeline.run
    device = run(technician, RegisterDevice(
        hospital_id=world.hospital.id, code=code, kind=DeviceKind.MONITOR, protocol=Protocol.HL7,
        serial_number=serial,
    )).result.device  # fmt: skip
    if bed is not None:
        with reading(world.app.engine) as session:
            bed_id = session.exec(select(Bed.id).where(Bed.code == bed)).one()
        at = NOW.replace(hour=6)
        run(technician, AttachDevice(device_id=device.id, bed_id=bed_id, at=at))
    return device


def readings(world: World) -> list[tuple[str, str, float, int]]:
    with reading(world.app.engine) as session:
        found = session.connection().execute(text(
            "SELECT device.code, channel.metric, reading.value, reading.at FROM reading"
            " JOIN channel ON channel.id = reading.channel_id"
            " JOIN device ON device.id = channel.device_id ORDER BY 1, 2, 4"
        ))  # fmt: skip
        return [(one[0], one[1], one[2], one[3]) for one in found]


def test_values_are_readings_of_the_device_at_the_bed(doorway: Doorway, technician: Actor) -> None:
    doorway.world.ward("W1", ["B1", "B2"])
    monitor(doorway.world, technician)
    sent = oru(obx(HR, "82"), obx(SPO2, "97", "%", at="20261122115930+0000"))
    with doorway.sender() as sender:
        first = sender.send(sent)
        stored = readings(doorway.world)
        again = sender.send(sent)
    assert first.told == again.told == ("AA", "")
    assert stored == [
        ("MON1", "hr", 82.0, AT_US), ("MON1", "spo2", 97.0, AT_US + 30_000_000),
    ]  # fmt: skip
    assert readings(doorway.world) == stored


@pytest.mark.parametrize(
    "segments",
    [
        (obx(HR, "82", device="MON9^HOSP"),),
        (obx(HR, "82", device="^^0001^EUI-64"),),
        (obx(HR, "82"), "PRT|1|AD||EQUIP|||||MON9^HOSP"),
        (obx(HR, "82"), "PRT|1|AD||EQUIP||||||MON9^HOSP"),
    ],
)
def test_a_device_is_known_by_its_code_or_serial_number(
    doorway: Doorway, technician: Actor, segments: tuple[str, ...]
) -> None:
    monitor(doorway.world, technician, "MON9", bed=None, serial="0001")
    with doorway.sender() as sender:
        answer = sender.send(oru(*segments, bed=""))
    if segments[-1].endswith("||||||MON9^HOSP") or len(segments) == 1:
        assert answer.told == ("AA", "")
        assert readings(doorway.world) == [("MON9", "hr", 82.0, AT_US)]
    else:  # PRT-9 is no device
        assert answer.told == ("AA", "NO_LOCATION")
        assert readings(doorway.world) == []


def test_good_values_around_bad_ones_are_stored(doorway: Doorway, technician: Actor) -> None:
    doorway.world.ward("W1", ["B1"])
    monitor(doorway.world, technician)
    sent = oru(
        obx(HR, "82"),
        obx("99999-9^Nonsense^LN", "1"),
        obx(SPO2, "97", "furlong"),
        obx("9279-1^Resp^LN", "fast", kind="ST"),
        obx("9279-1^Resp^LN", ">^30", kind="SN"),
        obx("8480-6^Sys^LN", "120", "mm[Hg]", status="W"),
        obx("8462-4^Dia^LN", "80", "mm[Hg]", status="X"),
        obx("8310-5^Temp^LN", "98.6", "[degF]", at="yesterday"),
        obx("8310-5^Temp^LN", "98.6", "[degF]"),
    )
    with doorway.sender() as sender:
        answer = sender.send(sent)
    assert answer.code == "AA"
    assert answer.error[4] == "W"
    assert [(one[1], round(one[2], 6)) for one in readings(doorway.world)] == [
        ("hr", 82.0), ("temp", 37.0),
    ]  # fmt: skip
    waiting = parked.list_parked(doorway.world.app, "GH", actor=doorway.world.manager)
    assert sorted(one.reason or "" for one in waiting) == [
        "BAD_TIME", "METRIC_UNKNOWN", "RESULT_WITHDRAWN", "UNIT_UNKNOWN", "VALUE_NOT_NUMERIC",
    ]  # fmt: skip


def test_what_waits_names_nobody(doorway: Doorway) -> None:
    doorway.world.ward("W1", ["B1"])
    with doorway.sender() as sender:
        assert sender.send(oru(obx(HR, "82"))).told == ("AA", "DEVICE_UNKNOWN")
    (waiting,) = parked.list_parked(doorway.world.app, "GH", actor=doorway.world.manager)
    kept = parked.read_parked(doorway.world.app, waiting.id, actor=doorway.world.manager)
    assert "SECRET" not in kept
    assert kept.split("\r")[1:] == [
        "PV1|||W1^R1^B1", f"OBR|1||||||{MEASURED}", f"OBX|1|NM|{HR}||82|/min|||||F",
    ]  # fmt: skip


def test_a_device_that_is_registered_later_gets_what_waited(
    doorway: Doorway, technician: Actor
) -> None:
    doorway.world.ward("W1", ["B1"])
    with doorway.sender() as sender:
        sender.send(oru(obx(HR, "82"), obx(SPO2, "97", "%")))
    refused = parked.retry(doorway.world.app, "GH", actor=doorway.world.manager)
    assert (refused.parked, dict(refused.reasons)) == (1, {"DEVICE_UNKNOWN": 1})
    monitor(doorway.world, technician)
    summary = parked.retry(doorway.world.app, "GH", actor=doorway.world.manager)
    assert (summary.applied, summary.parked) == (1, 0)
    assert [(one[1], one[2]) for one in readings(doorway.world)] == [("hr", 82.0), ("spo2", 97.0)]


def test_a_value_whose_unit_is_learned_later_is_stored_by_a_retry(
    doorway: Doorway, technician: Actor
) -> None:
    doorway.world.ward("W1", ["B1"])
    monitor(doorway.world, technician)
    with doorway.sender() as sender:
        assert sender.send(oru(obx(HR, "82", "furlong"))).told == ("AA", "UNIT_UNKNOWN")
    (waiting,) = parked.list_parked(doorway.world.app, "GH", actor=doorway.world.manager)
    kept = parked.read_parked(doorway.world.app, waiting.id, actor=doorway.world.manager)
    corrected = kept.replace("furlong", "/min")
    parked.correct(doorway.world.app, waiting.id, corrected, actor=doorway.world.manager)
    summary = parked.retry(doorway.world.app, "GH", actor=doorway.world.manager)
    assert summary.applied == 1
    assert readings(doorway.world) == [("MON1", "hr", 82.0, AT_US)]


def test_a_message_without_values_waits_whole(doorway: Doorway) -> None:
    with doorway.sender() as sender:
        first, again = sender.send(oru()), sender.send(oru())
    assert first.told == again.told == ("AA", "NO_OBSERVATIONS")
    assert [(one.state, one.kind) for one in doorway.world.messages()] == [
        ("PARKED", "ORU^R01"), ("DUPLICATE", "ORU^R01"),
    ]  # fmt: skip
