"""People take note of alarms, take that back, and say that one is over."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domain.alarms.grouping import led_by
from domain.alarms.lifecycle import finish, take_turn
from domain.alarms.model import Alarm, AlarmKind, AlarmState, EventKind, Severity
from domain.alarms.states import changed, go_open, note, require_next
from domain.alarms.steps import announce, schedule, told_last
from domain.places.times import expect_version
from kit.command import Command
from kit.errors import Denied, Invalid
from kit.work import Scope, Work

S = AlarmState
OF_DEVICES = frozenset(
    {AlarmKind.NO_DATA, AlarmKind.CLOCK_SKEW, AlarmKind.FLATLINE, AlarmKind.IMPERSONATION}
)


class OfAlarm:
    """Lands where the alarm is."""

    alarm_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Alarm, self.alarm_id).scope

    def alarm(self, work: Work, version: int | None = None) -> Alarm:
        """The alarm, with nobody else at work on the hospital's alarms."""
        alarm = work.get(Alarm, self.alarm_id)
        take_turn(work, alarm.hospital_id)
        expect_version(alarm, version)
        return alarm


@dataclass(frozen=True, kw_only=True)
class AcknowledgeAlarm(OfAlarm, Command[Alarm]):
    """Take note of an alarm: escalation waits, until the acknowledgement times out.

    `wholeGroup` takes note of the alarms that it leads in the same place too, but of no
    critical one: each of those is acknowledged by itself.
    """

    action = "alarm.acknowledge"

    alarm_id: UUID
    whole_group: bool = False
    version: int | None = None

    def apply(self, work: Work) -> Alarm:
        alarm = self.alarm(work, self.version)
        _acknowledge(work, alarm)
        if self.whole_group:
            for one in led_by(work, (alarm.id,)):
                plain = one.state is S.OPEN and one.severity is not Severity.CRITICAL
                if plain and alarm.scope.covers(one.scope):
                    _acknowledge(work, one)
        return alarm


@dataclass(frozen=True, kw_only=True)
class AcknowledgeDeviceAlarm(OfAlarm, Command[Alarm]):
    """Take note of an alarm about a device itself: silence, clock, a stuck sensor, imposture."""

    action = "alarm.acknowledge_device"

    alarm_id: UUID
    version: int | None = None

    def apply(self, work: Work) -> Alarm:
        alarm = self.alarm(work, self.version)
        if alarm.kind not in OF_DEVICES or alarm.device_id is None:
            raise Denied(f"a {alarm.kind} alarm is not about a device",
                         reason="NOT_A_DEVICE_ALARM")  # fmt: skip
        _acknowledge(work, alarm)
        return alarm


@dataclass(frozen=True, kw_only=True)
class UnacknowledgeAlarm(OfAlarm, Command[Alarm]):
    """Take an acknowledgement back: the alarm is open and told of again."""

    action = "alarm.acknowledge"

    alarm_id: UUID
    version: int | None = None

    def apply(self, work: Work) -> Alarm:
        alarm = self.alarm(work, self.version)
        require_next(alarm, S.OPEN, S.ACKED)
        go_open(work, alarm)
        announce(work, alarm, EventKind.RE_ALARMED, to=told_last(alarm), reason="UNACKNOWLEDGED")
        return settle(work, alarm)


@dataclass(frozen=True, kw_only=True)
class ResolveAlarm(OfAlarm, Command[Alarm]):
    """Say that an alarm is over, and why (a code). If its cause goes on, a new one will open."""

    action = "alarm.resolve"

    alarm_id: UUID
    reason: str
    version: int | None = None

    def apply(self, work: Work) -> Alarm:
        alarm = self.alarm(work, self.version)
        require_reason(self.reason)
        require_next(alarm, S.RESOLVED)
        return finish(work, alarm, self.reason)


def settle(work: Work, alarm: Alarm) -> Alarm:
    """The state has changed: set the timer anew, tell those who watch."""
    schedule(alarm)
    changed(work, alarm)
    return alarm


def require_reason(reason: str) -> None:
    """Raise Invalid unless it is a code: free text could name a person."""
    if not (0 < len(reason) <= 32 and reason.isascii()):
        raise Invalid("give a reason code of 1 to 32 characters", field="reason")


def _acknowledge(work: Work, alarm: Alarm) -> None:
    require_next(alarm, S.ACKED)
    alarm.state, alarm.acked_at, alarm.acked_by = S.ACKED, work.now, work.actor.id
    if alarm.ack_timeout_s:
        alarm.ack_until = work.now + timedelta(seconds=alarm.ack_timeout_s)
    note(work, alarm, EventKind.ACKED)
    settle(work, alarm)
