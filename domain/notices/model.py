"""Notices: who is told where, who is on call, and what became of each message."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field
from sqlmodel._compat import SQLModelConfig

import domain.accounts.model  # Contact and OnCall point to its table
import domain.break_glass.model  # Delivery points to its table
import domain.staff.news_model  # noqa: F401 - Delivery points to its table
from domain.alarms.model import Severity
from domain.notices.words import Channel, DeliveryState, Language, Reach
from domain.places.model import LEDGERED
from kit.rows import Row, UtcTime, one_of, words
from kit.sealed import Sealed, SealedColumn, SealedPlace
from kit.work import NETWORK, Scope

NO_TENANT = UUID(int=0)  # a person's own contact belongs to no hospital
IN_USE = text("removed_at IS NULL")
TO_SEND = text("state IN ('PENDING', 'FAILED')")
MINUTES = 24 * 60  # of a day


class Contact(Row, table=True):
    """Where a person (own e-mail) or everybody on a duty (a group, a system) is reached.

    Address and secret are sealed under the account, for a duty under the contact itself.
    """

    model_config = SQLModelConfig(arbitrary_types_allowed=True)  # Sealed
    __table_args__ = (
        one_of("channel", Channel),
        one_of("least_severity", Severity),
        one_of("language", Language),
        CheckConstraint("(account_id IS NULL) = (duty IS NOT NULL)", name="somebody_s_contact"),
        CheckConstraint("(duty IS NULL) = (hospital_id IS NULL)", name="a_duty_is_somewhere"),
        CheckConstraint("account_id IS NULL OR channel = 'EMAIL'", name="own_contact_is_mail"),
        CheckConstraint("channel <> 'IN_APP'", name="the_inbox_needs_none"),
        Index("contacts_of_account", "account_id", sqlite_where=IN_USE, postgresql_where=IN_USE),
        Index("contacts_of_duty", "hospital_id", "duty", sqlite_where=IN_USE,
              postgresql_where=IN_USE),
    )  # fmt: skip

    hospital_id: UUID | None = Field(default=None, foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    account_id: UUID | None = Field(default=None, foreign_key="account.id")
    duty: str | None = Field(default=None, max_length=80, sa_column_kwargs=LEDGERED)
    channel: Channel = Field(sa_type=words(Channel))
    address: Sealed = Field(sa_type=SealedColumn)
    secret: Sealed | None = Field(default=None, sa_type=SealedColumn)
    least_severity: Severity = Field(default=Severity.LOW, sa_type=words(Severity))
    language: Language = Field(default=Language.ZH, sa_type=words(Language))
    template: str | None = Field(default=None, max_length=500)
    added_at: datetime = Field(sa_type=UtcTime)
    bounced_at: datetime | None = Field(default=None, sa_type=UtcTime)  # the last time
    removed_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)

    def place(self, column: str) -> SealedPlace:
        """Where a sealed field of this contact lives."""
        return contact_place(self.id, column, self.hospital_id, self.account_id)


def contact_place(
    key: UUID, column: str, hospital_id: UUID | None, account_id: UUID | None
) -> SealedPlace:
    """Where a sealed field of a contact lives: under its owner, for a duty under itself."""
    return SealedPlace(hospital_id or NO_TENANT, "contact", column, key, account_id or key)


class QuietHours(Row, table=True):
    """When a contact is not told of a severity, by the hospital's clock. CRITICAL has none."""

    __tablename__ = "quiet_hours"
    __table_args__ = (
        one_of("severity", Severity),
        CheckConstraint("severity <> 'CRITICAL'", name="critical_is_never_silenced"),
        CheckConstraint("from_minute BETWEEN 0 AND 1439", name="from_in_a_day"),
        CheckConstraint("until_minute BETWEEN 0 AND 1439", name="until_in_a_day"),
        CheckConstraint("from_minute <> until_minute", name="not_the_whole_day"),
        UniqueConstraint("contact_id", "severity", name="one_quiet_time_per_severity"),
    )

    contact_id: UUID = Field(foreign_key="contact.id")
    severity: Severity = Field(sa_type=words(Severity))
    from_minute: int  # of the day; past midnight where it is later than the end
    until_minute: int


class OnCall(Row, table=True):
    """Who is on a duty of a ward or a hospital, from when to before when."""

    __tablename__ = "on_call"
    __table_args__ = (
        CheckConstraint("since < until", name="since_before_until"),
        Index("on_call_in_time", "hospital_id", "until"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    duty: str = Field(max_length=80, sa_column_kwargs=LEDGERED)  # role:<slug> or list:<name>
    account_id: UUID = Field(foreign_key="account.id")
    since: datetime = Field(sa_type=UtcTime)
    until: datetime | None = Field(default=None, sa_type=UtcTime)
    set_by: UUID

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class NoticePlan(Row, table=True):
    """That an alarm's event was looked at, where somebody was found, and how many are told."""

    __tablename__ = "notice_plan"
    __table_args__ = (
        one_of("reach", Reach),
        UniqueConstraint("alarm_event_id", name="an_event_is_planned_once"),
        Index("nobody_reached", "hospital_id", "planned_at",
              sqlite_where=text("reach = 'NOBODY'"), postgresql_where=text("reach = 'NOBODY'")),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    alarm_id: UUID = Field(foreign_key="alarm.id", index=True)
    alarm_event_id: UUID = Field(foreign_key="alarm_event.id")
    reach: Reach = Field(sa_type=words(Reach))
    people: int  # told in their inbox
    messages: int  # to be sent outside
    planned_at: datetime = Field(sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class Delivery(Row, table=True):
    """One notice to one receiver over one channel, and what became of it.

    `due_at` is when it may be tried; a claim moves it to the end of its lease, so what a process
    had in hand when it died is tried again. It is about an alarm, somebody's roster or a
    break-glass; without any it is a test of the contact.
    """

    __table_args__ = (
        one_of("channel", Channel),
        one_of("severity", Severity),
        one_of("state", DeliveryState),
        CheckConstraint("attempts >= 0", name="attempts_count"),
        CheckConstraint("(alarm_event_id IS NULL) = (alarm_id IS NULL)", name="alarm_and_event"),
        CheckConstraint("alarm_id IS NULL OR roster_news_id IS NULL", name="one_subject"),
        CheckConstraint("break_glass_id IS NULL OR (alarm_id IS NULL AND roster_news_id IS NULL)",
                        name="break_glass_alone"),
        CheckConstraint("(channel = 'IN_APP') = (contact_id IS NULL)", name="a_contact_outside"),
        CheckConstraint("channel <> 'IN_APP' OR account_id IS NOT NULL", name="inbox_has_owner"),
        UniqueConstraint("alarm_event_id", "contact_id", name="told_once_per_contact"),
        Index("told_once_in_the_inbox", "alarm_event_id", "account_id", unique=True,
              sqlite_where=text("channel = 'IN_APP'"),
              postgresql_where=text("channel = 'IN_APP'")),
        Index("news_told_once_per_contact", "roster_news_id", "contact_id", unique=True),
        Index("news_told_once_in_the_inbox", "roster_news_id", "account_id", unique=True,
              sqlite_where=text("channel = 'IN_APP'"),
              postgresql_where=text("channel = 'IN_APP'")),
        Index("grant_told_once_per_contact", "break_glass_id", "contact_id", unique=True),
        Index("grant_told_once_in_the_inbox", "break_glass_id", "account_id", unique=True,
              sqlite_where=text("channel = 'IN_APP'"),
              postgresql_where=text("channel = 'IN_APP'")),
        Index("deliveries_to_send", "due_at", sqlite_where=TO_SEND, postgresql_where=TO_SEND),
        Index("deliveries_of_alarm", "alarm_id"),
        Index("inbox", "account_id", "id", sqlite_where=text("channel = 'IN_APP'"),
              postgresql_where=text("channel = 'IN_APP'")),
        Index("deliveries_of_contact", "contact_id"),
    )  # fmt: skip

    hospital_id: UUID | None = Field(default=None, foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    alarm_id: UUID | None = Field(default=None, foreign_key="alarm.id")
    alarm_event_id: UUID | None = Field(default=None, foreign_key="alarm_event.id")
    roster_news_id: UUID | None = Field(default=None, foreign_key="roster_news.id")
    break_glass_id: UUID | None = Field(default=None, foreign_key="break_glass.id")
    account_id: UUID | None = Field(default=None, foreign_key="account.id")
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id")
    channel: Channel = Field(sa_type=words(Channel))
    severity: Severity = Field(sa_type=words(Severity))
    state: DeliveryState = Field(sa_type=words(DeliveryState))
    code: str | None = Field(default=None, max_length=40, sa_column_kwargs=LEDGERED)
    attempts: int = 0
    made_at: datetime = Field(sa_type=UtcTime)
    due_at: datetime = Field(sa_type=UtcTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return NETWORK if self.hospital_id is None else Scope(self.hospital_id, self.ward_id)
