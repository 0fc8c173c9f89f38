"""From an alarm's event to the deliveries that tell people of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.alarms.model import Alarm, AlarmEvent
from domain.notices.model import Contact, Delivery, NoticePlan, QuietHours
from domain.notices.queries import contacts_of
from domain.notices.quiet import quiet_of, silenced
from domain.notices.receivers import Duties, Receivers, duties_now, receivers
from domain.notices.unplanned import unplanned
from domain.notices.words import Channel, DeliveryState, Reach
from domain.places.model import Hospital
from domain.places.times import store
from kit.command import Command
from kit.work import Scope, Work

QUIET, INBOX = "QUIET", "INBOX"


@dataclass(frozen=True, kw_only=True)
class PlanDeliveries(Command[int]):
    """Decide whom each new alarm event is told, over what; answers how many events.

    The inbox of everybody who is told always gets the notice; other channels where the event
    names them, the contact wants the severity and no quiet hours hold. Silence is recorded too.
    """

    action = "notice.plan"

    hospital_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> int:
        hospital = work.get(Hospital, self.hospital_id)
        events = unplanned(work.session, hospital.id)
        events.sort(key=lambda one: -one.severity.rank)  # the worst first; else as they came
        planner = _Planner(work, hospital, duties_now(work.session, hospital.id, work.now))
        for event in events:
            planner.plan(event)
        work.note(events=len(events))
        return len(events)


@dataclass
class _Planner:
    """Plans the events of one hospital; what is the same for all of them is read once."""

    work: Work
    hospital: Hospital
    duties: Duties
    _own: dict[UUID, Sequence[Contact]] = field(default_factory=dict)

    def plan(self, event: AlarmEvent) -> None:
        alarm = self.work.get(Alarm, event.alarm_id)
        found = receivers(self.duties, event.to, alarm.scope)
        for account in found.accounts:
            self._deliver(
                event, alarm, account_id=account, channel=Channel.IN_APP, code=INBOX,
                state=DeliveryState.SENT, sent_at=self.work.now,
            )  # fmt: skip
        messages = self._outside(event, alarm, found)
        store(self.work, NoticePlan(
            hospital_id=alarm.hospital_id, ward_id=alarm.ward_id, alarm_id=alarm.id,
            alarm_event_id=event.id, reach=found.reach, people=len(found.accounts),
            messages=messages, planned_at=self.work.now,
        ))  # fmt: skip
        told = "NobodyReached" if found.reach is Reach.NOBODY else "NoticesPlanned"
        self.work.emit(told, alarm.scope, alarm=alarm.id)

    def _outside(self, event: AlarmEvent, alarm: Alarm, found: Receivers) -> int:
        """Deliveries over other channels; answers how many are to be sent."""
        own = [one for account in found.accounts for one in self._contacts(account)]
        wanted = [
            one for one in (*own, *found.contacts)
            if one.channel.named in event.channels
            and one.least_severity.rank <= event.severity.rank
        ]  # fmt: skip
        hours = quiet_of(self.work.session, wanted)
        return sum(self._message(event, alarm, contact, hours) for contact in wanted)

    def _message(
        self, event: AlarmEvent, alarm: Alarm, contact: Contact, hours: Sequence[QuietHours]
    ) -> bool:
        zone = self.hospital.time_zone
        quiet = silenced(hours, contact, event.severity, self.work.now, zone)
        self._deliver(
            event, alarm, account_id=contact.account_id, contact_id=contact.id,
            channel=contact.channel, code=QUIET if quiet else None,
            state=DeliveryState.SUPPRESSED if quiet else DeliveryState.PENDING,
        )  # fmt: skip
        return not quiet

    def _deliver(self, event: AlarmEvent, alarm: Alarm, **to: Any) -> None:
        store(self.work, Delivery(
            hospital_id=alarm.hospital_id, ward_id=alarm.ward_id, alarm_id=alarm.id,
            alarm_event_id=event.id, severity=event.severity, made_at=self.work.now,
            due_at=self.work.now, **to,
        ))  # fmt: skip

    def _contacts(self, account: UUID) -> Sequence[Contact]:
        if account not in self._own:
            self._own[account] = contacts_of(self.work.session, account)
        return self._own[account]
