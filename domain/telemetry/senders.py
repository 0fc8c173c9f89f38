"""The devices that sent a batch: read anew each time, so that a retired one does not go on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel import select

from domain.readings.channels import listed, remembered
from domain.readings.metrics import Limits
from domain.readings.model import ANY_KIND, MetricLimit
from domain.readings.pulse import Pulse
from domain.readings.recipes import Own
from kit.bulk import is_postgres
from kit.work import Scope, Work

# Driver rows, not objects: these two run for every batch, with a row for every device.
_DEVICES = (
    "SELECT d.id, d.kind, d.state, coalesce(a.ward_id, d.ward_id), p.delays, p.skew_ms,"
    " p.sequence, p.missed, p.record, p.same_since, p.repeats FROM device d"
    " LEFT JOIN device_attachment a ON a.device_id = d.id AND a.until IS NULL"
    " LEFT JOIN device_pulse p ON p.device_id = d.id WHERE d.id {listed}"
    " AND d.hospital_id = {hospital}"
)
_OWN = (
    "SELECT device_id, alias, metric, unit, low, high FROM device_metric WHERE device_id {listed}"
)
_LIMITS = select(MetricLimit).where(MetricLimit.hospital_id == sa.bindparam("hospital"))

_NONE: Mapping[str, int] = MappingProxyType({})


@dataclass(slots=True)
class Sender:
    """A device of the hospital, with what is remembered of it."""

    id: UUID
    kind: str
    state: str
    scope: Scope  # where it is used, else its home
    pulse: Pulse
    channels: Mapping[str, int]  # that the process knows, by metric
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
    found = _found(connection, hospital_id, devices)
    clause, given = listed(connection, found)
    for row in connection.exec_driver_sql(_OWN.format(listed=clause), (given,)):
        found[_key(row[0])].own[row[1]] = Own._make(row[2:])
    limits = {
        (one.metric, one.device_kind): Limits(one.low, one.high, one.soft_low, one.soft_high)
        for one in work.session.exec(_LIMITS, params={"hospital": hospital_id})
    }
    return Senders(found, limits)


def _found(
    connection: Connection, hospital_id: UUID, devices: Collection[UUID]
) -> dict[UUID, Sender]:
    clause, given = listed(connection, devices)
    postgres = is_postgres(connection)
    asked = _DEVICES.format(listed=clause, hospital="%s" if postgres else "?")
    rows = connection.exec_driver_sql(asked, (given, hospital_id if postgres else hospital_id.hex))
    wards: dict[Any, Scope] = {None: Scope(hospital_id)}
    found: dict[UUID, Sender] = {}
    channels = remembered(connection)
    for key, kind, state, ward, *pulse in rows.all():
        scope = wards.get(ward) or wards.setdefault(ward, Scope(hospital_id, _key(ward)))
        device = _key(key)
        found[device] = Sender(
            device, kind, state, scope, _pulse(pulse), channels.get(device, _NONE)
        )
    return found


def _key(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _pulse(row: list[Any]) -> Pulse:
    delays = row[0]
    if delays is None:
        return Pulse()
    return Pulse(tuple(map(int, delays.split(","))) if delays else (), *row[1:])
