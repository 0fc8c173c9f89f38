"""The hospital's calendar days, and spans of them. Half-open: the last day named is not in it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from domain.places.model import Hospital
from domain.staff.roster_model import ShiftType
from kit.errors import Invalid, NotFound

DAY = timedelta(days=1)
LONGEST = 400  # days that may be asked for or planned ahead


def today(session: Session, hospital_id: UUID, now: datetime) -> date:
    """Which day it is in the hospital."""
    return now.astimezone(zone_of(session, hospital_id)).date()


def zone_of(session: Session, hospital_id: UUID) -> ZoneInfo:
    hospital = session.get(Hospital, hospital_id)
    if hospital is None:
        raise NotFound.of("hospital", hospital_id)
    return ZoneInfo(hospital.time_zone)


def shift_times(shift: ShiftType, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the shift that begins on that day runs, in UTC. It ends by the clock on the wall: a
    night in which clocks change is an hour shorter or longer."""
    begins = datetime(day.year, day.month, day.day) + timedelta(minutes=shift.starts_minute)  # noqa: DTZ001 - the wall's clock
    ends = begins + timedelta(minutes=shift.minutes)
    return begins.replace(tzinfo=zone).astimezone(UTC), ends.replace(tzinfo=zone).astimezone(UTC)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which the day begins there, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def days_between(first: date, until: date) -> Iterator[date]:
    """Every day from the first until before the other."""
    return (first + timedelta(days=n) for n in range((until - first).days))


def require_span(first: date, until: date | None, *, most_days: int = LONGEST) -> None:
    """Raise Invalid unless the span has at least a day, and not too many."""
    if until is None:
        return
    if first >= until:
        raise Invalid("the span ends before it begins; its last day is not in it",
                      reason="SPAN_EMPTY", field="untilDay")  # fmt: skip
    if (until - first).days > most_days:
        raise Invalid(f"name at most {most_days} days", reason="SPAN_TOO_LONG", field="untilDay")
