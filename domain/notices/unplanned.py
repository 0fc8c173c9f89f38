"""Alarm events that nobody has been told of yet.

Event ids are in the order of their making, so only those since an hour before the newest planned
one are compared: a transaction that was slow to commit is found, and old history costs nothing.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, true
from sqlmodel import Session, col, select

from domain.alarms.model import AlarmEvent
from domain.notices.model import NoticePlan

OVERLAP = timedelta(hours=1)
AT_ONCE = 100  # events of one command
_TIME = 80  # bits of an id below its milliseconds


def hospitals_with_unplanned(session: Session) -> Sequence[UUID]:
    asked = select(AlarmEvent.hospital_id).where(*_unplanned(session)).distinct()
    return sorted(session.exec(asked))


def unplanned(session: Session, hospital_id: UUID) -> list[AlarmEvent]:
    """The events to plan now, oldest first."""
    asked = select(AlarmEvent).where(AlarmEvent.hospital_id == hospital_id, *_unplanned(session))
    return list(session.exec(asked.order_by(col(AlarmEvent.id)).limit(AT_ONCE)))


def _unplanned(session: Session) -> tuple[ColumnElement[bool], ...]:
    planned = select(NoticePlan.id).where(NoticePlan.alarm_event_id == col(AlarmEvent.id)).exists()
    somebody: Any = cast(col(AlarmEvent.channels), String) != "[]"
    return (_since(session), somebody, ~planned)


def _since(session: Session) -> ColumnElement[bool]:
    newest = select(NoticePlan.alarm_event_id).order_by(col(NoticePlan.alarm_event_id).desc())
    last = session.exec(newest.limit(1)).first()
    return true() if last is None else col(AlarmEvent.id) > before(last, OVERLAP)


def before(key: UUID, by: timedelta) -> UUID:
    """The least id of the moment that lies `by` before the id's own."""
    moment = (key.int >> _TIME) - by // timedelta(milliseconds=1)
    return UUID(int=max(moment, 0) << _TIME)
