"""Devices by code for the doors, and which device was where at a moment of its own clock."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from domain.devices.model import Device, DeviceAttachment, DeviceMetric, DeviceState
from domain.places.times import during


def devices_by_code(
    session: Session, hospital_id: UUID, codes: Collection[str]
) -> dict[str, Device]:
    """The devices of a hospital by code, retired ones too; unknown codes are left out."""
    asked = select(Device).where(
        Device.hospital_id == hospital_id, col(Device.code).in_(sorted(set(codes)))
    )
    return {device.code: device for device in session.exec(asked)}


def device_by_code(session: Session, hospital_id: UUID, code: str) -> Device | None:
    """The one device of a hospital with this code."""
    return devices_by_code(session, hospital_id, (code,)).get(code)


def devices_behind(session: Session, gateway_id: UUID) -> list[Device]:
    """The devices that a gateway speaks for, by code; retired ones are left out."""
    asked = select(Device).where(
        Device.gateway_id == gateway_id, Device.state != DeviceState.RETIRED
    )
    return list(session.exec(asked.order_by(col(Device.code))))


def metrics_of(
    session: Session, device_ids: Collection[UUID]
) -> dict[UUID, dict[str, DeviceMetric]]:
    """By device: what it calls its metrics, by alias."""
    found: dict[UUID, dict[str, DeviceMetric]] = {key: {} for key in device_ids}
    asked = select(DeviceMetric).where(col(DeviceMetric.device_id).in_(sorted(found)))
    for row in session.exec(asked):
        found[row.device_id][row.alias] = row
    return found


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a device was attached: a bed, a room or only a ward."""

    device_id: UUID
    ward_id: UUID
    room_id: UUID | None
    bed_id: UUID | None
    since: datetime
    until: datetime | None


def spots(
    session: Session, device_ids: Collection[UUID], at: datetime | None = None
) -> dict[UUID, Spot]:
    """By device: where it was at `at`, or is now. Those attached nowhere are left out."""
    asked = select(DeviceAttachment).where(
        col(DeviceAttachment.device_id).in_(sorted(set(device_ids))), during(DeviceAttachment, at)
    )
    return {row.device_id: _spot(row) for row in session.exec(asked)}


def spots_of_device(
    session: Session, device_id: UUID, since: datetime, until: datetime
) -> list[Spot]:
    """Where a device was during [since, until), in order; holes are left as holes."""
    asked = _during(since, until).where(DeviceAttachment.device_id == device_id)
    return [_spot(row) for row in session.exec(asked)]


def spots_at_bed(session: Session, bed_id: UUID, since: datetime, until: datetime) -> list[Spot]:
    """Which devices were at a bed during [since, until), each with its own span, in order."""
    asked = _during(since, until).where(DeviceAttachment.bed_id == bed_id)
    return [_spot(row) for row in session.exec(asked)]


def _during(since: datetime, until: datetime) -> SelectOfScalar[DeviceAttachment]:
    ends = col(DeviceAttachment.until)
    return (
        select(DeviceAttachment)
        .where(col(DeviceAttachment.since) < until, or_(ends.is_(None), ends > since))
        .order_by(col(DeviceAttachment.since), col(DeviceAttachment.id))
    )


def _spot(row: DeviceAttachment) -> Spot:
    return Spot(row.device_id, row.ward_id, row.room_id, row.bed_id, row.since, row.until)
