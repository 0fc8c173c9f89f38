"""What the program does: raise alarms it found out about, and take the steps that are due."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.alarms.flood import step_flood
from domain.alarms.handling import OfAlarm, S
from domain.alarms.lifecycle import (
    CLEARED,
    PATIENT_LEFT,
    Cause,
    clear_alarm,
    ends_with_the_stay,
    finish,
    open_alarm,
    take_turn,
)
from domain.alarms.model import Alarm, AlarmFlood, AlarmKind
from domain.alarms.steps import take_step
from domain.places.model import Hospital
from kit.command import Command
from kit.errors import Conflict
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class RaiseAlarm(Command[Alarm]):
    """Open an alarm, or refresh the one of the same source and entity."""

    action = "alarm.raise"

    cause: Cause

    def scope(self, work: Work) -> Scope:
        return Scope(work.get(Hospital, self.cause.hospital_id).id, self.cause.ward_id)

    def apply(self, work: Work) -> Alarm:
        return open_alarm(work, self.cause)


@dataclass(frozen=True, kw_only=True)
class ClearAlarm(Command[Alarm | None]):
    """Say that the condition of an alarm of this kind is over."""

    action = "alarm.raise"

    hospital_id: UUID
    kind: AlarmKind
    entity: str

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> Alarm | None:
        return clear_alarm(work, kind=self.kind, entity=self.entity, hospital_id=self.hospital_id)


@dataclass(frozen=True, kw_only=True)
class AlarmStep(OfAlarm, Command[Alarm]):
    """Do what time brings about for an alarm: one step, once.

    Escalation, re-alarm, the end of an acknowledgement or of a shelf, and the end of an alarm
    whose patient has left the bed.
    """

    action = "alarm.step"

    alarm_id: UUID

    def apply(self, work: Work) -> Alarm:
        alarm = self.alarm(work)
        if alarm.state is not S.RESOLVED and ends_with_the_stay(work, alarm):
            return finish(work, alarm, PATIENT_LEFT)
        due = alarm.next_step_at is not None and alarm.next_step_at <= work.now
        if due and alarm.state is S.SHELVED and not alarm.active:
            return finish(work, alarm, CLEARED)
        if not due or not take_step(work, alarm):
            raise _nothing_due(alarm.id, alarm.next_step_at)
        return alarm


@dataclass(frozen=True, kw_only=True)
class FloodStep(Command[AlarmFlood]):
    """Tell once of the low and medium alarms of a flood, and end it when it is over."""

    action = "alarm.step"

    flood_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(AlarmFlood, self.flood_id).scope

    def apply(self, work: Work) -> AlarmFlood:
        flood = work.get(AlarmFlood, self.flood_id)
        take_turn(work, flood.hospital_id)
        if flood.next_step_at is None or flood.next_step_at > work.now:
            raise _nothing_due(flood.id, flood.next_step_at)
        step_flood(work, flood)
        return flood


def _nothing_due(key: UUID, at: datetime | None) -> Conflict:
    when = at.isoformat() if at else "never"
    return Conflict(f"nothing is due yet; next: {when}", reason="NOTHING_DUE", blocking=key)
