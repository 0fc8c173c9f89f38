"""What GraphQL shows of notices: contacts, duties, and what became of each message."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Self

import strawberry

from api.bed_views import as_id, maybe_id
from api.break_glass_notice_view import BreakGlassNotice
from api.limits import AT_MOST
from api.places import Names
from api.roster_notice_view import RosterNotice
from api.sight import CLASS, Closed, Sight, View, classified, closed, shows
from authz.classes import DataClass
from domain.alarms.model import EventKind, Severity
from domain.notices.addresses import hint
from domain.notices.model import Contact, Delivery, NoticePlan, OnCall, QuietHours
from domain.notices.queries import LATEST, LONGEST, Notice
from domain.notices.quiet import Kept
from domain.notices.words import Channel, DeliveryState, Language, Reach

strawberry.enum(Channel, name="NoticeChannel")
strawberry.enum(Language, name="NoticeLanguage")
strawberry.enum(DeliveryState)
strawberry.enum(Reach, name="NoticeReach")


def _at_most(rows: int) -> dict[str, Any]:
    """For lists that hold no data of their own: what they may cost."""
    return {CLASS: DataClass.GENERAL, AT_MOST: rows}


@classified(DataClass.GENERAL)
@strawberry.type(name="QuietHours")
class QuietHoursView:
    """In minutes after midnight by the hospital's clock; past midnight where `from` is later."""

    severity: Severity
    from_minute: int
    until_minute: int

    @classmethod
    def all_of(cls, rows: Sequence[QuietHours]) -> list[Self]:
        return [
            cls(severity=row.severity, from_minute=row.from_minute, until_minute=row.until_minute)
            for row in rows
        ]


@classified(DataClass.GENERAL)
@strawberry.type
class NoticeTest:
    """A test of a contact and what came of it: SENT means that the next server took it."""

    id: strawberry.ID
    contact_id: strawberry.ID
    channel: Channel
    state: DeliveryState
    code: str | None
    attempts: int
    made_at: datetime
    sent_at: datetime | None

    @classmethod
    def of(cls, row: Delivery, sight: Sight) -> Self:
        return cls(
            id=as_id(row.id), contact_id=strawberry.ID(str(row.contact_id)), channel=row.channel,
            state=row.state, code=row.code, attempts=row.attempts, made_at=row.made_at,
            sent_at=row.sent_at,
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type
class OwnContact(View):
    """A contact of one's own."""

    id: strawberry.ID
    channel: Channel
    address: str | None
    least_severity: Severity
    language: Language
    quiet_hours: list[QuietHoursView]
    added_at: datetime
    bounced_at: datetime | None
    removed_at: datetime | None
    version: int

    @classmethod
    def of(cls, kept: Kept, sight: Sight) -> Self:
        row = kept.contact
        return cls(
            sight=sight, id=as_id(row.id), channel=row.channel,
            address=closed(row.address, row.place("address")),
            least_severity=row.least_severity, language=row.language,
            quiet_hours=QuietHoursView.all_of(kept.quiet), added_at=row.added_at,
            bounced_at=row.bounced_at, removed_at=row.removed_at, version=row.version,
        )  # fmt: skip


@classified(DataClass.ROSTER)
@strawberry.type
class DutyContact(View):
    """A group, system or mailbox of a duty. Of a robot's address only the server is shown."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    hospital_id: strawberry.ID | None
    ward_id: strawberry.ID | None
    duty: str | None
    channel: Channel | None
    address: str | None
    signed: bool | None
    least_severity: Severity | None
    language: Language | None
    template: str | None
    quiet_hours: list[QuietHoursView] | None
    added_at: datetime | None
    bounced_at: datetime | None
    removed_at: datetime | None

    @classmethod
    def of(cls, kept: Kept, sight: Sight) -> Self:
        row = kept.contact
        return cls(
            sight=sight, id=as_id(row.id), hospital_id=maybe_id(row.hospital_id),
            ward_id=maybe_id(row.ward_id), duty=row.duty, channel=row.channel,
            address=_hinted(row), signed=row.secret is not None,
            least_severity=row.least_severity, language=row.language, template=row.template,
            quiet_hours=QuietHoursView.all_of(kept.quiet), added_at=row.added_at,
            bounced_at=row.bounced_at, removed_at=row.removed_at,
        )  # fmt: skip


@classified(DataClass.ROSTER)
@strawberry.type(name="OnCall")
class OnCallView(View):
    """Who is on a duty, from when to before when."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    hospital_id: strawberry.ID | None
    ward_id: strawberry.ID | None
    duty: str | None
    account_id: strawberry.ID | None
    since: datetime | None
    until: datetime | None
    set_by: strawberry.ID | None

    @classmethod
    def of(cls, row: OnCall, sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(row.id), hospital_id=as_id(row.hospital_id),
            ward_id=maybe_id(row.ward_id), duty=row.duty, account_id=as_id(row.account_id),
            since=row.since, until=row.until, set_by=as_id(row.set_by),
        )  # fmt: skip


@classified(DataClass.ALARM)
@strawberry.type(name="NoticeDelivery")
class DeliveryView(View):
    """One message about an alarm to one receiver. `dueAt`: when it is tried next."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    alarm_id: strawberry.ID | None
    account_id: strawberry.ID | None
    contact_id: strawberry.ID | None
    channel: Channel | None
    severity: Severity | None
    state: DeliveryState | None
    code: str | None
    attempts: int | None
    made_at: datetime | None
    due_at: datetime | None
    sent_at: datetime | None
    read_at: datetime | None

    @classmethod
    def of(cls, row: Delivery, sight: Sight) -> Self:
        open_still = row.state in (DeliveryState.PENDING, DeliveryState.FAILED)
        return cls(
            sight=sight, id=as_id(row.id), alarm_id=maybe_id(row.alarm_id),
            account_id=maybe_id(row.account_id), contact_id=maybe_id(row.contact_id),
            channel=row.channel, severity=row.severity, state=row.state, code=row.code,
            attempts=row.attempts, made_at=row.made_at, due_at=row.due_at if open_still else None,
            sent_at=row.sent_at, read_at=row.read_at,
        )  # fmt: skip


@classified(DataClass.ALARM)
@strawberry.type(name="NoticePlan")
class NoticePlanView(View):
    """Where somebody was found to be told of one event of an alarm; NOBODY where none was."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    alarm_id: strawberry.ID | None
    ward_id: strawberry.ID | None
    reach: Reach | None
    people: int | None
    messages: int | None
    planned_at: datetime | None

    @classmethod
    def of(cls, row: NoticePlan, sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(row.id), alarm_id=as_id(row.alarm_id),
            ward_id=maybe_id(row.ward_id), reach=row.reach, people=row.people,
            messages=row.messages, planned_at=row.planned_at,
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type
class AlarmNotices:
    """Who was told of an alarm, and what became of each message."""

    plans: list[NoticePlanView] = strawberry.field(metadata=_at_most(LATEST))
    deliveries: list[DeliveryView] = strawberry.field(metadata=_at_most(LONGEST))


@classified(DataClass.ALARM)
@strawberry.type(name="Notice")
class NoticeView(View):
    """One line of one's inbox: about an alarm, one's `roster`, or a `breakGlass` to judge.

    `count`: alarms that it stands for, in a flood.
    """

    id: strawberry.ID = shows(DataClass.GENERAL)
    alarm_id: strawberry.ID | None
    ward_id: strawberry.ID | None
    bed_id: strawberry.ID | None
    event: EventKind | None
    severity: Severity | None
    text: Names | None
    at: datetime | None
    count: int | None
    read_at: datetime | None = shows(DataClass.GENERAL)
    roster: RosterNotice | None = shows(DataClass.GENERAL)
    break_glass: BreakGlassNotice | None = shows(DataClass.AUDIT)

    @classmethod
    def of(cls, notice: Notice, sight: Sight) -> Self:
        row, alarm, event = notice.delivery, notice.alarm, notice.event
        return cls(
            sight=sight, id=as_id(row.id), alarm_id=maybe_id(row.alarm_id),
            ward_id=maybe_id(row.ward_id), bed_id=maybe_id(alarm.bed_id) if alarm else None,
            event=event.kind if event else None, severity=row.severity if event else None,
            text=Names(zh=alarm.text_zh, en=alarm.text_en) if alarm else None,
            at=event.at if event else None, count=(event.count or 1) if event else None,
            read_at=row.read_at, roster=RosterNotice.about(notice.news, notice.roster),
            break_glass=BreakGlassNotice.about(notice),
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type
class NoticesRead:
    count: int

    @classmethod
    def of(cls, count: int, sight: Sight) -> Self:
        return cls(count=count)


def _hinted(row: Contact) -> Any:
    """The address, cut to what may be shown once somebody who may see it asks."""
    return Closed(row.address, row.place("address"), partial(hint, row.channel))
