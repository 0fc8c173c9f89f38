"""Devices as people look for them: with their place, their last message and their papers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from domain.beds.model import Bed
from domain.devices.model import (
    Device,
    DeviceAttachment,
    DeviceCredential,
    DeviceKind,
    DeviceMetric,
    DeviceState,
    DeviceStatus,
)
from domain.places.model import Room
from domain.places.reach import by_keyset, within
from domain.places.times import during
from kit.errors import NotFound
from kit.work import Scope

HISTORY = 50  # attachments that a device is shown with, newest first


@dataclass(frozen=True, slots=True)
class DeviceShown:
    """A device, where it is, and what it last said. `scope` is where the viewer meets it."""

    device: Device
    attachment: DeviceAttachment | None
    room_code: str | None
    bed_code: str | None
    status: DeviceStatus | None
    scope: Scope

    @property
    def id(self) -> UUID:
        return self.device.id


@dataclass(frozen=True, slots=True)
class DevicePapers:
    """What is kept about one device besides its state."""

    shown: DeviceShown
    credentials: Sequence[DeviceCredential]
    metrics: Sequence[DeviceMetric]
    attachments: Sequence[DeviceAttachment]


def devices(
    session: Session,
    scopes: Sequence[Scope],
    *,
    hospital_id: UUID | None = None,
    ward_id: UUID | None = None,
    kind: DeviceKind | None = None,
    state: DeviceState | None = None,
    after: UUID | None = None,
    limit: int,
) -> list[DeviceShown]:
    """Devices by id. A ward has those at home in it and those attached in it."""
    asked = _in_reach(scopes).where(by_keyset(Device.id, after))
    if hospital_id is not None:
        asked = asked.where(col(Device.hospital_id) == hospital_id)
    if ward_id is not None:
        asked = asked.where(
            or_(col(Device.ward_id) == ward_id, col(DeviceAttachment.ward_id) == ward_id)
        )
    if kind is not None:
        asked = asked.where(col(Device.kind) == kind)
    if state is not None:
        asked = asked.where(col(Device.state) == state)
    rows = session.execute(asked.order_by(col(Device.id)).limit(limit))
    return [_shown(row, scopes) for row in rows]


def device_in_reach(session: Session, scopes: Sequence[Scope], device_id: UUID) -> DeviceShown:
    """The device. Raises NotFound for an unknown and for a foreign one alike."""
    row = session.execute(_in_reach(scopes).where(col(Device.id) == device_id)).first()
    if row is None:
        raise NotFound.of("device", device_id)
    return _shown(row, scopes)


def papers(session: Session, scopes: Sequence[Scope], device_id: UUID) -> DevicePapers:
    """The device with its credentials, metrics and latest attachments. Raises NotFound."""
    shown = device_in_reach(session, scopes, device_id)
    return DevicePapers(
        shown,
        _of_device(session, DeviceCredential, device_id),
        _of_device(session, DeviceMetric, device_id),
        list(
            session.exec(
                select(DeviceAttachment)
                .where(
                    DeviceAttachment.device_id == device_id,
                    within(scopes, DeviceAttachment.hospital_id, DeviceAttachment.ward_id),
                )
                .order_by(col(DeviceAttachment.since).desc())
                .limit(HISTORY)
            )
        ),
    )


def _of_device(session: Session, model: Any, device_id: UUID) -> list[Any]:
    asked = select(model).where(model.device_id == device_id).order_by(model.id)
    return list(session.exec(asked))


def _in_reach(scopes: Sequence[Scope]) -> Any:
    here = sa.and_(
        col(DeviceAttachment.device_id) == col(Device.id), during(DeviceAttachment, None)
    )
    return (
        sa.select(Device, DeviceAttachment, col(Room.code), col(Bed.code), DeviceStatus)
        .outerjoin(DeviceAttachment, here)
        .outerjoin(Room, col(Room.id) == col(DeviceAttachment.room_id))
        .outerjoin(Bed, col(Bed.id) == col(DeviceAttachment.bed_id))
        .outerjoin(DeviceStatus, col(DeviceStatus.device_id) == col(Device.id))
        .where(
            or_(
                within(scopes, Device.hospital_id, Device.ward_id),
                within(scopes, DeviceAttachment.hospital_id, DeviceAttachment.ward_id),
            )
        )
    )


def _shown(row: Any, scopes: Sequence[Scope]) -> DeviceShown:
    device, attachment, room_code, bed_code, status = row
    at_home = any(scope.covers(device.scope) for scope in scopes)
    scope = device.scope if at_home or attachment is None else attachment.scope
    return DeviceShown(device, attachment, room_code, bed_code, status, scope)
