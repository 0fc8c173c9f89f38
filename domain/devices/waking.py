"""A message came: devices that were new, silent or lost are active again.

Called by whoever stores messages, inside that command's transaction.
"""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from domain.devices.model import Device, DeviceState
from kit.work import Work

_ASLEEP = (DeviceState.REGISTERED, DeviceState.STALE, DeviceState.LOST)
_SLEEPERS = (
    select(Device)
    .where(col(Device.id).in_(sa.bindparam("keys", expanding=True)))
    .where(col(Device.state).in_(_ASLEEP))
    .order_by(col(Device.id))  # two batches that wake the same devices wait, never deadlock
)


def heard(work: Work, device_ids: Collection[UUID]) -> list[Device]:
    """Turn those that were asleep to ACTIVE; MAINTENANCE, RETIRED and unknown ones stay.

    Emits DeviceHeard for each device that it woke, and answers with them.
    """
    if not device_ids:
        return []
    woken = list(work.session.exec(_SLEEPERS, params={"keys": sorted(set(device_ids))}))
    for device in woken:
        device.state, device.state_since = DeviceState.ACTIVE, work.now
        work.emit("DeviceHeard", device.scope, device=device.id)
    return woken
