"""Silent devices, by the server's clock: one alarm for a silent gateway, none for those behind it.

A gateway is heard when anything behind it is heard. A device behind one is silent by itself only
if its gateway was heard after that: otherwise it may be the gateway, and that shows a little later.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.alarms.model import Alarm, AlarmKind
from domain.alarms.rule_book import Rule, RuleBook, winners
from domain.alarms.rule_model import RULE_STATE, RuleKind
from domain.alarms.rule_phase import SECOND, Event, Outcome, Phase, Track
from domain.alarms.rule_states import Standing, standing_of
from domain.alarms.timing_turns import Turn
from domain.devices.model import (
    Device,
    DeviceAttachment,
    DeviceKind,
    DeviceState,
    DeviceStatus,
)
from kit.clock import microseconds

_LONGEST_S = 10**9
_FIELDS: Any = (
    sa.select(
        col(Device.id), col(Device.kind), col(Device.state), col(Device.gateway_id),
        col(Device.silent_after_s), col(DeviceStatus.seen_at),
        sa.func.coalesce(col(DeviceAttachment.ward_id), col(Device.ward_id)).label("ward_id"),
    )
    .outerjoin(DeviceStatus, col(DeviceStatus.device_id) == col(Device.id))
    .outerjoin(
        DeviceAttachment,
        sa.and_(col(DeviceAttachment.device_id) == col(Device.id),
                col(DeviceAttachment.until).is_(None)),
    )
    .where(col(Device.hospital_id) == sa.bindparam("hospital"))
)  # fmt: skip
_SEEN: Any = sa.extract("epoch", col(DeviceStatus.seen_at))
_NOW: Any = sa.bindparam("now", type_=sa.BigInteger)
_MAYBE_SILENT = _FIELDS.where(
    col(Device.state) != DeviceState.RETIRED,
    sa.or_(_SEEN + col(Device.silent_after_s) <= _NOW,
           _SEEN + sa.bindparam("shortest", type_=sa.BigInteger) <= _NOW,
           col(Device.kind) == DeviceKind.GATEWAY),
)  # fmt: skip
_THESE = _FIELDS.where(col(Device.id).in_(sa.bindparam("devices", expanding=True)))
_GATEWAYS: Any = (
    sa.select(col(Device.gateway_id), sa.func.max(col(DeviceStatus.seen_at)))
    .join(DeviceStatus, col(DeviceStatus.device_id) == col(Device.id))
    .where(col(Device.gateway_id).in_(sa.bindparam("gateways", expanding=True)))
    .group_by(col(Device.gateway_id))
)
_STANDING = sa.select(RULE_STATE).where(
    RULE_STATE.c.hospital_id == sa.bindparam("hospital"), RULE_STATE.c.phase == str(Phase.NO_DATA)
)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A device and when it, or anything behind it, was last heard."""

    id: UUID
    kind: str
    state: DeviceState
    gateway_id: UUID | None
    silent_after_s: int
    ward_id: UUID | None
    seen_at: datetime

    def silent_at(self, rule: Rule | None) -> datetime:
        """From then on it is silent, by the rule's own delay, else by the device's."""
        after = rule.body.delays.on // SECOND if rule is not None else 0
        return self.seen_at + timedelta(seconds=after or self.silent_after_s)


def silences(
    session: Session, hospital_id: UUID, book: RuleBook, now: datetime, *,
    since: datetime | None = None, lock: bool = False,
) -> list[Turn]:  # fmt: skip
    """NO_DATA that begins, and NO_DATA that is over: heard again, retired, or its gateway's.

    Nothing was to be heard before `since`, when this program began to listen.
    """
    rules = book.of_kind(RuleKind.ABSENCE)
    if not rules:
        return []
    listened = since if since is not None and since <= now else None
    devices = _devices(session, hospital_id, rules, now)
    asked = _STANDING.with_for_update() if lock else _STANDING
    rows = session.connection().execute(asked, {"hospital": hospital_id}).all()
    standing = {(row.rule_id, row.entity): standing_of(row) for row in rows}
    told = {UUID(one.entity.partition(":")[2]) for one in standing.values()}
    devices |= _read(session, _THESE, {"hospital": hospital_id, "devices": sorted(told)})
    gateways = _gateways(session, hospital_id, devices, rules)
    back = _back_since(session, gateways) | dict.fromkeys(told, now)
    turns = []
    for key in sorted(devices):
        gateway = gateways.get(devices[key].gateway_id)
        heard_from = [at for at in (listened, back.get(devices[key].gateway_id)) if at is not None]
        clock = _Clock(now, max(heard_from, default=None), gateway)
        turns += _turns_of(devices[key], rules, standing, clock)
    return turns + [
        Turn(book.by_id[one.rule_id], one, ended="DEVICE_RETIRED")
        for one in standing.values()
        if UUID(one.entity.partition(":")[2]) not in devices and one.rule_id in book.by_id
    ]


@dataclass(frozen=True, slots=True)
class _Clock:
    now: datetime
    listened: datetime | None
    gateway: _Heard | None


def _turns_of(
    device: _Heard, rules: tuple[Rule, ...], standing: dict[tuple[UUID, str], Standing],
    clock: _Clock,
) -> list[Turn]:  # fmt: skip
    entity, turns = f"device:{device.id}", []
    for rule in winners(rules, device.ward_id, str(device.kind)):
        one, why = standing.get((rule.id, entity)), _why_not(device, rule, clock)
        if one is None and why is None and _had_time(device, rule, clock):
            seen = microseconds(device.seen_at)
            track = Track(Phase.NO_DATA, seen, seen, 1)
            opened = Standing(rule.id, entity, track, device.id, device.ward_id)
            turns.append(Turn(rule, opened, (Event(Outcome.OPENED, seen, 0.0),)))
        elif one is not None and why is not None:
            turns.append(Turn(rule, one, ended=why))
    return turns


def _why_not(device: _Heard, rule: Rule, clock: _Clock) -> str | None:
    """The reason for which this device has no NO_DATA alarm; None: it has one."""
    if device.state is DeviceState.RETIRED:
        return "DEVICE_RETIRED"
    if device.state is DeviceState.MAINTENANCE and not rule.body.in_maintenance:
        return "MAINTENANCE"
    silent_at, gateway = device.silent_at(rule), clock.gateway
    if clock.now <= silent_at:
        return "HEARD"
    its = gateway is not None and (
        clock.now > gateway.silent_at(None) or gateway.seen_at <= silent_at
    )
    return "GATEWAY_SILENT" if its else None


def _had_time(device: _Heard, rule: Rule, clock: _Clock) -> bool:
    """Whether the device could be heard for as long as it may be silent."""
    return clock.listened is None or clock.now - clock.listened > (
        device.silent_at(rule) - device.seen_at
    )


def _devices(
    session: Session, hospital_id: UUID, rules: Iterable[Rule], now: datetime
) -> dict[UUID, _Heard]:
    """Those that may be silent, each gateway with what was heard behind it."""
    own = [rule.body.delays.on // SECOND for rule in rules if rule.body.delays.on]
    given = {"hospital": hospital_id, "now": ceil(now.timestamp()),
             "shortest": min(own, default=_LONGEST_S)}  # fmt: skip
    return _read(session, _MAYBE_SILENT, given)


def _read(session: Session, asked: Any, given: dict[str, Any]) -> dict[UUID, _Heard]:
    rows = session.connection().execute(asked, given).all()
    gateways = {row.id for row in rows if row.kind == "GATEWAY"}
    behind = _heard_behind(session, gateways)
    found = {}
    for row in rows:
        heard = [at for at in (row.seen_at, behind.get(row.id)) if at is not None]
        if heard:  # one that was never heard of is not silent yet
            found[row.id] = _Heard(row.id, str(row.kind), row.state, row.gateway_id,
                                   row.silent_after_s, row.ward_id, max(heard))  # fmt: skip
    return found


def _gateways(
    session: Session, hospital_id: UUID, devices: dict[UUID, _Heard], rules: tuple[Rule, ...]
) -> dict[UUID | None, _Heard]:
    """The gateways of these devices that have an alarm of their own when they are silent."""
    keys = {one.gateway_id for one in devices.values() if one.gateway_id is not None}
    if not keys:
        return {}
    found = _read(session, _THESE, {"hospital": hospital_id, "devices": sorted(keys)})
    return {
        key: one
        for key, one in found.items()
        if one.state not in (DeviceState.RETIRED, DeviceState.MAINTENANCE)
        and winners(rules, one.ward_id, str(one.kind))
    }


def _back_since(session: Session, gateways: Collection[UUID | None]) -> dict[UUID | None, datetime]:
    """When the last silence of a gateway was over: those behind it have time from then on."""
    keys = sorted(key for key in gateways if key is not None)
    asked = (
        sa.select(col(Alarm.device_id), sa.func.max(col(Alarm.resolved_at)))
        .where(col(Alarm.entity).in_([f"device:{key}" for key in keys]),
               col(Alarm.kind) == AlarmKind.NO_DATA, col(Alarm.resolved_at).is_not(None))
        .group_by(col(Alarm.device_id))
    )  # fmt: skip
    rows: Any = session.connection().execute(asked) if keys else ()
    return {row[0]: row[1] for row in rows}


def _heard_behind(session: Session, gateways: Collection[UUID]) -> dict[UUID, datetime]:
    if not gateways:
        return {}
    rows = session.connection().execute(_GATEWAYS, {"gateways": sorted(gateways)})
    return {key: seen for key, seen in rows if seen is not None}
