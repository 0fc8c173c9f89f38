"""Notices by e-mail, handed to the hospital's mail relay over TLS."""

import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from enum import StrEnum

import aiosmtplib
from aiosmtplib import errors

from domain.notices.addresses import mail_address
from domain.notices.texts import body, one_line, subject
from domain.notices.words import Language, Outcome, Parcel, later, never, sent
from kit.errors import Invalid

LARGEST_MAIL = 65_536  # bytes
TIME_S = 20.0  # for each step of the conversation
SENDER_NAME = "Wardgrid"


class MailTls(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"  # a relay on this machine only


@dataclass(frozen=True, slots=True)
class Relay:
    """The mail server that takes our mail."""

    host: str
    port: int
    sender: str
    tls: MailTls = MailTls.STARTTLS
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    trust: ssl.SSLContext | None = field(default=None, repr=False)  # None: the system's roots
    time_s: float = TIME_S


class MailSender:
    """Hands one parcel to the relay, in a conversation of its own."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def send(self, parcel: Parcel) -> Outcome:
        relay = self._relay
        try:
            mail = letter(parcel, relay.sender, parcel.facts.at)
        except (Invalid, MessageError, ValueError):
            return never("ADDRESS_REFUSED")
        if len(mail.as_bytes()) > LARGEST_MAIL:
            return never("TOO_LARGE")
        return await hand_over(relay, mail, parcel.address)


async def hand_over(relay: Relay, mail: EmailMessage, address: str) -> Outcome:
    """One mail to one address, in a conversation of its own."""
    client = aiosmtplib.SMTP(
        hostname=relay.host, port=relay.port, username=relay.username,
        password=relay.password, use_tls=relay.tls is MailTls.TLS,
        start_tls=relay.tls is MailTls.STARTTLS, timeout=relay.time_s,
        tls_context=relay.trust or ssl.create_default_context(),
        local_hostname=relay.sender.rpartition("@")[2],
    )  # fmt: skip
    try:
        await client.connect()
        await client.send_message(mail, sender=relay.sender, recipients=[address])
        with suppress(errors.SMTPException, OSError):
            await client.quit()  # whatever happens now, the relay has taken the mail
    except (errors.SMTPException, OSError) as fault:
        return failed(fault)
    finally:
        client.close()
    return sent("SMTP_250")


def letter(parcel: Parcel, sender: str, at: datetime) -> EmailMessage:
    """The mail. Raises Invalid for an address that is more than one plain address.

    The same delivery always has the same Message-ID: a mailbox may drop the second copy, and a
    bounce tells which delivery came back.
    """
    mail = EmailMessage(policy=WIRE)
    mail["From"] = Address(SENDER_NAME, addr_spec=mail_address(sender))
    mail["To"] = Address(addr_spec=mail_address(parcel.address))
    mail["Subject"] = one_line(subject(parcel.facts, parcel.language))
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{parcel.delivery_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = "zh-CN" if parcel.language is Language.ZH else "en"
    if parcel.facts.severity == "CRITICAL":
        mail["Importance"] = "high"
    mail.set_content(body(parcel.facts, parcel.language, parcel.template) + "\n")
    return mail


def failed(fault: Exception) -> Outcome:
    """4xx and broken connections may pass; 5xx about this mail will not."""
    if isinstance(fault, errors.SMTPRecipientsRefused):
        return _refused(fault.recipients[0])  # each mail has one
    if isinstance(fault, errors.SMTPAuthenticationError):
        return later(_coded("SMTP_LOGIN", fault))  # the settings are wrong, not the address
    if isinstance(fault, errors.SMTPSenderRefused):
        return later(_coded("SMTP_SENDER", fault))
    if isinstance(fault, errors.SMTPConnectResponseError | errors.SMTPHeloError):
        return later(_coded("SMTP", fault))
    if isinstance(fault, errors.SMTPResponseException):
        return _refused(fault)
    if isinstance(fault, TimeoutError):
        return later("TIMED_OUT")
    if isinstance(fault, ssl.SSLError) or "certificate" in str(fault).lower():
        return later("TLS_REFUSED")
    if type(fault) is errors.SMTPException and "STARTTLS" in fault.message:
        return later("NO_STARTTLS")  # a relay that lost its TLS is never used without
    lost = isinstance(fault, errors.SMTPServerDisconnected)
    return later("CONNECTION_LOST" if lost else "NO_CONNECTION")


def _refused(fault: errors.SMTPResponseException) -> Outcome:
    code = _coded("SMTP", fault)
    return never(code) if 500 <= fault.code < 600 else later(code)


def _coded(what: str, fault: errors.SMTPResponseException) -> str:
    """A server that babbles has no code of its own."""
    return f"{what}_{fault.code}" if 200 <= fault.code < 600 else f"{what}_NONSENSE"
