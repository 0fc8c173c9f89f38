"""Quiet hours: when a contact is not told of what is not critical."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from domain.alarms.model import Severity
from domain.notices.model import MINUTES, Contact, QuietHours
from domain.places.times import store
from kit.errors import Invalid
from kit.work import Work


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """From when to before when of each day, in minutes after midnight by the hospital's clock."""

    severity: Severity
    from_minute: int
    until_minute: int


def require_quiet(hours: Sequence[Quiet]) -> None:
    """Raises Invalid for critical alarms, twice the same severity, or no time of a day."""
    if len({one.severity for one in hours}) != len(hours):
        raise Invalid("give each severity once", field="quietHours")
    for one in hours:
        if one.severity is Severity.CRITICAL:
            raise Invalid("critical alarms are never silenced", reason="CRITICAL_NOT_SILENCED",
                          field="quietHours", allowed=("LOW", "MEDIUM", "HIGH"))  # fmt: skip
        times = (one.from_minute, one.until_minute)
        if not all(0 <= minute < MINUTES for minute in times) or times[0] == times[1]:
            raise Invalid("quiet hours run from one minute of the day (0 to 1439) to another",
                          field="quietHours")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """A contact with its quiet hours."""

    contact: Contact
    quiet: tuple[QuietHours, ...] = ()


def kept(work: Work, contact: Contact) -> Kept:
    """As it is in the database."""
    return Kept(contact, tuple(quiet_of(work.session, [contact])))


def keep_quiet(work: Work, contact: Contact, hours: Sequence[Quiet]) -> None:
    """Replace the contact's quiet hours."""
    require_quiet(hours)
    for old in quiet_of(work.session, [contact]):
        work.session.delete(old)
    work.session.flush()
    for one in hours:
        store(work, QuietHours(
            contact_id=contact.id, severity=one.severity, from_minute=one.from_minute,
            until_minute=one.until_minute,
        ))  # fmt: skip


def quiet_of(session: Session, contacts: Sequence[Contact]) -> Sequence[QuietHours]:
    """The quiet hours of these contacts."""
    if not contacts:
        return []
    asked = select(QuietHours).where(col(QuietHours.contact_id).in_([one.id for one in contacts]))
    return session.exec(asked.order_by(col(QuietHours.contact_id), QuietHours.severity)).all()


def silenced(
    hours: Sequence[QuietHours], contact: Contact, severity: Severity, at: datetime, zone: str
) -> bool:
    """Whether the contact is not told of this severity now. Never true for CRITICAL."""
    return severity is not Severity.CRITICAL and (
        _now_quiet(hours, contact, severity, at.astimezone(ZoneInfo(zone))) is not None
    )


def quiet_until(
    hours: Sequence[QuietHours], contact: Contact, severity: Severity, at: datetime, zone: str
) -> datetime:
    """When the contact may be told of what can wait: now, or when its quiet hours end."""
    local = at.astimezone(ZoneInfo(zone))
    quiet = _now_quiet(hours, contact, severity, local)
    if quiet is None:
        return at
    hour, minute = divmod(quiet.until_minute, 60)
    end = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (end if end > local else end + timedelta(days=1)).astimezone(UTC)


def _now_quiet(
    hours: Sequence[QuietHours], contact: Contact, severity: Severity, local: datetime
) -> QuietHours | None:
    minute = local.hour * 60 + local.minute
    for one in hours:
        held = one.contact_id == contact.id and one.severity == severity
        if held and _inside(minute, one.from_minute, one.until_minute):
            return one
    return None


def _inside(minute: int, since: int, until: int) -> bool:
    if since < until:
        return since <= minute < until
    return minute >= since or minute < until  # past midnight
