"""One delivery, from the claim to its result.

A claim lasts for a lease. A process that dies between handing a message over and recording it
leaves the lease to run out, and the message is sent once more under the same id: at least once,
never lost. Receivers tell a second copy by Message-ID or webhook-id.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domain.accounts.model import Account
from domain.alarms.model import Alarm, AlarmEvent, AlarmState, Severity
from domain.break_glass.model import BreakGlass
from domain.notices.facts import break_glass_facts, facts_of, roster_facts, trial_facts
from domain.notices.model import Contact, Delivery
from domain.notices.words import (
    CODE,
    Channel,
    DeliveryState,
    Facts,
    Language,
    Outcome,
    Parcel,
    Verdict,
)
from domain.staff.news_model import RosterNews
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

LEASE = timedelta(minutes=2)  # longer than any attempt may take
WAITS_S = (5, 15, 30, 60, 120, 300, 600, 900, 1800)  # before the second, third … attempt
LONGEST_CRITICAL_S = 60
MOST = len(WAITS_S) + 1
OPEN = (DeliveryState.PENDING, DeliveryState.FAILED)


@dataclass(frozen=True, kw_only=True)
class ClaimDelivery(Command[Parcel | None]):
    """Take a delivery in hand for two minutes; None where there is nothing to send any more."""

    action = "notice.send"

    delivery_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Delivery, self.delivery_id).scope

    def apply(self, work: Work) -> Parcel | None:
        delivery = work.get(Delivery, self.delivery_id)
        if delivery.state not in OPEN or delivery.due_at > work.now:
            raise Conflict("this delivery is in somebody's hand, or over", reason="NOT_DUE",
                           blocking=delivery.id)  # fmt: skip
        contact = work.get(Contact, _contact_of(delivery))
        over = self._over(work, delivery, contact)
        if over is not None:
            delivery.state, delivery.code = over
            _tell(work, delivery)
            return None
        delivery.attempts += 1
        delivery.due_at = work.now + LEASE
        return _parcel(work, delivery, contact)

    def _over(
        self, work: Work, delivery: Delivery, contact: Contact
    ) -> tuple[DeliveryState, str] | None:
        """Why it is not sent (any more)."""
        if delivery.attempts >= MOST:
            return DeliveryState.GAVE_UP, "ATTEMPTS_USED_UP"
        if contact.removed_at is not None:
            return DeliveryState.SUPPRESSED, "CONTACT_REMOVED"
        owner = contact.account_id
        if owner is not None and work.get(Account, owner).disabled_at is not None:
            return DeliveryState.SUPPRESSED, "ACCOUNT_DISABLED"
        # the first try goes out in any case: somebody may want to know that there was an alarm
        late = delivery.alarm_id if delivery.attempts > 0 else None
        if late is not None and work.get(Alarm, late).state is AlarmState.RESOLVED:
            return DeliveryState.SUPPRESSED, "ALARM_OVER"
        return None


@dataclass(frozen=True, kw_only=True)
class RecordDelivery(Command[Delivery]):
    """Record what an attempt came to: sent, to be tried again at a later time, or given up."""

    action = "notice.send"

    delivery_id: UUID
    attempt: int
    outcome: Outcome

    def scope(self, work: Work) -> Scope:
        return work.get(Delivery, self.delivery_id).scope

    def apply(self, work: Work) -> Delivery:
        delivery = work.get(Delivery, self.delivery_id)
        if not CODE.fullmatch(self.outcome.code):
            raise Invalid("a result is a code of at most 40 letters", field="outcome")
        if delivery.state not in OPEN or delivery.attempts != self.attempt:
            raise Conflict("the lease ended, and another attempt has begun", reason="LEASE_LOST",
                           blocking=delivery.id)  # fmt: skip
        delivery.code = self.outcome.code
        if self.outcome.verdict is Verdict.SENT:
            delivery.state, delivery.sent_at = DeliveryState.SENT, work.now
        elif self.outcome.verdict is Verdict.NEVER or delivery.attempts >= MOST:
            delivery.state = DeliveryState.GAVE_UP
        else:
            delivery.state = DeliveryState.FAILED
            delivery.due_at = work.now + wait_after(delivery.attempts, delivery.severity)
        _tell(work, delivery)
        return delivery


@dataclass(frozen=True, kw_only=True)
class RecordBounce(Command[Delivery]):
    """Record that a mail came back after the relay had taken it; the contact shows it."""

    action = "notice.bounce"

    delivery_id: UUID
    status: str  # RFC 3463, e.g. 5.1.1

    def scope(self, work: Work) -> Scope:
        return work.get(Delivery, self.delivery_id).scope

    def apply(self, work: Work) -> Delivery:
        delivery = work.get(Delivery, self.delivery_id)
        code = f"DSN_{self.status}"
        if not CODE.fullmatch(code):
            raise Invalid("a status is written like 5.1.1", field="status")
        if delivery.channel is not Channel.EMAIL:
            raise Invalid("only mail bounces", field="deliveryId", reason="NOT_MAIL")
        if delivery.state is DeliveryState.BOUNCED:
            return delivery  # some relays report twice
        if delivery.state is not DeliveryState.SENT:
            raise Conflict(f"the delivery is {delivery.state}, it was not sent", reason="NOT_SENT",
                           blocking=delivery.id, allowed=("SENT",))  # fmt: skip
        delivery.state, delivery.code = DeliveryState.BOUNCED, code
        work.get(Contact, _contact_of(delivery)).bounced_at = work.now
        _tell(work, delivery)
        return delivery


def wait_after(attempts: int, severity: Severity) -> timedelta:
    """How long until the next try; for critical alarms never longer than a minute."""
    wait_s = WAITS_S[min(attempts, len(WAITS_S)) - 1]
    return timedelta(
        seconds=min(wait_s, LONGEST_CRITICAL_S) if severity is Severity.CRITICAL else wait_s
    )


def _parcel(work: Work, delivery: Delivery, contact: Contact) -> Parcel:
    secret = contact.secret
    return Parcel(
        delivery_id=delivery.id, attempt=delivery.attempts, channel=contact.channel,
        language=contact.language, facts=_facts(work, delivery, contact.language),
        template=contact.template,
        address=work.open(contact.address, contact.place("address")),
        secret=None if secret is None else work.open(secret, contact.place("secret")),
    )  # fmt: skip


def _facts(work: Work, delivery: Delivery, language: Language) -> Facts:
    if delivery.roster_news_id is not None:
        news = work.get(RosterNews, delivery.roster_news_id)
        return roster_facts(work, delivery, news, language)
    if delivery.break_glass_id is not None:
        grant = work.get(BreakGlass, delivery.break_glass_id)
        return break_glass_facts(work, delivery, grant, language)
    if delivery.alarm_id is None or delivery.alarm_event_id is None:
        return trial_facts(work, delivery, language)
    alarm = work.get(Alarm, delivery.alarm_id)
    return facts_of(work, alarm, work.get(AlarmEvent, delivery.alarm_event_id), language)


def _contact_of(delivery: Delivery) -> UUID:
    if delivery.contact_id is None:
        raise Invalid("a notice in the inbox is not sent", field="deliveryId", reason="NOT_MAIL")
    return delivery.contact_id


def _tell(work: Work, delivery: Delivery) -> None:
    work.emit("NoticeChanged", delivery.scope, delivery=delivery.id)
