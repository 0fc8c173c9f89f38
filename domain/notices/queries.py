"""Reads of contacts, duties, deliveries and inboxes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, literal_column, or_, true
from sqlalchemy import select as rows_of
from sqlmodel import Session, col, select

from domain.alarms.model import Alarm, AlarmEvent, Severity
from domain.break_glass.model import BreakGlass
from domain.notices.model import Contact, Delivery, NoticePlan, OnCall
from domain.notices.sending import OPEN
from domain.notices.trial import a_test
from domain.notices.words import Channel, Reach
from domain.places.model import Hospital, Ward
from domain.places.reach import by_keyset, within
from domain.staff.news_model import RosterNews
from domain.staff.roster_model import Roster
from kit.work import Scope

# Written out, not bound: SQLite uses a partial index only where it can read the condition.
_OPEN: tuple[ColumnElement[Any], ...] = tuple(literal_column(f"'{one.value}'") for one in OPEN)
_NOBODY: ColumnElement[Any] = literal_column(f"'{Reach.NOBODY.value}'")
_INBOX: ColumnElement[Any] = literal_column(f"'{Channel.IN_APP.value}'")
LONGEST = 200  # rows of a list without pages
LATEST = 100
_RANK = case({one.value: one.rank for one in Severity}, value=col(Delivery.severity))


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to be tried now."""

    id: UUID
    channel: Channel
    contact_id: UUID


@dataclass(frozen=True, slots=True)
class Paused:
    """What is not tried for the moment."""

    channels: tuple[Channel, ...] = ()
    contacts: tuple[UUID, ...] = ()


GOING = Paused()


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of an inbox: about an alarm's event, one's roster, or a break-glass."""

    delivery: Delivery
    alarm: Alarm | None
    event: AlarmEvent | None
    news: RosterNews | None
    roster: Roster | None
    grant: BreakGlass | None
    hospital: Hospital | None  # of the grant
    ward: Ward | None


def due_deliveries(
    session: Session, now: datetime, *, limit: int, but: Sequence[UUID] = (), paused: Paused = GOING
) -> list[Due]:
    """What may be tried now, the worst first, then the oldest; `but` are in hand already."""
    asked = (
        select(Delivery.id, Delivery.channel, Delivery.contact_id)
        .where(
            col(Delivery.state).in_(_OPEN), col(Delivery.due_at) <= now,
            col(Delivery.id).not_in(but), col(Delivery.channel).not_in(paused.channels),
            col(Delivery.contact_id).not_in(paused.contacts),
        )
        .order_by(_RANK.desc(), col(Delivery.due_at), col(Delivery.id))
        .limit(limit)
    )  # fmt: skip
    return [
        Due(key, Channel(channel), contact)
        for key, channel, contact in session.exec(asked)
        if contact is not None
    ]


def contacts_of(session: Session, account_id: UUID) -> Sequence[Contact]:
    """The contacts that an account has in use."""
    asked = select(Contact).where(
        Contact.account_id == account_id, col(Contact.removed_at).is_(None)
    )
    return session.exec(asked.order_by(col(Contact.id))).all()


def duty_contacts(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID
) -> Sequence[Contact]:
    """The contacts of a hospital's duties, within reach."""
    asked = select(Contact).where(
        within(scopes, Contact.hospital_id, Contact.ward_id),
        Contact.hospital_id == hospital_id,
        col(Contact.removed_at).is_(None),
    )
    return session.exec(asked.order_by(col(Contact.id)).limit(LONGEST)).all()


def on_call(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, at: datetime
) -> Sequence[OnCall]:
    """Who is on call in a hospital at `at` or will be later, within reach, as it was set."""
    asked = select(OnCall).where(
        within(scopes, OnCall.hospital_id, OnCall.ward_id),
        OnCall.hospital_id == hospital_id,
        or_(col(OnCall.until).is_(None), col(OnCall.until) > at),
    )
    return session.exec(asked.order_by(col(OnCall.since), col(OnCall.id)).limit(LONGEST)).all()


def deliveries_of_alarm(
    session: Session, scopes: Sequence[Scope], alarm_id: UUID
) -> Sequence[Delivery]:
    """Who was told of an alarm and what came of it, as it was planned: the first 200."""
    asked = select(Delivery).where(
        within(scopes, Delivery.hospital_id, Delivery.ward_id), Delivery.alarm_id == alarm_id
    )
    return session.exec(asked.order_by(col(Delivery.id)).limit(LONGEST)).all()


def plans_of_alarm(
    session: Session, scopes: Sequence[Scope], alarm_id: UUID
) -> Sequence[NoticePlan]:
    """Where somebody was found for each event of an alarm."""
    asked = select(NoticePlan).where(
        within(scopes, NoticePlan.hospital_id, NoticePlan.ward_id), NoticePlan.alarm_id == alarm_id
    )
    return session.exec(asked.order_by(col(NoticePlan.id)).limit(LATEST)).all()


def nobody_reached(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, since: datetime
) -> Sequence[NoticePlan]:
    """Events since `since` of which nobody was told, the newest first."""
    asked = select(NoticePlan).where(
        within(scopes, NoticePlan.hospital_id, NoticePlan.ward_id),
        NoticePlan.hospital_id == hospital_id,
        col(NoticePlan.reach) == _NOBODY,
        col(NoticePlan.planned_at) >= since,
    )
    return session.exec(asked.order_by(col(NoticePlan.planned_at).desc()).limit(LATEST)).all()


def tests_of(session: Session, contacts: Sequence[UUID], since: datetime) -> Sequence[Delivery]:
    """Deliveries of tests to these contacts since `since`, the newest first."""
    asked = select(Delivery).where(
        col(Delivery.contact_id).in_(contacts), *a_test(), col(Delivery.made_at) >= since,
    )  # fmt: skip
    return session.exec(asked.order_by(col(Delivery.id).desc()).limit(20)).all()


def inbox(
    session: Session, account_id: UUID, *, unread: bool, first: int, after: UUID | None = None
) -> list[Notice]:
    """An account's own notices by id, which is the order in which they came."""
    asked = (
        rows_of(Delivery, Alarm, AlarmEvent, RosterNews, Roster, BreakGlass, Hospital, Ward)
        .outerjoin(Alarm, col(Alarm.id) == col(Delivery.alarm_id))
        .outerjoin(AlarmEvent, col(AlarmEvent.id) == col(Delivery.alarm_event_id))
        .outerjoin(RosterNews, col(RosterNews.id) == col(Delivery.roster_news_id))
        .outerjoin(Roster, col(Roster.id) == col(RosterNews.roster_id))
        .outerjoin(BreakGlass, col(BreakGlass.id) == col(Delivery.break_glass_id))
        .outerjoin(Hospital, col(Hospital.id) == col(BreakGlass.hospital_id))
        .outerjoin(Ward, col(Ward.id) == col(BreakGlass.ward_id))
        .where(
            col(Delivery.account_id) == account_id, col(Delivery.channel) == _INBOX,
            col(Delivery.read_at).is_(None) if unread else true(),
            by_keyset(Delivery.id, after),
        )
        .order_by(col(Delivery.id))
        .limit(first)
    )  # fmt: skip
    return [Notice(*row) for row in session.execute(asked)]
