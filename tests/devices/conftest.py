"""The hospital in which devices are tested."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from domain.devices.commands import RegisterDevice
from domain.devices.model import Device, DeviceKind, DeviceStatus
from domain.devices.verifiers import new_device_secret
from tests.domain_world import World, world

__all__ = ["world"]

Make = Callable[..., Device]
MakeWithPassword = Callable[..., tuple[Device, str]]


@pytest.fixture
def make(world: World) -> Make:
    """Registers a device of ward A."""

    def made(code: str = "mon-1", **more: Any) -> Device:
        given: dict[str, Any] = {
            "hospital_id": world.hospital.id, "ward_id": world.ward_a.id, "code": code,
            "kind": DeviceKind.MONITOR, **more,
        }  # fmt: skip
        return world.run(RegisterDevice(**given)).device

    return made


@pytest.fixture
def with_password(world: World) -> MakeWithPassword:
    """Registers a device with a password; answers with both."""

    def made(code: str = "mon-1") -> tuple[Device, str]:
        secret = new_device_secret()
        done = world.run(
            RegisterDevice(
                hospital_id=world.hospital.id, ward_id=world.ward_a.id, code=code,
                kind=DeviceKind.MONITOR, secret=secret.plain, verifier=secret.verifier,
            )
        )  # fmt: skip
        assert done.issued is not None
        return done.device, done.issued.secret

    return made


def seen(world: World, device_id: UUID, ago: timedelta = timedelta()) -> None:
    """A message of the device came, so long ago: telemetry, written past the commands."""
    with Session(world.engine) as session:
        status = session.get(DeviceStatus, device_id) or DeviceStatus(
            device_id=device_id, hospital_id=world.hospital.id, seen_at=world.now
        )
        status.seen_at = world.now - ago
        session.add(status)
        session.commit()
