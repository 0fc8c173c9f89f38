"""The devices that sent a batch: read anew each time, so that a retired one does not go on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from domain.devices.model import Device, DeviceAttachment, DeviceMetric, DeviceState
from domain.readings.metrics import Limits
from domain.readings.model import ANY_KIND, DEVICE_PULSE, MetricLimit
from domain.readings.pulse import Pulse
from domain.readings.recipes import Own
from kit.work import Scope, Work

_DEVICES = (
    sa.select(
        col(Device.id), col(Device.kind), col(Device.state),
        sa.func.coalesce(col(DeviceAttachment.ward_id), col(Device.ward_id)),
        col(DeviceAttachment.bed_id), *DEVICE_PULSE.c[1:],
    )
    .select_from(Device)
    .outerjoin(DeviceAttachment, sa.and_(
        col(DeviceAttachment.device_id) == col(Device.id), col(DeviceAttachment.until).is_(None)
    ))
    .outerjoin(DEVICE_PULSE, DEVICE_PULSE.c.device_id == col(Device.id))
    .where(col(Device.id).in_(sa.bindparam("devices", expanding=True)),
           col(Device.hospital_id) == sa.bindparam("hospital"))
)  # fmt: skip
_OWN = sa.select(
    col(DeviceMetric.device_id), col(DeviceMetric.alias), col(DeviceMetric.metric),
    col(DeviceMetric.unit), col(DeviceMetric.low), col(DeviceMetric.high),
).where(col(DeviceMetric.device_id).in_(sa.bindparam("devices", expanding=True)))  # fmt: skip
_LIMITS = select(MetricLimit).where(MetricLimit.hospital_id == sa.bindparam("hospital"))


@dataclass(slots=True)
class Sender:
    """A device of the hospital, with what is remembered of it."""

    id: UUID
    kind: str
    state: DeviceState
    scope: Scope  # where it is used, else its home
    bed_id: UUID | None
    pulse: Pulse
    own: dict[str, Own] = field(default_factory=dict)  # by alias


@dataclass(frozen=True, slots=True)
class Senders:
    """Those of a batch; unknown and foreign ones are missing."""

    by_id: Mapping[UUID, Sender]
    limits: Mapping[tuple[str, str], Limits]  # of the hospital, by metric and kind

    def limits_of(self, metric: str, kind: str) -> Limits | None:
        """The hospital's own limits, or None for the usual ones."""
        if not self.limits:
            return None
        return self.limits.get((metric, kind)) or self.limits.get((metric, ANY_KIND))


def senders(work: Work, hospital_id: UUID, devices: Collection[UUID]) -> Senders:
    """Look them up: three statements, however many there are."""
    connection = work.session.connection()
    asked = {"devices": list(devices), "hospital": hospital_id}
    found = {
        row[0]: Sender(row[0], row[1], row[2], Scope(hospital_id, row[3]), row[4], _pulse(row[5:]))
        for row in connection.execute(_DEVICES, asked)
    }
    for row in connection.execute(_OWN, {"devices": list(found)}):
        found[row[0]].own[row[1]] = Own._make(row[2:])
    limits = {
        (one.metric, one.device_kind): Limits(one.low, one.high, one.soft_low, one.soft_high)
        for one in work.session.exec(_LIMITS, params={"hospital": hospital_id})
    }
    return Senders(found, limits)


def _pulse(row: tuple[object, ...]) -> Pulse:
    delays, *rest = row
    if delays is None:
        return Pulse()
    return Pulse(tuple(map(int, str(delays).split(","))) if delays else (), *rest)  # type: ignore[arg-type]  # columns
