"""Alarms put aside for a while, and for how long a hospital allows that."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.alarms.handling import OfAlarm, S, require_reason, settle
from domain.alarms.lifecycle import CLEARED, finish
from domain.alarms.limits import limits_of, own_limit
from domain.alarms.model import Alarm, AlarmLimit, EventKind, Severity
from domain.alarms.states import note, require_next
from domain.alarms.steps import unshelve
from domain.places.model import Hospital
from domain.places.times import store
from kit.command import Command
from kit.errors import Invalid
from kit.work import Scope, Work

SHORTEST_S, LONGEST_S = 60, 604_800


@dataclass(frozen=True, kw_only=True)
class ShelveAlarm(OfAlarm, Command[Alarm]):
    """Put an alarm aside until a time, for a reason (a code). It comes back by itself.

    How long is limited by severity. A critical one also needs `alarm.shelve_critical`.
    """

    action = "alarm.shelve"

    alarm_id: UUID
    until: datetime
    reason: str
    version: int | None = None

    def apply(self, work: Work) -> Alarm:
        alarm = self.alarm(work, self.version)
        if alarm.severity is Severity.CRITICAL:
            return work.perform(
                ShelveCriticalAlarm(alarm_id=alarm.id, until=self.until, reason=self.reason)
            )
        return _shelve(work, alarm, self.until, self.reason)


@dataclass(frozen=True, kw_only=True)
class ShelveCriticalAlarm(OfAlarm, Command[Alarm]):
    """Put a critical alarm aside, as briefly as the hospital allows."""

    action = "alarm.shelve_critical"

    alarm_id: UUID
    until: datetime
    reason: str

    def apply(self, work: Work) -> Alarm:
        return _shelve(work, self.alarm(work), self.until, self.reason)


@dataclass(frozen=True, kw_only=True)
class UnshelveAlarm(OfAlarm, Command[Alarm]):
    """Take an alarm off the shelf: open again, or resolved if its condition is over."""

    action = "alarm.shelve"

    alarm_id: UUID
    version: int | None = None

    def apply(self, work: Work) -> Alarm:
        alarm = self.alarm(work, self.version)
        require_next(alarm, S.OPEN, S.SHELVED)
        if not alarm.active:
            return finish(work, alarm, CLEARED)
        unshelve(work, alarm, "BY_HAND")
        return settle(work, alarm)


@dataclass(frozen=True, kw_only=True)
class SetAlarmLimit(Command[AlarmLimit]):
    """Say for how long alarms of a severity may be shelved and stay acknowledged here."""

    action = "alarm.limit"

    hospital_id: UUID
    severity: Severity
    longest_shelf_s: int
    ack_timeout_s: int

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> AlarmLimit:
        for field, value in (
            ("longestShelfS", self.longest_shelf_s), ("ackTimeoutS", self.ack_timeout_s),
        ):  # fmt: skip
            if not SHORTEST_S <= value <= LONGEST_S:
                raise Invalid(f"give {SHORTEST_S} to {LONGEST_S} seconds", field=field)
        limit = own_limit(work.session, self.hospital_id, self.severity)
        if limit is None:
            return store(work, AlarmLimit(
                hospital_id=self.hospital_id, severity=self.severity,
                longest_shelf_s=self.longest_shelf_s, ack_timeout_s=self.ack_timeout_s,
            ))  # fmt: skip
        limit.longest_shelf_s, limit.ack_timeout_s = self.longest_shelf_s, self.ack_timeout_s
        return limit


def _shelve(work: Work, alarm: Alarm, until: datetime, reason: str) -> Alarm:
    require_reason(reason)
    require_next(alarm, S.SHELVED)
    if until.tzinfo is None:
        raise Invalid("a time needs a zone; send it with an offset", field="until")
    longest = limits_of(work.session, alarm.hospital_id, alarm.severity).longest_shelf_s
    if not work.now < until <= work.now + timedelta(seconds=longest):
        latest = work.now + timedelta(seconds=longest)
        raise Invalid(f"a {alarm.severity} alarm is shelved for at most {longest} s",
                      reason="SHELF_TOO_LONG", field="until",
                      allowed=(latest.isoformat(),))  # fmt: skip
    alarm.state, alarm.shelved_until, alarm.shelved_by = S.SHELVED, until, work.actor.id
    alarm.ack_until = None
    note(work, alarm, EventKind.SHELVED, reason=reason)
    return settle(work, alarm)
