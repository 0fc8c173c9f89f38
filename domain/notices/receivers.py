"""Who is told of an alarm's event: the people on that duty, as near to the place as there are any.

An escalation names a role or a list; it is looked for in the ward, then in the hospital. A first
notice names nobody: it is for everybody on call where the alarm is. Where nobody is found the
house supervisor is told, and where there is none either, that itself is on record.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, col, select

from domain.accounts.model import Account
from domain.notices.duties import SUPERVISOR
from domain.notices.model import Contact, OnCall
from domain.notices.words import Reach
from domain.staff.queries import on_duty_now
from kit.work import Scope


@dataclass(frozen=True, slots=True)
class Rostered:
    """Somebody in a published shift whose people answer for a duty."""

    ward_id: UUID | None
    duty: str
    account_id: UUID


@dataclass(frozen=True, slots=True)
class Duties:
    """Who is on which duty of a hospital now, and the contacts that duties share."""

    entries: Sequence[OnCall | Rostered]
    contacts: Sequence[Contact]


@dataclass(frozen=True, slots=True)
class Receivers:
    """`contacts` are those of the duty; each account's own are looked up later."""

    reach: Reach
    accounts: tuple[UUID, ...] = ()
    contacts: tuple[Contact, ...] = ()


def duties_now(session: Session, hospital_id: UUID, now: datetime) -> Duties:
    """Everybody on call at this moment but accounts that were disabled.

    Put on call by hand, or standing in the published roster in a shift that answers for a duty.
    """
    on_call = (
        select(OnCall)
        .join(Account, col(Account.id) == col(OnCall.account_id))
        .where(
            OnCall.hospital_id == hospital_id, col(OnCall.since) <= now,
            or_(col(OnCall.until).is_(None), col(OnCall.until) > now),
            col(Account.disabled_at).is_(None),
        )
        .order_by(col(OnCall.id))
    )  # fmt: skip
    shared = select(Contact).where(
        Contact.hospital_id == hospital_id, col(Contact.duty).is_not(None),
        col(Contact.removed_at).is_(None),
    ).order_by(col(Contact.id))  # fmt: skip
    by_hand, rostered = session.exec(on_call).all(), _rostered(session, hospital_id, now)
    return Duties([*by_hand, *rostered], session.exec(shared).all())


def _rostered(session: Session, hospital_id: UUID, now: datetime) -> list[Rostered]:
    given = on_duty_now(session, hospital_id, now)
    keys = {one.member.account_id for one in given if one.shift.duty}
    disabled = select(Account.id).where(
        col(Account.id).in_(keys), col(Account.disabled_at).is_not(None)
    )
    gone = set(session.exec(disabled)) if keys else set()
    return [
        Rostered(one.duty.ward_id, one.shift.duty, one.member.account_id)
        for one in given
        if one.shift.duty and one.member.account_id and one.member.account_id not in gone
    ]


def receivers(duties: Duties, to: str | None, place: Scope) -> Receivers:
    """Whom to tell of something in `place`; `to` is a duty, or None for whoever is there."""
    for reach, ward, duty in _steps(to, place):
        people = [one for one in duties.entries if _on(one, ward, duty)]
        shared = [one for one in duties.contacts if _on(one, ward, duty)]
        if people or shared:
            accounts = tuple(dict.fromkeys(one.account_id for one in people))
            return Receivers(reach, accounts, tuple(shared))
    return Receivers(Reach.NOBODY)


def _steps(to: str | None, place: Scope) -> Iterator[tuple[Reach, UUID | None, str | None]]:
    if place.ward is not None:
        yield Reach.WARD, place.ward, to
    if to is not None or place.ward is None:
        yield Reach.HOSPITAL, None, to
    if place.ward is not None:
        yield Reach.SUPERVISOR, place.ward, SUPERVISOR
    yield Reach.SUPERVISOR, None, SUPERVISOR


def _on(one: OnCall | Rostered | Contact, ward: UUID | None, duty: str | None) -> bool:
    return one.ward_id == ward and (duty is None or one.duty == duty)
