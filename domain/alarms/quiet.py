"""Which alarms people are told of one by one, and which are told of with others."""

from typing import Any

from sqlalchemy import bindparam
from sqlmodel import col, select

from domain.alarms.model import Alarm, AlarmFlood, AlarmState, Severity
from kit.work import Scope, Work

COALESCED = (Severity.LOW, Severity.MEDIUM)  # in a flood
ON_SCREEN = "in-app"

_HOSPITAL: Any = bindparam("hospital")
_PLACE: Any = bindparam("place")
_FLOOD = select(AlarmFlood).where(
    col(AlarmFlood.hospital_id) == _HOSPITAL,
    col(AlarmFlood.place) == _PLACE,
    col(AlarmFlood.until).is_(None),
)


def channels_of(work: Work, alarm: Alarm) -> tuple[str, ...]:
    """By which ways people are to be told of this alarm now.

    A critical alarm is always told by all of its own. While a flood lasts, what there is to tell
    of its low and medium alarms is counted for the flood's next notice. Behind a lead that nobody
    has acknowledged yet and that is as severe, an alarm is on the screens only: people are being
    told already.
    """
    if alarm.severity is Severity.CRITICAL:
        return tuple(alarm.notify)
    if alarm.flood and alarm.severity in COALESCED:
        flood = flood_in(work, alarm.scope)
        if flood is not None:
            _leave_to(flood, alarm)
            return ()
    if alarm.group_id is not None and _speaks_for(work.get(Alarm, alarm.group_id), alarm):
        return (ON_SCREEN,)
    return tuple(alarm.notify)


def flood_in(work: Work, scope: Scope) -> AlarmFlood | None:
    """The flood that is under way in this place."""
    named = {"hospital": scope.hospital, "place": scope.path}
    return work.session.exec(_FLOOD, params=named).one_or_none()


def _leave_to(flood: AlarmFlood, alarm: Alarm) -> None:
    flood.untold += 1
    flood.channels = list(dict.fromkeys((*flood.channels, *alarm.notify)))


def _speaks_for(lead: Alarm, alarm: Alarm) -> bool:
    return lead.state is AlarmState.OPEN and lead.severity.rank >= alarm.severity.rank
