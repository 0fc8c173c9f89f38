"""Which alarms people are told of one by one, and which are told of with others."""

from domain.alarms.model import Alarm, AlarmState, Severity
from kit.work import Work

COALESCED = (Severity.LOW, Severity.MEDIUM)  # in a flood
ON_SCREEN = "in-app"


def channels_of(work: Work, alarm: Alarm) -> tuple[str, ...]:
    """By which ways people are to be told of this alarm now.

    A critical alarm is always told by all of its own. In a flood, low and medium ones are left
    to the flood's notice. Behind a lead that nobody has acknowledged yet and that is as severe,
    an alarm is on the screens only: people are being told already.
    """
    if alarm.severity is Severity.CRITICAL:
        return tuple(alarm.notify)
    if alarm.flood and alarm.severity in COALESCED:
        return ()
    if alarm.group_id is not None and _speaks_for(work.get(Alarm, alarm.group_id), alarm):
        return (ON_SCREEN,)
    return tuple(alarm.notify)


def _speaks_for(lead: Alarm, alarm: Alarm) -> bool:
    return lead.state is AlarmState.OPEN and lead.severity.rank >= alarm.severity.rank
