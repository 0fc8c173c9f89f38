"""Alarms that belong together: of one bed or device at one time, or behind a silent gateway."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, false, or_
from sqlmodel import col, select

from domain.alarms.model import Alarm, AlarmKind
from domain.devices.model import Device
from kit.work import Work

WINDOW = timedelta(minutes=2)  # opened no further apart than this


def lead_of(work: Work, alarm: Alarm) -> Alarm | None:
    """Let a new alarm join the group it belongs to, or lead one; the one that leads it."""
    silent = alarm.kind is AlarmKind.NO_DATA and alarm.device_id is not None
    if silent and _lead_those_behind(work, alarm):
        return None
    gateway = work.get(Device, alarm.device_id).gateway_id if silent and alarm.device_id else None
    kin = _kin(work, alarm, gateway)
    if kin is None:
        return None
    alarm.group_id = kin.group_id or kin.id
    return work.get(Alarm, alarm.group_id)


def hand_over(work: Work, lead: Alarm) -> None:
    """The lead is resolved: the worst of its group leads from now on, among equals the eldest."""
    members = led_by(work, (lead.id,))
    if not members:
        return
    first = max(members, key=lambda one: one.severity.rank)
    for member in members:
        member.group_id = None if member is first else first.id
    lead.group_id = None


def led_by(work: Work, leads: Sequence[UUID]) -> list[Alarm]:
    """The unresolved alarms that these lead, eldest first."""
    return list(
        work.session.exec(
            select(Alarm)
            .where(col(Alarm.group_id).in_(leads), col(Alarm.resolved_at).is_(None))
            .order_by(col(Alarm.opened_at), col(Alarm.id))
        )
    )


def _lead_those_behind(work: Work, alarm: Alarm) -> bool:
    """If the silent device is a gateway, it leads the silent devices behind it and their groups."""
    behind = select(Device.id).where(Device.gateway_id == alarm.device_id)
    silent = work.session.exec(
        select(Alarm).where(
            Alarm.hospital_id == alarm.hospital_id,
            Alarm.kind == AlarmKind.NO_DATA,
            col(Alarm.resolved_at).is_(None),
            col(Alarm.device_id).in_(behind),
        )
    ).all()
    for one in [*silent, *led_by(work, [one.id for one in silent])]:
        one.group_id = alarm.id
    return bool(silent)


def _kin(work: Work, alarm: Alarm, gateway: UUID | None) -> Alarm | None:
    """The silent gateway before it, else the eldest alarm of its bed or device just now."""
    if alarm.bed_id is None and alarm.device_id is None:
        return None
    of_gateway = _is(Alarm.device_id, gateway) & (col(Alarm.kind) == AlarmKind.NO_DATA)
    nearby = or_(_is(Alarm.bed_id, alarm.bed_id), _is(Alarm.device_id, alarm.device_id))
    recent = col(Alarm.opened_at) >= work.now - WINDOW
    return work.session.exec(
        select(Alarm)
        .where(
            Alarm.hospital_id == alarm.hospital_id,
            Alarm.id != alarm.id,
            col(Alarm.resolved_at).is_(None),
            or_(of_gateway, nearby & recent),
        )
        .order_by(case((of_gateway, 0), else_=1), col(Alarm.opened_at), col(Alarm.id))
        .limit(1)
    ).first()


def _is(column: Any, key: UUID | None) -> ColumnElement[bool]:
    return false() if key is None else col(column) == key
