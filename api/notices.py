"""Notices of alarms in GraphQL: contacts, who is on call, one's inbox, what became of messages."""

from datetime import datetime, timedelta
from uuid import UUID

import strawberry

from api.connection import Connection, Edge, PageInfo, after_key, cursor_of, page_size
from api.mutation import mutation
from api.notice_views import (
    AlarmNotices,
    DeliveryView,
    DutyContact,
    NoticePlanView,
    NoticesRead,
    NoticeTest,
    NoticeView,
    OnCallView,
    OwnContact,
)
from api.query import Reader, query
from domain.alarms.model import Severity
from domain.alarms.queries import alarm_in_scope
from domain.notices import contacts, duties, on_call, queries, sending
from domain.notices.bounces import read_bounce
from domain.notices.inbox import MarkNoticesRead
from domain.notices.model import Contact
from domain.notices.quiet import Kept, Quiet, quiet_of
from domain.notices.words import Channel, Language
from kit.errors import NotFound
from kit.work import NETWORK

UNREACHED = timedelta(days=1)


@strawberry.input
class QuietHoursInput:
    """In minutes after midnight, 0 to 1439; never for CRITICAL."""

    severity: Severity
    from_minute: int
    until_minute: int


@strawberry.type
class NoticeQueries:
    @query("contact.keep", at_most=contacts.MOST)
    def my_contacts(self, reader: Reader) -> list[OwnContact]:
        """Where oneself is reached."""
        rows = queries.contacts_of(reader.session, reader.actor.id)
        reader.unlock([reader.actor.id])
        return [OwnContact.of(_kept(reader, row), reader.sight(NETWORK)) for row in rows]

    @query("contact.keep", at_most=20)
    def my_tests(self, reader: Reader) -> list[NoticeTest]:
        """What became of the latest tests of one's own contacts."""
        keys = [one.id for one in queries.contacts_of(reader.session, reader.actor.id)]
        return _tests(reader, keys)

    @query("contact.manage", at_most=queries.LONGEST)
    def duty_contacts(self, reader: Reader, hospital_id: UUID) -> list[DutyContact]:
        """Groups, systems and mailboxes of a hospital's duties, as far as the viewer manages."""
        rows = queries.duty_contacts(reader.session, reader.scopes, hospital_id)
        reader.unlock([row.id for row in rows])
        return [DutyContact.of(_kept(reader, row), reader.sight(row.scope)) for row in rows]

    @query("contact.manage", at_most=20)
    def duty_tests(self, reader: Reader, hospital_id: UUID) -> list[NoticeTest]:
        """What became of the latest tests of a hospital's duty contacts."""
        rows = queries.duty_contacts(reader.session, reader.scopes, hospital_id)
        return _tests(reader, [row.id for row in rows])

    @query("oncall.read", at_most=queries.LONGEST)
    def on_call(
        self, reader: Reader, hospital_id: UUID, at: datetime | None = None
    ) -> list[OnCallView]:
        """Who is on call in a hospital now, or at `at`, and who will be later."""
        rows = queries.on_call(reader.session, reader.scopes, hospital_id, at or reader.now)
        return [OnCallView.of(row, reader.sight(row.scope)) for row in rows]

    @query("alarm.read")
    def alarm_notices(self, reader: Reader, alarm_id: UUID) -> AlarmNotices:
        """Who was told of an alarm and what became of each message."""
        alarm = alarm_in_scope(reader.session, reader.scopes, alarm_id)
        if alarm is None:
            raise NotFound.of("alarm", alarm_id)
        sight, session, scopes = reader.sight(alarm.scope), reader.session, reader.scopes
        plans = queries.plans_of_alarm(session, scopes, alarm_id)
        sent = queries.deliveries_of_alarm(session, scopes, alarm_id)
        return AlarmNotices(
            plans=[NoticePlanView.of(row, sight) for row in plans],
            deliveries=[DeliveryView.of(row, sight) for row in sent],
        )

    @query("alarm.read", at_most=queries.LATEST)
    def unreached_alarms(
        self, reader: Reader, hospital_id: UUID, since: datetime | None = None
    ) -> list[NoticePlanView]:
        """Events of alarms of which nobody could be told, since yesterday or `since`."""
        rows = queries.nobody_reached(
            reader.session, reader.scopes, hospital_id, since or reader.now - UNREACHED
        )
        return [NoticePlanView.of(row, reader.sight(row.scope)) for row in rows]

    @query("notice.read_own")
    def my_notices(
        self, reader: Reader, first: int, after: str | None = None, unread: bool = False
    ) -> Connection[NoticeView]:
        """One's own inbox, as the notices came."""
        rows = queries.inbox(
            reader.session, reader.actor.id, unread=unread, first=page_size(first) + 1,
            after=after_key(after),
        )  # fmt: skip
        edges = [
            Edge(cursor=cursor_of(row.delivery.id),
                 node=NoticeView.of(row, reader.sight(row.delivery.scope)))
            for row in rows[:first]
        ]  # fmt: skip
        return Connection(
            edges=edges, nodes=[edge.node for edge in edges],
            page_info=PageInfo(
                has_next_page=len(rows) > first, has_previous_page=after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
        )  # fmt: skip


@strawberry.type
class NoticeMutations:
    @mutation(returns=OwnContact)
    def add_contact(
        self,
        address: str,
        least_severity: Severity = Severity.LOW,
        language: Language = Language.ZH,
        quiet_hours: list[QuietHoursInput] | None = None,
    ) -> contacts.AddContact:
        return contacts.AddContact(
            address=address, least_severity=least_severity, language=language,
            quiet_hours=_quiet(quiet_hours) or (),
        )  # fmt: skip

    @mutation(returns=OwnContact)
    def change_contact(
        self,
        contact_id: UUID,
        least_severity: Severity | None = None,
        language: Language | None = None,
        quiet_hours: list[QuietHoursInput] | None = None,
        version: int | None = None,
    ) -> contacts.ChangeContact:
        return contacts.ChangeContact(
            contact_id=contact_id, least_severity=least_severity, language=language,
            quiet_hours=_quiet(quiet_hours), version=version,
        )  # fmt: skip

    @mutation(returns=OwnContact)
    def remove_contact(self, contact_id: UUID) -> contacts.RemoveContact:
        return contacts.RemoveContact(contact_id=contact_id)

    @mutation(returns=NoticeTest)
    def send_test_notice(self, contact_id: UUID) -> contacts.SendTestNotice:
        return contacts.SendTestNotice(contact_id=contact_id)

    @mutation(returns=DutyContact)
    def add_duty_contact(
        self,
        hospital_id: UUID,
        duty: str,
        channel: Channel,
        address: str,
        ward_id: UUID | None = None,
        secret: str | None = None,
        least_severity: Severity = Severity.LOW,
        language: Language = Language.ZH,
        template: str | None = None,
        quiet_hours: list[QuietHoursInput] | None = None,
    ) -> duties.AddDutyContact:
        return duties.AddDutyContact(
            hospital_id=hospital_id, ward_id=ward_id, duty=duty, channel=channel, address=address,
            secret=secret, least_severity=least_severity, language=language, template=template,
            quiet_hours=_quiet(quiet_hours) or (),
        )  # fmt: skip

    @mutation(returns=DutyContact)
    def remove_duty_contact(self, contact_id: UUID) -> duties.RemoveDutyContact:
        return duties.RemoveDutyContact(contact_id=contact_id)

    @mutation(returns=NoticeTest)
    def send_duty_test(self, contact_id: UUID) -> duties.SendDutyTest:
        return duties.SendDutyTest(contact_id=contact_id)

    @mutation(returns=OnCallView)
    def set_on_call(
        self,
        hospital_id: UUID,
        duty: str,
        account_id: UUID,
        ward_id: UUID | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> on_call.SetOnCall:
        return on_call.SetOnCall(
            hospital_id=hospital_id, ward_id=ward_id, duty=duty, account_id=account_id,
            since=since, until=until,
        )  # fmt: skip

    @mutation(returns=OnCallView)
    def end_on_call(self, on_call_id: UUID) -> on_call.EndOnCall:
        return on_call.EndOnCall(on_call_id=on_call_id)

    @mutation(returns=NoticesRead)
    def mark_notices_read(self, notice_ids: list[UUID]) -> MarkNoticesRead:
        return MarkNoticesRead(delivery_ids=tuple(notice_ids))

    @mutation(returns=DeliveryView)
    def record_bounce(self, delivery_id: UUID, status: str) -> sending.RecordBounce:
        return sending.RecordBounce(delivery_id=delivery_id, status=status)

    @mutation(returns=DeliveryView)
    def record_bounce_mail(self, mail: str) -> sending.RecordBounce:
        found = read_bounce(mail)
        return sending.RecordBounce(delivery_id=found.delivery_id, status=found.status)


def _kept(reader: Reader, row: Contact) -> Kept:
    return Kept(row, tuple(quiet_of(reader.session, [row])))


def _tests(reader: Reader, contact_ids: list[UUID]) -> list[NoticeTest]:
    rows = queries.tests_of(reader.session, contact_ids, reader.now - UNREACHED)
    return [NoticeTest.of(row, reader.sight(NETWORK)) for row in rows]


def _quiet(given: list[QuietHoursInput] | None) -> tuple[Quiet, ...] | None:
    if given is None:
        return None
    return tuple(
        Quiet(severity=one.severity, from_minute=one.from_minute, until_minute=one.until_minute)
        for one in given
    )
