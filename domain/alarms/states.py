"""The life of an alarm: which state may follow which, and the history that every turn leaves."""

from collections.abc import Iterable

from domain.alarms.model import Alarm, AlarmEvent, AlarmState, EventKind
from kit.errors import Conflict
from kit.work import ActorKind, Work

NEXT: dict[AlarmState, tuple[AlarmState, ...]] = {
    AlarmState.OPEN: (AlarmState.ACKED, AlarmState.SHELVED, AlarmState.RESOLVED),
    AlarmState.ACKED: (AlarmState.OPEN, AlarmState.SHELVED, AlarmState.RESOLVED),
    AlarmState.SHELVED: (AlarmState.OPEN, AlarmState.RESOLVED),
    AlarmState.RESOLVED: (),
}


def require_next(alarm: Alarm, state: AlarmState, *before: AlarmState) -> None:
    """Raise Conflict that names the allowed states unless the alarm may go to `state`.

    `before` narrows from where: taking back an acknowledgement needs one.
    """
    if state in NEXT[alarm.state] and alarm.state in (before or NEXT):
        return
    raise Conflict(
        f"the alarm is {alarm.state}", reason="ALARM_STATE", blocking=alarm.id,
        allowed=tuple(str(one) for one in NEXT[alarm.state]),
    )  # fmt: skip


def note(
    work: Work,
    alarm: Alarm,
    kind: EventKind,
    *,
    to: str | None = None,
    channels: Iterable[str] = (),
    reason: str | None = None,
    count: int | None = None,
) -> AlarmEvent:
    """Write the next line of the alarm's history.

    Its number is unique, so that two who take the same step cannot both commit.
    """
    alarm.events += 1
    person = work.actor.kind is not ActorKind.SYSTEM
    return work.add(AlarmEvent(
        hospital_id=alarm.hospital_id, alarm_id=alarm.id, number=alarm.events, kind=kind,
        severity=alarm.severity, level=alarm.level, to=to, channels=list(channels), at=work.now,
        by=work.actor.id if person else None, reason=reason, count=count,
    ))  # fmt: skip


def go_open(work: Work, alarm: Alarm) -> None:
    """Nobody has taken note (any more)."""
    alarm.state = AlarmState.OPEN
    alarm.unacked_since = work.now
    alarm.ack_until = alarm.shelved_until = alarm.shelved_by = None
    alarm.acked_at = alarm.acked_by = None  # by whom it was once is in the history


def changed(work: Work, alarm: Alarm) -> None:
    """Tell those who watch."""
    work.emit("AlarmChanged", alarm.scope, alarm=alarm.id)
