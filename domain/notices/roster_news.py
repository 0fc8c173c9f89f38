"""From news of a roster to the deliveries that tell its people: each person once, in their inbox
and at every address of their own, in the language of that address."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.accounts.model import Account
from domain.alarms.model import Severity
from domain.notices.model import Delivery
from domain.notices.planning import INBOX
from domain.notices.queries import contacts_of
from domain.notices.quiet import quiet_of, quiet_until
from domain.notices.words import Channel, DeliveryState
from domain.places.model import Hospital
from domain.places.times import store
from domain.staff.model import StaffMember
from domain.staff.news import untold
from domain.staff.news_model import RosterNews
from kit.command import Command
from kit.work import Scope, Work

AT_ONCE = 100  # people of one command


@dataclass(frozen=True, kw_only=True)
class PlanRosterNotices(Command[int]):
    """Tell people that their roster was published or changed; answers how many messages leave.

    Which severities of alarms somebody wants says nothing about their own roster: every address of
    theirs is told. It can wait, so quiet hours delay it and do not swallow it.
    """

    action = "notice.plan"

    hospital_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> int:
        zone = work.get(Hospital, self.hospital_id).time_zone
        news = untold(work.session, self.hospital_id, limit=AT_ONCE)
        messages = sum(_tell(work, one, zone) for one in news)
        work.note(news=len(news), messages=messages)
        return messages


def _tell(work: Work, news: RosterNews, zone: str) -> int:
    news.told_at = work.now
    account = _account_of(work, news)
    if account is None:
        return 0
    _deliver(work, news, account_id=account, channel=Channel.IN_APP, code=INBOX, due_at=work.now,
             state=DeliveryState.SENT, sent_at=work.now)  # fmt: skip
    contacts = contacts_of(work.session, account)
    hours = quiet_of(work.session, contacts)
    for contact in contacts:
        due = quiet_until(hours, contact, Severity.LOW, work.now, zone)
        _deliver(work, news, account_id=account, channel=contact.channel, contact_id=contact.id,
                 state=DeliveryState.PENDING, due_at=due)  # fmt: skip
    work.emit("RosterNoticesPlanned", news.scope, roster=news.roster_id)
    return len(contacts)


def _account_of(work: Work, news: RosterNews) -> UUID | None:
    """Whom to tell; None where the account is gone or disabled since."""
    account = work.get(StaffMember, news.staff_id).account_id
    if account is None or work.get(Account, account).disabled_at is not None:
        return None
    return account


def _deliver(work: Work, news: RosterNews, **to: Any) -> None:
    store(work, Delivery(
        hospital_id=news.hospital_id, ward_id=news.ward_id, roster_news_id=news.id,
        severity=Severity.LOW, made_at=work.now, **to,
    ))  # fmt: skip
