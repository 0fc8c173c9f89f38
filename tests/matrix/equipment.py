"""A ward's devices, their rule and alarm, and the messages that come and go."""

from datetime import timedelta
from typing import Any

from sqlmodel import Session, select

from domain.alarms.commands import RaiseAlarm
from domain.alarms.lifecycle import Cause
from domain.alarms.model import AlarmFlood, AlarmKind, Severity
from domain.alarms.rule_commands import DraftRule
from domain.devices.commands import AttachDevice, NameDeviceMetric, RegisterDevice
from domain.devices.model import DeviceKind
from domain.devices.verifiers import new_device_secret
from domain.inbound.model import Door
from domain.inbound.receipts import Envelope
from domain.notices.duties import AddDutyContact, SendDutyTest
from domain.notices.on_call import SetOnCall
from domain.notices.planning import PlanDeliveries
from domain.notices.words import Channel
from domain.outbound.model import OutboundMessage, OutboundState
from domain.outbound.planning import BeginOutbound, PlanOutbound, Word
from domain.outbound.sending import SettleOutbound
from kit.db import open_engine, reading
from tests.matrix.corner import PROGRAM, City, Corner


def devices(city: City, corner: Corner) -> None:
    """A monitor at a bed, with a password and a metric, and a gateway that speaks for none."""
    ids, secret = corner.ids, new_device_secret()
    registered = city.do(
        RegisterDevice(
            hospital_id=ids["hospital"], ward_id=ids["ward"], kind=DeviceKind.MONITOR,
            code=f"monitor-{ids['ward']}", secret=secret.plain, verifier=secret.verifier,
        )
    )  # fmt: skip
    ids["device"] = registered.device.id
    ids["credential"] = registered.issued.credential.id if registered.issued else ids["device"]
    city.do(AttachDevice(device_id=ids["device"], bed_id=ids["taken_bed"]))
    city.do(NameDeviceMetric(device_id=ids["device"], alias="HR", metric="hr"))
    gateway = city.do(
        RegisterDevice(
            hospital_id=ids["hospital"], ward_id=ids["ward"], kind=DeviceKind.GATEWAY,
            code=f"gateway-{ids['ward']}",
        )
    )  # fmt: skip
    ids["gateway"] = gateway.device.id


def rule_example(code: str) -> dict[str, Any]:
    """An alarm rule in its plain form."""
    return {
        "id": code, "metric": "hr", "kind": "threshold", "op": ">", "threshold": 180,
        "severity": "high", "text": {"zh": "{metric} {place}", "en": "{metric} {place}"},
    }  # fmt: skip


def rule(city: City, corner: Corner, code: str) -> None:
    ids = corner.ids
    drafted = city.do(
        DraftRule(hospital_id=ids["hospital"], rule=rule_example(code), ward_id=ids["ward"])
    )
    ids["rule"] = drafted.id


def alarm(city: City, corner: Corner) -> None:
    """A silent device, and a flood that is said to have begun with it."""
    ids = corner.ids
    raised = city.do(RaiseAlarm(cause=cause(corner)), PROGRAM)
    flood = AlarmFlood(
        hospital_id=ids["hospital"], ward_id=ids["ward"], place=corner.scope.path,
        alarm_id=raised.id, since=city.app.clock(),
        next_step_at=city.app.clock() + timedelta(hours=1), alarms=11,
    )  # fmt: skip
    ids["alarm"], ids["flood"] = raised.id, flood.id
    engine = open_engine(city.url, guarded=False)
    with Session(engine) as session:
        session.add(flood)
        session.commit()
    engine.dispose()


def cause(corner: Corner) -> Cause:
    """The corner's device has fallen silent."""
    return Cause(
        kind=AlarmKind.NO_DATA, severity=Severity.HIGH, hospital_id=corner.ids["hospital"],
        ward_id=corner.ids["ward"], device_id=corner.ids["device"], text_zh="没有数据",
        entity=f"device:{corner.ids['device']}", text_en="no data",
    )  # fmt: skip


def outbound(city: City, corner: Corner, peer: str) -> None:
    """A message that the peer refused: a person decides what becomes of it."""
    ids, hospital_id = corner.ids, corner.ids["hospital"]
    begun = BeginOutbound(hospital_id=hospital_id, peer=peer, transaction=0, row=0)
    city.do(begun, PROGRAM)
    dirty = Word(bed_id=ids["dirty_bed"], word="H", silent=False)
    city.do(PlanOutbound(hospital_id=hospital_id, peer=peer, before=(0, 0), after=(0, 1),
                         at=city.app.clock(), words=(dirty,)), PROGRAM)  # fmt: skip
    with reading(city.app.engine) as session:
        asked = select(OutboundMessage.id).where(OutboundMessage.peer == peer)
        ids["outbound"] = session.exec(asked).one()
    city.do(SettleOutbound(outbound_id=ids["outbound"], state=OutboundState.PARKED, attempts=1,
                           reason="AE"), PROGRAM)  # fmt: skip


def envelope(corner: Corner, control_id: str) -> Envelope:
    """A message of which nothing is known but its envelope."""
    return Envelope(
        hospital_id=corner.ids["hospital"], door=Door.HL7, source="test", control_id=control_id,
        kind="ADT^A01", identity=control_id, body="MSH|",
    )  # fmt: skip


def notices(city: City, corner: Corner) -> None:
    """A nurse on call, a system that is told of what they are, and a test of it."""
    ids = corner.ids
    contact = city.do(AddDutyContact(
        hospital_id=ids["hospital"], ward_id=ids["ward"], duty="role:nurse", secret="s" * 16,
        channel=Channel.WEBHOOK, address="https://hooks.example.org/",
    )).contact  # fmt: skip
    ids["contact"] = contact.id
    ids["delivery"] = city.do(SendDutyTest(contact_id=contact.id)).id
    ids["on_call"] = city.do(SetOnCall(
        hospital_id=ids["hospital"], ward_id=ids["ward"], duty="role:nurse",
        account_id=ids["account"],
    )).id  # fmt: skip
    city.do(PlanDeliveries(hospital_id=ids["hospital"]), PROGRAM)
