"""Floods: more alarms in one place than people can follow (ISA-18.2: over 10 in 10 minutes).

A ward's alarms are counted together, and a hospital's that are of no ward. While a flood lasts,
its low and medium alarms are told of by one notice every ten minutes; the others as always.
"""

from datetime import timedelta

from sqlalchemy import func
from sqlmodel import col, select

from domain.alarms.model import Alarm, AlarmFlood, EventKind
from domain.alarms.quiet import flood_in
from domain.alarms.states import changed, note
from domain.places.times import store
from kit.work import Scope, Work

WINDOW = timedelta(minutes=10)
MOST = 10  # alarms in a window that are no flood yet


def count_in(work: Work, alarm: Alarm) -> AlarmFlood | None:
    """Count a new alarm; the flood that it is a part of, or begins."""
    flood = flood_in(work, alarm.scope)
    if flood is not None:
        flood.alarms += 1
        return flood
    opened = _opened_lately(work, alarm.scope)
    if opened <= MOST:
        return None
    return store(work, AlarmFlood(
        hospital_id=alarm.hospital_id, ward_id=alarm.ward_id, place=alarm.scope.path,
        alarm_id=alarm.id, since=work.now, next_step_at=work.now + WINDOW,
        alarms=opened, channels=list(alarm.notify),
    ))  # fmt: skip


def tell_beginning(work: Work, flood: AlarmFlood, alarm: Alarm) -> None:
    """The one notice with which a flood begins."""
    if flood.alarm_id == alarm.id:
        flood.untold = 0
        note(work, alarm, EventKind.FLOODED, channels=flood.channels, count=flood.alarms)


def step_flood(work: Work, flood: AlarmFlood) -> None:
    """A window is over: tell of what was coalesced in it, and end the flood if it has ended."""
    first = work.get(Alarm, flood.alarm_id)
    if flood.untold:
        note(work, first, EventKind.FLOODED, channels=flood.channels, count=flood.untold)
        changed(work, first)
    flood.untold = 0
    if _opened_lately(work, flood.scope) > MOST:
        flood.next_step_at = work.now + WINDOW
    else:
        flood.until, flood.next_step_at = work.now, None


def _opened_lately(work: Work, scope: Scope) -> int:
    here = col(Alarm.ward_id).is_(None) if scope.ward is None else col(Alarm.ward_id) == scope.ward
    return work.session.exec(
        select(func.count())
        .select_from(Alarm)
        .where(Alarm.hospital_id == scope.hospital, here, col(Alarm.opened_at) > work.now - WINDOW)
    ).one()
