"""Silence, by the server's own clock: ACTIVE devices become STALE, then LOST.

A device is silent once nothing has come of it for its `silent_after_s`, and lost once it has
been STALE for `lost_factor` times as long. That is counted from when we marked it, not from its
last message: after an outage of ours nothing is lost before it had time to come back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from domain.devices.model import Device, DeviceState, DeviceStatus
from domain.devices.states import turn
from domain.places.model import Hospital
from kit.command import Command
from kit.work import Scope, Work

AT_ONCE = 500  # a command stays short; the rest is due again a second later


@dataclass(frozen=True, slots=True)
class Silenced:
    """How many devices a command marked."""

    stale: int = 0
    lost: int = 0


@dataclass(frozen=True, kw_only=True)
class MarkSilentDevices(Command[Silenced]):
    """Mark the devices of a hospital that have been silent for too long."""

    action = "device.mark"

    hospital_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> Silenced:
        marked = {DeviceState.STALE: 0, DeviceState.LOST: 0}
        for device, state in silent(work.session, work.now, self.hospital_id):
            turn(work, device, state)
            marked[state] += 1
        return Silenced(marked[DeviceState.STALE], marked[DeviceState.LOST])


def silent(
    session: Session, now: datetime, hospital_id: UUID | None = None
) -> Iterator[tuple[Device, DeviceState]]:
    """The devices that are due, at most 500, and what each has become."""
    asked = _DUE if hospital_id is None else _DUE.where(col(Device.hospital_id) == hospital_id)
    for device, seen_at in session.exec(asked, params={"now": ceil(now.timestamp())}):
        for_now = timedelta(seconds=device.silent_after_s)
        if device.state == DeviceState.STALE:
            since = device.state_since or device.registered_at
            if now - since >= for_now * device.lost_factor:
                yield device, DeviceState.LOST
        elif now - seen_at > for_now:
            yield device, DeviceState.STALE


def _due() -> Select[Device, datetime]:
    """A second too many: SQLite counts whole ones. `silent` looks at the rest."""
    second = sa.bindparam("now", type_=sa.BigInteger)
    seen = sa.extract("epoch", col(DeviceStatus.seen_at))
    marked = sa.extract("epoch", col(Device.state_since))
    return (
        select(Device, DeviceStatus.seen_at)
        .join(DeviceStatus, col(DeviceStatus.device_id) == col(Device.id))
        .where(
            sa.or_(
                sa.and_(
                    col(Device.state) == DeviceState.ACTIVE,
                    seen + col(Device.silent_after_s) <= second,
                ),
                sa.and_(
                    col(Device.state) == DeviceState.STALE,
                    marked + col(Device.silent_after_s) * col(Device.lost_factor) <= second,
                ),
            )
        )
        .order_by(col(Device.id))
        .limit(AT_ONCE)
    )


_DUE = _due()
