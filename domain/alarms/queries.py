"""Reads of alarms: lists, one, its history, and what is unresolved in a place now."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func
from sqlmodel import Session, col, select

from domain.alarms.model import Alarm, AlarmEvent, AlarmFlood, AlarmState, Severity
from domain.places.reach import (
    by_keyset,
    hospital_in_reach,
    ward_in_reach,
    within,
)
from kit.errors import Invalid, NotFound
from kit.work import Scope

PRESENT = (AlarmState.OPEN, AlarmState.ACKED, AlarmState.SHELVED)
WORST_FIRST = case({str(one): -one.rank for one in Severity}, value=col(Alarm.severity))
SHELVED_LAST = case((col(Alarm.state) == AlarmState.SHELVED, 1), else_=0)
OPEN_FIRST = case((col(Alarm.state) == AlarmState.OPEN, 0), else_=1)


@dataclass(frozen=True, slots=True)
class Present:
    """What is unresolved in a place: the first `limit` alarms, and how many there are."""

    alarms: list[Alarm]
    total: int
    unacknowledged: int
    critical: int
    floods: list[AlarmFlood]


def place_of(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID | None, ward_id: UUID | None
) -> Scope:
    """The ward, else the hospital. Raises NotFound out of reach, Invalid where neither is named."""
    if ward_id is not None:
        scope = ward_in_reach(session, scopes, ward_id).scope
        if hospital_id not in (None, scope.hospital):
            raise NotFound.of("ward", ward_id)
        return scope
    if hospital_id is None:
        raise Invalid("name a hospital or a ward", field="wardId")
    return hospital_in_reach(session, scopes, hospital_id).scope


def alarms(
    session: Session,
    scopes: Sequence[Scope],
    *,
    hospital_id: UUID | None = None,
    ward_id: UUID | None = None,
    states: Sequence[AlarmState] = PRESENT,
    severity: Severity = Severity.LOW,
    after: UUID | None = None,
    limit: int,
) -> list[Alarm]:
    """Alarms by id, which is by time, of at least that severity."""
    worse = [one for one in Severity if one.rank >= severity.rank]
    return list(
        session.exec(
            select(Alarm)
            .where(
                _reached(scopes),
                *_equal(Alarm.hospital_id, hospital_id),
                *_equal(Alarm.ward_id, ward_id),
                col(Alarm.state).in_(states),
                col(Alarm.severity).in_(worse),
                by_keyset(Alarm.id, after),
            )
            .order_by(col(Alarm.id))
            .limit(limit)
        )
    )


def alarm_in_scope(session: Session, scopes: Sequence[Scope], alarm_id: UUID) -> Alarm | None:
    """One alarm, or None for an unknown and for a foreign one alike."""
    return session.exec(select(Alarm).where(Alarm.id == alarm_id, _reached(scopes))).first()


def history(
    session: Session, scopes: Sequence[Scope], alarm_id: UUID, *, after: int = 0, limit: int
) -> list[AlarmEvent]:
    """The lines of an alarm's history behind number `after`. Raises NotFound."""
    if alarm_in_scope(session, scopes, alarm_id) is None:
        raise NotFound.of("alarm", alarm_id)
    return list(
        session.exec(
            select(AlarmEvent)
            .where(AlarmEvent.alarm_id == alarm_id, col(AlarmEvent.number) > after)
            .order_by(col(AlarmEvent.number))
            .limit(limit)
        )
    )


def present_in(session: Session, scope: Scope, limit: int) -> Present:
    """The unresolved alarms of a place: the worst first, open before acknowledged, shelved last."""
    here = and_(_inside(Alarm.hospital_id, Alarm.ward_id, scope), col(Alarm.resolved_at).is_(None))
    rows = session.exec(
        select(Alarm)
        .where(here)
        .order_by(SHELVED_LAST, WORST_FIRST, OPEN_FIRST, col(Alarm.opened_at), col(Alarm.id))
        .limit(limit)
    ).all()
    counts = session.exec(
        select(Alarm.state, Alarm.severity, func.count())
        .where(here)
        .group_by(col(Alarm.state), col(Alarm.severity))
    ).all()
    floods = session.exec(
        select(AlarmFlood)
        .where(
            _inside(AlarmFlood.hospital_id, AlarmFlood.ward_id, scope),
            col(AlarmFlood.until).is_(None),
        )
        .order_by(col(AlarmFlood.since), col(AlarmFlood.id))
    ).all()
    return Present(
        list(rows),
        sum(number for _, _, number in counts),
        sum(number for state, _, number in counts if state is AlarmState.OPEN),
        sum(number for _, severity, number in counts if severity is Severity.CRITICAL),
        list(floods),
    )


def _reached(scopes: Sequence[Scope]) -> ColumnElement[bool]:
    return within(scopes, col(Alarm.hospital_id), col(Alarm.ward_id))


def _inside(hospital: UUID, ward: UUID | None, scope: Scope) -> ColumnElement[bool]:
    return within((scope,), col(hospital), col(ward))


def _equal(column: UUID | None, key: UUID | None) -> tuple[ColumnElement[bool], ...]:
    return () if key is None else (col(column) == key,)
