"""How many alarms a place has, by severity: for boards and status, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from domain.alarms.model import Alarm, AlarmState, Severity


@dataclass(frozen=True, slots=True)
class AlarmTally:
    """Unresolved alarms of one severity; `open` are those that nobody has taken note of."""

    severity: Severity
    open: int
    unresolved: int


Home = tuple[UUID, UUID | None]  # a hospital, and its ward or None for the hospital itself


def unresolved_alarms(
    session: Session, hospital_ids: Sequence[UUID], ward_id: UUID | None = None
) -> dict[Home, list[AlarmTally]]:
    """By place, worst first; places without alarms are left out. The caller has checked reach."""
    is_open = case((col(Alarm.state) == AlarmState.OPEN, 1), else_=0)
    query = (
        select(
            col(Alarm.hospital_id), col(Alarm.ward_id), col(Alarm.severity), func.sum(is_open),
            func.count(),
        )
        .where(col(Alarm.hospital_id).in_(hospital_ids), col(Alarm.resolved_at).is_(None))
        .group_by(col(Alarm.hospital_id), col(Alarm.ward_id), col(Alarm.severity))
    )  # fmt: skip
    if ward_id is not None:
        query = query.where(col(Alarm.ward_id) == ward_id)
    found: dict[Home, list[AlarmTally]] = {}
    for hospital, ward, severity, opened, many in session.connection().execute(query):
        found.setdefault((hospital, ward), []).append(AlarmTally(severity, opened, many))
    return {home: _worst_first(tallies) for home, tallies in found.items()}


def together(tallies: Sequence[AlarmTally]) -> list[AlarmTally]:
    """The tallies of several places as those of one."""
    opened, many = dict.fromkeys(Severity, 0), dict.fromkeys(Severity, 0)
    for one in tallies:
        opened[one.severity] += one.open
        many[one.severity] += one.unresolved
    return _worst_first([AlarmTally(s, opened[s], many[s]) for s in Severity if many[s]])


def _worst_first(tallies: Sequence[AlarmTally]) -> list[AlarmTally]:
    return sorted(tallies, key=lambda one: -one.severity.rank)
