"""Which addresses a notice may go to. What a name stands for is checked when it is sent."""

import re
from urllib.parse import parse_qs, urlsplit

from domain.notices.words import Channel
from kit.errors import Invalid

LONGEST_MAIL = 254  # characters, RFC 5321
LONGEST_URL = 1000
LEAST_SECRET, LONGEST_SECRET = 16, 200
# RFC 5322 dot-atom in ASCII: no quoted local part, no comment, nothing that could end a header.
_MAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_VISIBLE = re.compile(r"[!-~]+")
ROBOTS = {
    Channel.WECOM: ("qyapi.weixin.qq.com",),
    Channel.DINGTALK: ("oapi.dingtalk.com",),
    Channel.FEISHU: ("open.feishu.cn", "open.larksuite.com"),
}
_TOKEN = {Channel.WECOM: "key", Channel.DINGTALK: "access_token"}


def mail_address(text: str) -> str:
    """The address. Raises Invalid for anything that is not one plain address."""
    local = text.partition("@")[0]
    if len(text) > LONGEST_MAIL or len(local) > 64 or not _MAIL.fullmatch(text):
        raise Invalid("give one plain address such as ward@example.org", field="address",
                      reason="ADDRESS")  # fmt: skip
    return text


def target(channel: Channel, text: str) -> str:
    """The address of a channel. Raises Invalid."""
    if channel is Channel.EMAIL:
        return mail_address(text)
    if channel is Channel.IN_APP:
        raise Invalid("the inbox needs no contact", field="channel", reason="NO_ADDRESS_NEEDED")
    _require_url(channel, text)
    return text


def _require_url(channel: Channel, text: str) -> None:
    if len(text) > LONGEST_URL or not _VISIBLE.fullmatch(text):
        raise _no_target("give an https address without blanks")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _no_target("the address has no sense") from None
    if parts.scheme != "https" or not parts.hostname:
        raise _no_target("the address begins with https://")
    if parts.username or parts.password or parts.fragment:
        raise _no_target("no name, password or fragment in the address; give a secret instead")
    hosts = ROBOTS.get(channel)
    if hosts is None:
        return
    if parts.hostname not in hosts or port not in (None, 443):
        raise _no_target(f"robots of this channel are at {' or '.join(hosts)}")
    token = _TOKEN.get(channel)
    if token is not None and not parse_qs(parts.query).get(token):
        raise _no_target(f"the robot's address ends with {token}=…")


def require_secret(channel: Channel, secret: str | None) -> str | None:
    """Raises Invalid where a signed channel comes without a secret, or with a weak one."""
    signed = channel in (Channel.WEBHOOK, Channel.DINGTALK, Channel.FEISHU)
    if secret is None:
        if signed:
            raise Invalid("this channel is signed; give its secret", field="secret",
                          reason="SECRET_NEEDED")  # fmt: skip
        return None
    if not signed or not LEAST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise Invalid(f"a secret has {LEAST_SECRET} to {LONGEST_SECRET} characters, for webhooks,"
                      " DingTalk and Feishu", field="secret", reason="SECRET_NEEDED")  # fmt: skip
    if not _VISIBLE.fullmatch(secret):
        raise Invalid("a secret is made of visible ASCII characters", field="secret",
                      reason="SECRET_NEEDED")  # fmt: skip
    return secret


def hint(channel: Channel, address: str) -> str:
    """What may be shown of an address: a robot's URL is itself a secret."""
    if channel is Channel.EMAIL:
        return address
    return f"https://{urlsplit(address).hostname}"


def _no_target(why: str) -> Invalid:
    return Invalid(why, field="address", reason="ADDRESS")
