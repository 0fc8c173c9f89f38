"""Which channels are on, as the settings say."""

import ssl
from typing import Any

from app.settings import Settings
from domain.notices.words import Channel
from gateways.chat import ChatSender
from gateways.mail import MailSender, MailTls, Relay
from gateways.outside import Outside
from gateways.webhook import WebhookSender
from kit.clock import Clock

ROBOTS = (Channel.WECOM, Channel.DINGTALK, Channel.FEISHU)


def senders_of(settings: Settings, clock: Clock) -> dict[Channel, Any]:
    """A sender for each channel that is on; none by default."""
    outside = outside_of(settings)
    senders: dict[Channel, Any] = {}
    relay = relay_of(settings)
    if relay is not None:
        senders[Channel.EMAIL] = MailSender(relay)
    if Channel.WEBHOOK.named in settings.notice_channels:
        senders[Channel.WEBHOOK] = WebhookSender(outside, clock)
    chat = ChatSender(outside, clock)
    return senders | {one: chat for one in ROBOTS if one.named in settings.notice_channels}


def outside_of(settings: Settings) -> Outside:
    """Requests to addresses that people typed."""
    return Outside(inside_too=frozenset(settings.notice_targets_inside))


def relay_of(settings: Settings) -> Relay | None:
    """The mail relay; None where the settings name none."""
    if settings.smtp_host is None or settings.smtp_from is None:
        return None
    trust = None
    if settings.smtp_ca is not None:
        trust = ssl.create_default_context(cafile=settings.smtp_ca)
    password = settings.smtp_password
    return Relay(
        host=settings.smtp_host, port=settings.smtp_port, sender=settings.smtp_from,
        tls=MailTls(settings.smtp_tls), username=settings.smtp_username,
        password=password.get_secret_value() if password else None, trust=trust,
    )  # fmt: skip
