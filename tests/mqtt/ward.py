"""A hospital with two monitors that have passwords, on a database of its own."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from domain.devices.commands import RegisterDevice
from domain.devices.model import DeviceKind
from domain.devices.verifiers import new_device_secret
from domain.places.commands import OpenHospital, OpenWard
from tests.domain_world import World


@dataclass
class Ward:
    """By code: ids, credentials and secrets of its devices."""

    world: World
    hospital: UUID
    ward: UUID
    devices: dict[str, UUID] = field(default_factory=dict)
    credentials: dict[str, UUID] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        return self.world.engine

    def register(self, code: str) -> UUID:
        """A monitor with a password."""
        secret = new_device_secret()
        made = self.world.run(RegisterDevice(
            hospital_id=self.hospital, ward_id=self.ward, code=code, kind=DeviceKind.MONITOR,
            secret=secret.plain, verifier=secret.verifier,
        ))  # fmt: skip
        assert made.issued is not None
        self.devices[code] = made.device.id
        self.credentials[code] = made.issued.credential.id
        self.secrets[code] = secret.plain
        return made.device.id


def world_with_devices(engine: Any, codes: tuple[str, ...] = ("MON-1", "MON-2")) -> Ward:
    world = World(engine)
    hospital = world.run(OpenHospital(code="N", name_zh="北医院", name_en="North"))
    opened = world.run(
        OpenWard(
            hospital_id=hospital.id,
            code="A",
            name_zh="A",
            name_en="A",
            licensed_beds=4,
            staffed_beds=4,
        )
    )
    ward = Ward(world, hospital.id, opened.id)
    for code in codes:
        ward.register(code)
    return ward
