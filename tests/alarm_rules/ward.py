"""A ward whose devices send readings, with rules in force, on a real database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, insert, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from domain.alarms.evaluation import evaluate
from domain.alarms.model import Alarm
from domain.alarms.rule_commands import DraftRule, PublishRule
from domain.alarms.rule_model import RULE_STATE, AlarmRule
from domain.devices.model import (
    Device,
    DeviceAttachment,
    DeviceKind,
    DeviceState,
    DeviceStatus,
    Protocol,
)
from domain.readings.model import CHANNEL, READING
from domain.readings.sample import Sample
from kit.clock import microseconds
from kit.work import Actor
from tests.domain_world import NOON, World

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
AUTHOR, PUBLISHER = Actor(uuid4()), Actor(uuid4())
Said = tuple[float, float]  # (minutes after noon, value)


@dataclass
class Ward:
    """`world` with devices by code; `T0` of readings is noon."""

    world: World
    devices: dict[str, UUID] = field(default_factory=dict)
    channels: dict[tuple[UUID, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: Engine) -> "Ward":
        world = World(engine)
        world.furnish()
        world.tick()
        return cls(world)

    def publish(self, *rules: dict[str, Any], ward_id: UUID | None = None) -> list[AlarmRule]:
        """Drafted by one person, published by another."""
        done = []
        for rule in rules:
            self.world.actor = AUTHOR
            drafted = self.world.run(
                DraftRule(hospital_id=self.world.hospital.id, rule=rule, ward_id=ward_id)
            )
            self.world.actor = PUBLISHER
            done.append(self.world.run(PublishRule(rule_id=drafted.id)))
        return done

    def device(
        self, code: str, bed: str | None = None, *, kind: DeviceKind = DeviceKind.MONITOR,
        state: DeviceState = DeviceState.ACTIVE, gateway: str | None = None, silent_after_s: int = 60,
    ) -> UUID:  # fmt: skip
        """A device at home in ward A, at a bed where one is given."""
        world = self.world
        with Session(world.engine, expire_on_commit=False) as session:
            made = Device(
                hospital_id=world.hospital.id, ward_id=world.ward_a.id, code=code, kind=kind,
                protocol=Protocol.MQTT, state=state, registered_at=NOON, state_since=NOON,
                silent_after_s=silent_after_s,
                gateway_id=self.devices[gateway] if gateway else None,
            )  # fmt: skip
            session.add(made)
            session.flush()
            self.devices[code] = made.id
            if bed is not None:
                session.add(DeviceAttachment(
                    hospital_id=world.hospital.id, ward_id=world.ward_a.id,
                    room_id=world.bay.id, bed_id=world.beds[bed], device_id=made.id,
                    since=NOON - timedelta(hours=1), recorded_at=NOON, recorded_by=world.actor.id,
                ))  # fmt: skip
            session.commit()
        return made.id

    def seen(self, code: str, at: datetime, **more: Any) -> None:
        """What batches write: when the device was last heard."""
        with Session(self.world.engine) as session:
            row = session.get(DeviceStatus, self.devices[code])
            row = row or DeviceStatus(
                device_id=self.devices[code], hospital_id=self.world.hospital.id, seen_at=at
            )
            row.seen_at = at
            for name, value in more.items():
                setattr(row, name, value)
            session.add(row)
            session.commit()

    def send(self, code: str, metric: str, said: Iterable[Said], *, quality: int = 0) -> None:
        """Store a batch and let the rules see it; the clock then stands at its newest reading."""
        readings = list(said)
        newest = max(minute for minute, _ in readings)
        self.world.now = max(self.world.now, NOON + newest * MINUTE)
        with Session(self.world.engine) as session:
            channel = self._channel(session, self.devices[code], metric)
            samples = [
                Sample(channel, self.devices[code], metric, microseconds(NOON + minute * MINUTE),
                       value, quality)
                for minute, value in readings
            ]  # fmt: skip
            session.connection().execute(insert(READING), [
                {"channel_id": channel, "at": one.at, "received": one.at, "stored": one.at,
                 "value": one.value, "quality": quality} for one in samples
            ])  # fmt: skip
            evaluate(self.world._work(session), self.world.hospital.id, samples)
            session.commit()

    def alarms(self) -> list[tuple[str, str]]:
        """Every alarm: its entity by code and its state, in the order of opening."""
        names = {f"bed:{key}": code for code, key in self.world.beds.items()}
        names |= {f"device:{key}": code for code, key in self.devices.items()}
        names |= {f"ward:{self.world.ward_a.id}": "ward A", f"ward:{self.world.ward_b.id}": "ward B",
                  f"hospital:{self.world.hospital.id}": "hospital"}  # fmt: skip
        return [(names.get(one.entity, one.entity), str(one.state)) for one in self.alarm_rows()]

    def alarm_rows(self) -> list[Alarm]:
        with Session(self.world.engine) as session:
            found = session.exec(select_rows(Alarm).order_by(col(Alarm.opened_at), col(Alarm.id)))
            return list(found)

    def phases(self) -> list[str]:
        with self.world.engine.connect() as connection:
            asked = select(RULE_STATE.c.phase).order_by(RULE_STATE.c.entity)
            return [str(phase) for (phase,) in connection.execute(asked)]

    def _channel(self, session: Session, device: UUID, metric: str) -> int:
        if (device, metric) not in self.channels:
            made = session.connection().execute(insert(CHANNEL).returning(CHANNEL.c.id), {
                "hospital_id": self.world.hospital.id, "device_id": device, "metric": metric,
                "opened": 0,
            })  # fmt: skip
            self.channels[device, metric] = int(made.scalar_one())
        return self.channels[device, metric]
