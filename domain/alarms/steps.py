"""What time alone does to an alarm: escalation, re-alarm, the end of an acknowledgement or shelf.

There is one timer, `next_step_at`. A step, its mark and its line of history are one write, so a
restart neither loses nor repeats it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.alarms.model import Alarm, AlarmState, EventKind, Severity
from domain.alarms.quiet import channels_of
from domain.alarms.states import changed, go_open, note
from kit.work import Work


@dataclass(frozen=True, slots=True)
class Step:
    """Tell `to` (e.g. `role:charge-nurse`) `after_s` seconds from the opening.

    With `unacked` the time runs only while nobody has acknowledged. `severity` raises the alarm's.
    """

    after_s: int
    unacked: bool
    to: str
    severity: Severity | None = None

    def kept(self) -> dict[str, Any]:
        """As it stands in the alarm's row."""
        severity = str(self.severity) if self.severity else None
        return {"after_s": self.after_s, "unacked": self.unacked, "to": self.to,
                "severity": severity}  # fmt: skip

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Step":
        severity = Severity(kept["severity"]) if kept["severity"] else None
        return cls(kept["after_s"], kept["unacked"], kept["to"], severity)


def schedule(alarm: Alarm) -> None:
    """Set when the alarm has to be looked at again."""
    alarm.next_step_at = min((at for at, _ in _due_times(alarm)), default=None)


def take_step(work: Work, alarm: Alarm) -> bool:
    """Do the one thing that was due first; False where nothing is due.

    To repeat an alarm comes last: whoever it rises to meanwhile is told by that.
    """
    due = [(n == _RE_ALARM, at, n) for at, n in _due_times(alarm) if at <= work.now]
    if not due:
        return False
    _, _, number = min(due)
    if alarm.state is AlarmState.SHELVED:
        unshelve(work, alarm, "SHELF_END")
    elif number == _ACK_TIMEOUT:
        _time_out(work, alarm)
    elif number == _RE_ALARM:
        announce(work, alarm, EventKind.RE_ALARMED, to=told_last(alarm))
    else:
        _escalate(work, alarm, number)
    schedule(alarm)
    changed(work, alarm)
    return True


def unshelve(work: Work, alarm: Alarm, reason: str) -> None:
    """Off the shelf: open, and people are told again."""
    go_open(work, alarm)
    announce(work, alarm, EventKind.UNSHELVED, reason=reason)


def announce(
    work: Work,
    alarm: Alarm,
    kind: EventKind,
    *,
    to: str | None = None,
    reason: str | None = None,
) -> None:
    """Write a line of history of which people are to be told."""
    alarm.announced_at = work.now
    note(work, alarm, kind, to=to, channels=channels_of(work, alarm), reason=reason)


def told_last(alarm: Alarm) -> str | None:
    """To whom the alarm has risen; None while it is with those who look after the place."""
    taken = [Step.of(kept).to for n, kept in enumerate(alarm.escalation) if _taken(alarm, n)]
    return taken[-1] if taken else None


_ACK_TIMEOUT, _RE_ALARM = -1, 1_000  # beside the numbers of the steps


def _due_times(alarm: Alarm) -> Iterator[tuple[datetime, int]]:
    if alarm.state is AlarmState.SHELVED and alarm.shelved_until:
        yield alarm.shelved_until, 0
    if alarm.state is AlarmState.ACKED and alarm.ack_until:
        yield alarm.ack_until, _ACK_TIMEOUT
    if alarm.state is AlarmState.OPEN and alarm.realarm_s:
        yield alarm.announced_at + timedelta(seconds=alarm.realarm_s), _RE_ALARM
    if alarm.state in (AlarmState.OPEN, AlarmState.ACKED):
        yield from _escalations(alarm)


def _escalations(alarm: Alarm) -> Iterator[tuple[datetime, int]]:
    for number, step in enumerate(map(Step.of, alarm.escalation)):
        if _taken(alarm, number) or (step.unacked and alarm.state is AlarmState.ACKED):
            continue
        since = alarm.unacked_since if step.unacked else alarm.opened_at
        yield since + timedelta(seconds=step.after_s), number


def _taken(alarm: Alarm, number: int) -> bool:
    return bool(alarm.steps_taken >> number & 1)


def _time_out(work: Work, alarm: Alarm) -> None:
    go_open(work, alarm)
    announce(work, alarm, EventKind.ACK_TIMED_OUT, to=told_last(alarm))


def _escalate(work: Work, alarm: Alarm, number: int) -> None:
    step = Step.of(alarm.escalation[number])
    alarm.steps_taken |= 1 << number
    alarm.level += 1
    if step.severity is not None and step.severity.rank > alarm.severity.rank:
        alarm.severity = step.severity
    announce(work, alarm, EventKind.ESCALATED, to=step.to)
