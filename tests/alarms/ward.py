"""Alarms on the small hospital of tests/domain_world.py: raised, cleared, stepped and read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, col, select

from domain.alarms.commands import AlarmStep
from domain.alarms.lifecycle import Cause, clear_alarm, open_alarm
from domain.alarms.model import Alarm, AlarmEvent, AlarmKind, Severity
from domain.alarms.rule_model import AlarmRule, RuleKind
from domain.alarms.timers import alarms_due
from domain.devices.model import Device, DeviceKind, Protocol
from kit.command import Command
from kit.work import NETWORK, Scope, Work
from tests.domain_world import World

T = TypeVar("T")


@dataclass(frozen=True)
class _Within(Command[Any]):
    """Whatever a test does inside a transaction."""

    action = "alarm.raise"

    do: Callable[[Work], Any]

    def scope(self, _work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Any:
        return self.do(work)


@dataclass
class Ward:
    """Ward A of the world; `device` is a monitor at bed A1, `rule` a rule of its own."""

    world: World
    rule: UUID = field(init=False)
    device: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.device = self.add_device("MON1")
        self.rule = self.add_rule()

    def do(self, what: Callable[[Work], T]) -> T:
        done: T = self.world.run(_Within(what))
        return done

    def add_device(
        self, code: str, kind: DeviceKind = DeviceKind.MONITOR, gateway: UUID | None = None
    ) -> UUID:
        made = Device(
            hospital_id=self.world.hospital.id, ward_id=self.world.ward_a.id, code=code, kind=kind,
            protocol=Protocol.MQTT, gateway_id=gateway, registered_at=self.world.now,
        )  # fmt: skip
        self.do(lambda work: work.add(made))
        return made.id

    def add_rule(self) -> UUID:
        """Of which only the id matters here."""
        made = AlarmRule(
            hospital_id=self.world.hospital.id, code=uuid4().hex, number=1, metric="spo2",
            kind=RuleKind.THRESHOLD, severity=Severity.HIGH, body={}, body_hash="",
            author_id=self.world.actor.id, drafted_at=self.world.now,
        )  # fmt: skip
        self.do(lambda work: work.add(made))
        return made.id

    def cause(self, **what: Any) -> Cause:
        """A monitor's low saturation in bed A1, unless said otherwise."""
        bed = self.world.beds["A1"]
        usual: dict[str, Any] = {
            "kind": AlarmKind.THRESHOLD, "severity": Severity.HIGH, "entity": f"bed:{bed}",
            "hospital_id": self.world.hospital.id, "ward_id": self.world.ward_a.id,
            "rule_id": self.rule, "device_id": self.device, "bed_id": bed, "metric": "spo2",
            "value": 86.0, "threshold": 90.0, "measured_at": self.world.now,
            "text_zh": "血氧低", "text_en": "SpO2 low",
        }  # fmt: skip
        return Cause(**usual | what)

    def elsewhere(self, number: int, **what: Any) -> Cause:
        """One of many that have nothing to do with each other."""
        return self.cause(entity=f"service:{number}", bed_id=None, device_id=None, metric=None,
                          kind=AlarmKind.MEASURE, **what)  # fmt: skip

    def open(self, **what: Any) -> Alarm:
        return self.pour(self.cause(**what))[0]

    def pour(self, *causes: Cause) -> list[Alarm]:
        """Open them in one transaction, as a batch of readings would."""
        return self.do(lambda work: [open_alarm(work, cause) for cause in causes])

    def clear(self, alarm: Alarm) -> Alarm | None:
        return self.do(lambda work: clear_alarm(work, rule_id=alarm.rule_id, entity=alarm.entity))

    def due(self) -> list[AlarmStep]:
        """What the timer asks for now."""
        with Session(self.world.engine) as session:
            return [
                one for one in alarms_due(session, self.world.now) if isinstance(one, AlarmStep)
            ]

    def step(self, alarm: Alarm) -> Alarm:
        return self.world.run(AlarmStep(alarm_id=alarm.id))

    def now(self, alarm: Alarm) -> Alarm:
        return self.world.get(Alarm, alarm.id)

    def history(self, alarm: Alarm) -> list[str]:
        return [str(line.kind) for line in self.lines(alarm)]

    def lines(self, alarm: Alarm) -> list[AlarmEvent]:
        with Session(self.world.engine) as session:
            found = select(AlarmEvent).where(AlarmEvent.alarm_id == alarm.id)
            return list(session.exec(found.order_by(col(AlarmEvent.number))))


@pytest.fixture
def ward(world: World) -> Ward:
    return Ward(world)
