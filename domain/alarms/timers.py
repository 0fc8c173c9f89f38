"""Which alarms and floods time has something to do to: asked every second, answered by commands.

Rows are the truth: after a restart the same question finds what is due.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case
from sqlmodel import Session, col, select

from domain.alarms.commands import AlarmStep, FloodStep
from domain.alarms.model import Alarm, AlarmFlood, Severity
from domain.beds.model import BedStay
from kit.command import Command

MOST = 100  # in one round, so that one that is worse need not wait for many others
_WORST_FIRST = case({str(one): -one.rank for one in Severity}, value=col(Alarm.severity))


def alarms_due(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """One step for each alarm whose time has come, the worst first."""
    due = select(Alarm.id).where(col(Alarm.next_step_at) <= now)
    found = session.exec(due.order_by(_WORST_FIRST, col(Alarm.next_step_at)).limit(MOST))
    return [AlarmStep(alarm_id=one) for one in found]


def alarms_of_departed(session: Session, _now: datetime) -> Sequence[Command[Any]]:
    """Alarms about patients who do not lie in that bed any more."""
    lying = select(BedStay.id).where(
        BedStay.encounter_id == Alarm.encounter_id,
        BedStay.bed_id == Alarm.bed_id,
        col(BedStay.until).is_(None),
        col(BedStay.voided_at).is_(None),
    )
    left = select(Alarm.id).where(
        col(Alarm.resolved_at).is_(None), col(Alarm.encounter_id).is_not(None), ~lying.exists()
    )
    return [AlarmStep(alarm_id=one) for one in session.exec(left.limit(MOST))]


def floods_due(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """Floods a window of which is over."""
    due = select(AlarmFlood.id).where(col(AlarmFlood.next_step_at) <= now)
    return [FloodStep(flood_id=one) for one in session.exec(due.limit(MOST))]
