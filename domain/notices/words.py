"""The words of notices, and what one attempt to send came to."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

CODE = re.compile(r"[A-Z0-9_.]{1,40}")
ROSTER = "ROSTER"  # the kind of a notice about somebody's own roster
BREAK_GLASS = "BREAK_GLASS"  # and of one about a record opened in an emergency


class Channel(StrEnum):
    IN_APP = "IN_APP"
    EMAIL = "EMAIL"
    WEBHOOK = "WEBHOOK"
    WECOM = "WECOM"
    DINGTALK = "DINGTALK"
    FEISHU = "FEISHU"

    @property
    def named(self) -> str:
        """As rules write it, e.g. in-app."""
        return self.value.lower().replace("_", "-")


class Language(StrEnum):
    ZH = "ZH"
    EN = "EN"


class DeliveryState(StrEnum):
    PENDING = "PENDING"
    SENT = "SENT"  # handed over: to the mail relay, to the receiver's server, to the inbox
    FAILED = "FAILED"  # is tried again
    BOUNCED = "BOUNCED"  # handed over, and came back later
    GAVE_UP = "GAVE_UP"
    SUPPRESSED = "SUPPRESSED"  # quiet hours, or over before it could be sent


class Reach(StrEnum):
    """Where somebody was found for a notice."""

    WARD = "WARD"
    HOSPITAL = "HOSPITAL"
    SUPERVISOR = "SUPERVISOR"  # nobody on that duty: the house supervisor instead
    NOBODY = "NOBODY"


class Verdict(StrEnum):
    """What one attempt came to."""

    SENT = "SENT"
    LATER = "LATER"  # may work another time
    NEVER = "NEVER"  # will not work as long as nobody changes something


@dataclass(frozen=True, slots=True)
class Outcome:
    """`code` is for people who look for the fault: SMTP_550, HTTP_503, TIMED_OUT."""

    verdict: Verdict
    code: str


def sent(code: str) -> Outcome:
    return Outcome(Verdict.SENT, code)


def later(code: str) -> Outcome:
    return Outcome(Verdict.LATER, code)


def never(code: str) -> Outcome:
    return Outcome(Verdict.NEVER, code)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a notice may tell: places by their codes, no person, no reading."""

    alarm_id: UUID | None  # None: about something else, or a test
    event: str  # OPENED, ESCALATED …; of a roster PUBLISHED, CHANGED; STARTED
    kind: str
    severity: str
    text: str  # of the rule, or what it is about, in the receiver's language
    hospital: str
    ward: str
    bed: str
    at: datetime
    time: str  # `at` as the hospital's clock shows it
    count: int = 1  # alarms that this one notice stands for


@dataclass(frozen=True, slots=True)
class Parcel:
    """One notice with what it takes to send it. Never logged, never stored."""

    delivery_id: UUID
    attempt: int
    channel: Channel
    language: Language
    facts: Facts
    template: str | None = None
    address: str = field(default="", repr=False)
    secret: str | None = field(default=None, repr=False)
