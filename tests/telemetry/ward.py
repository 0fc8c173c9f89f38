"""A hospital with devices that measure, for tests of what becomes of their values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, SQLModel, select

from domain.devices.model import Device, DeviceKind, DeviceMetric, Protocol
from domain.devices.registering import RegisterDevice
from domain.inbound.model import Door
from domain.telemetry.commands import DeviceMessage, Raw, Stored, StoreReadings
from kit.clock import microseconds
from tests.domain_world import World

RowT = TypeVar("RowT", bound=SQLModel)


def device(world: World, code: str = "mon-1", kind: DeviceKind = DeviceKind.MONITOR) -> Device:
    made: Device = world.run(RegisterDevice(
        hospital_id=world.hospital.id, code=code, kind=kind, protocol=Protocol.MQTT,
        ward_id=world.ward_a.id,
    )).device  # fmt: skip
    return made


def message(world: World, of: UUID, *raws: Raw, **more: Any) -> DeviceMessage:
    return DeviceMessage(of, more.pop("received_at", world.now), tuple(raws), **more)


def send(world: World, *messages: DeviceMessage, door: Door = Door.MQTT) -> Stored:
    stored = world.run(
        StoreReadings(hospital_id=world.hospital.id, messages=tuple(messages), door=door)
    )
    assert stored.adds_up, stored
    return stored


def tell(world: World, of: UUID, *raws: Raw, **more: Any) -> Stored:
    """One message in a batch of its own."""
    return send(world, message(world, of, *raws, **more))


def hr(value: float | str, at: datetime | None) -> Raw:
    return Raw("hr", value, "/min", at)


def kept(world: World) -> Sequence[Any]:
    """(metric, at, value, quality) of every reading."""
    return world.sql(
        "SELECT metric, at, value, quality FROM reading JOIN channel ON id = channel_id"
        " ORDER BY metric, at"
    )


def us(at: datetime) -> int:
    return microseconds(at)


def own_metric(world: World, of: Device, alias: str, metric: str, **more: Any) -> None:
    with Session(world.engine) as session:
        session.add(DeviceMetric(hospital_id=of.hospital_id, device_id=of.id, alias=alias,
                                 metric=metric, **more))  # fmt: skip
        session.commit()


def only(world: World, kind: type[RowT]) -> RowT:
    """The one row of a table."""
    with Session(world.engine, expire_on_commit=False) as session:
        row = session.exec(select(kind)).one()
        session.expunge_all()
        return row
