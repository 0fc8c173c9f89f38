"""Where the devices of a batch stand: ward, kind, bed, and whose bed it is."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.beds.model import BedStay
from domain.devices.model import Device, DeviceAttachment
from domain.readings.model import READING
from kit.clock import microseconds

_AT_ONCE = 400  # devices in one statement
_DEVICES: Any = (
    sa.select(
        col(Device.id), col(Device.kind), col(Device.ward_id).label("home"),
        col(DeviceAttachment.ward_id), col(DeviceAttachment.bed_id),
        col(DeviceAttachment.since).label("attached"), col(BedStay.encounter_id),
        col(BedStay.since).label("lies"),
    )
    .outerjoin(
        DeviceAttachment,
        sa.and_(col(DeviceAttachment.device_id) == col(Device.id),
                col(DeviceAttachment.until).is_(None)),
    )
    .outerjoin(
        BedStay,
        sa.and_(col(BedStay.bed_id) == col(DeviceAttachment.bed_id), col(BedStay.until).is_(None),
                col(BedStay.voided_at).is_(None)),
    )
    .where(col(Device.id).in_(sa.bindparam("devices", expanding=True)))
)  # fmt: skip
_NEWEST = (
    sa.select(READING.c.at)
    .where(READING.c.channel_id == sa.bindparam("channel"), READING.c.at > sa.bindparam("after"))
    .order_by(READING.c.at.desc())
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Standpoint:
    """A device, and what its readings are about. `since`: before it they are about nothing here."""

    device_id: UUID
    device_entity: str
    where: str  # ward and kind in one text
    kind: str
    ward_id: UUID | None
    bed_entity: str | None
    encounter_id: UUID | None
    since: int


def standpoints(session: Session, devices: Collection[UUID]) -> dict[UUID, Standpoint]:
    """By device, in one statement for some hundred of them."""
    keys, found = sorted(devices), {}
    for first in range(0, len(keys), _AT_ONCE):
        given = {"devices": keys[first : first + _AT_ONCE]}
        for row in session.connection().execute(_DEVICES, given):
            found[row.id] = _standpoint(row)
    return found


def newest_before(session: Session, channel: int, batch: Collection[int]) -> int:
    """When the newest reading was measured that was stored before this batch; 0: none later.

    Looks only past the batch's first reading: what is older makes nothing of it late.
    """
    given = {"channel": channel, "after": min(batch), "most": len(batch) + 1}
    for (at,) in session.connection().execute(_NEWEST, given):
        if at not in batch:
            return int(at)
    return 0


def _standpoint(row: Any) -> Standpoint:
    own, ward = f"device:{row.id}", row.ward_id or row.home
    where = f"{ward} {row.kind}"
    if row.bed_id is None:
        return Standpoint(row.id, own, where, str(row.kind), ward, None, None, 0)
    since = row.attached if row.lies is None else max(row.attached, row.lies)
    bed = f"bed:{row.bed_id}"
    return Standpoint(row.id, own, where, str(row.kind), ward, bed, row.encounter_id,
                      microseconds(since))  # fmt: skip
