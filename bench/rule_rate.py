"""How many readings a second one core takes through cleaning and rules, storing left out.

Clean every value as the doors do (recipe, unit, limits), then judge it by the default rules with
the places and standings of a real database; most values are well, one bed in fifty is not.
Aim: ≥ 20,000 readings/s.
"""

import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session

from app.migrate import upgrade
from audit.keys import development_keys
from audit.seal import FieldVault
from domain.alarms.evaluation import evaluate
from domain.alarms.rule_commands import DraftRule, PublishRule
from domain.beds.commands import AddBed
from domain.devices.model import Device, DeviceAttachment, DeviceKind, DeviceState, Protocol
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import RoomKind, RoomSex
from domain.readings.cleaning import cleaned
from domain.readings.recipes import recipe
from domain.readings.sample import Sample
from gateways.alarm_rules import check, default_rules
from kit.clock import microseconds
from kit.command import Command
from kit.db import open_engine
from kit.ids import new_id
from kit.work import Actor, Work

BEDS, ROUNDS = 200, 60  # a round: one message of five values from each bed
AIM = 20_000
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VALUES = {"hr": (78.0, "bpm"), "spo2": (97.0, "%"), "rr": (16.0, "insp/min"),
          "abp_sys": (121.0, "mmHg"), "temp": (98.4, "Deg. F")}  # fmt: skip
KEYS = development_keys("a measurement knows every key of its own hospital")
AUTHOR, PUBLISHER = Actor(new_id()), Actor(new_id())


def main() -> int:
    """Print the rate and its two parts in µs of one core per reading."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'rules.db'}"
        upgrade(url)
        engine = open_engine(url, guarded=False)
        hospital, devices = _furnish(engine)
        clean_s = judge_s = 0.0
        for number in range(ROUNDS):
            now = NOON + timedelta(seconds=5 * number)
            began = process_time()
            samples = _clean(devices, microseconds(now), number)
            between = process_time()
            with Session(engine) as session:
                evaluate(_work(session, PUBLISHER, now), hospital, samples)
                session.commit()
            clean_s += between - began
            judge_s += process_time() - between
        engine.dispose()
    readings = BEDS * len(VALUES) * ROUNDS
    rate = readings / (clean_s + judge_s)
    print(json.dumps({
        "readings": readings, "readings_per_s": round(rate),
        "cleaning_us": round(1e6 * clean_s / readings, 2),
        "rules_us": round(1e6 * judge_s / readings, 2), "aim": AIM, "met": rate >= AIM,
    }))  # fmt: skip
    return 0


def _clean(devices: list[UUID], at: int, number: int) -> list[Sample]:
    samples = []
    for place, device in enumerate(devices):
        low = place % 50 == 0 and number % 20 > 5
        for channel, (metric, (value, unit)) in enumerate(VALUES.items()):
            how = recipe(metric, unit, DeviceKind.MONITOR, None)
            sent = 84.0 if low and metric == "spo2" else value + number % 3
            clean = cleaned(sent, how)
            samples.append(Sample(place * 8 + channel, device, how.metric, at, clean.value, 0))
    return samples


def _furnish(engine: Engine) -> tuple[UUID, list[UUID]]:
    hospital = _do(engine, OpenHospital(code="H", name_zh="H", name_en="H"))
    ward = _do(engine, OpenWard(hospital_id=hospital.id, code="W", name_zh="W", name_en="W",
                                licensed_beds=BEDS, staffed_beds=BEDS))  # fmt: skip
    room = _do(engine, AddRoom(ward_id=ward.id, code="1", kind=RoomKind.BAY,
                               sex_policy=RoomSex.MIXED))  # fmt: skip
    for one in check(default_rules()):
        drafted = _do(engine, DraftRule(hospital_id=hospital.id, rule=one.plain or {}))
        _do(engine, PublishRule(rule_id=drafted.id), PUBLISHER)
    beds = [_do(engine, AddBed(room_id=room.id, code=str(n))).id for n in range(BEDS)]
    with Session(engine, expire_on_commit=False) as session:
        devices = [_device(session, hospital.id, ward.id, room.id, bed) for bed in beds]
        session.commit()
    return hospital.id, devices


def _device(session: Session, hospital: UUID, ward: UUID, room: UUID, bed: UUID) -> UUID:
    device = Device(
        hospital_id=hospital, ward_id=ward, code=f"M{bed}", kind=DeviceKind.MONITOR,
        protocol=Protocol.MQTT, state=DeviceState.ACTIVE, registered_at=NOON, state_since=NOON,
    )  # fmt: skip
    session.add(device)
    session.flush()
    session.add(DeviceAttachment(
        hospital_id=hospital, ward_id=ward, room_id=room, bed_id=bed, device_id=device.id,
        since=NOON - timedelta(days=1), recorded_at=NOON, recorded_by=AUTHOR.id,
    ))  # fmt: skip
    return device.id


def _do(engine: Engine, command: Command[Any], actor: Actor = AUTHOR) -> Any:
    with Session(engine, expire_on_commit=False) as session:
        work = _work(session, actor, NOON - timedelta(days=2))
        command.scope(work)
        result = command.apply(work)
        session.commit()
    return result


def _work(session: Session, actor: Actor, now: datetime) -> Work:
    vault = FieldVault(KEYS, lambda: now).bind(session)
    return Work(session, now, actor, vault, lambda work, command: command.apply(work))


if __name__ == "__main__":
    sys.exit(main())
