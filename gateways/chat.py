"""Notices to group robots of WeCom, DingTalk and Feishu (Lark).

Their servers answer HTTP 200 also where they refuse: the code in the body decides.
Sources: the vendors' pages on custom robots (WeCom 99110, DingTalk "custom robot access",
Feishu "custom bot"), 2025.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

from domain.notices.texts import body
from domain.notices.words import Channel, Outcome, Parcel, later, never, sent
from gateways.outside import Outside, Reply, Unreachable
from gateways.webhook import judged
from kit.clock import Clock, microseconds

LARGEST_TEXT = 2048  # bytes of UTF-8: WeCom's limit, the least of the three
_HEADERS = {"content-type": "application/json; charset=utf-8"}
# Too fast, or busy: another time. Every other code is a matter for whoever set the robot up.
_LATER = {
    Channel.WECOM: frozenset((-1, 45009, 45033)),
    Channel.DINGTALK: frozenset((-1, 130101, 130102, 410100, 90018, 90030)),
    Channel.FEISHU: frozenset((11232, 1500, 55001)),
}
_SHORT = {Channel.WECOM: "WECOM", Channel.DINGTALK: "DINGTALK", Channel.FEISHU: "FEISHU"}


class ChatSender:
    """Posts a parcel's text to a group."""

    def __init__(self, outside: Outside, clock: Clock) -> None:
        self._outside, self._clock = outside, clock

    async def send(self, parcel: Parcel) -> Outcome:
        text = shortened(body(parcel.facts, parcel.language, parcel.template))
        now_us = microseconds(self._clock())
        url, message = envelope(parcel.channel, parcel.address, parcel.secret, text, now_us)
        try:
            reply = await self._outside.post(url, json.dumps(message).encode(), _HEADERS)
        except Unreachable as why:
            return never(why.code) if why.for_good else later(why.code)
        return verdict(parcel.channel, reply)


def envelope(
    channel: Channel, url: str, secret: str | None, text: str, now_us: int
) -> tuple[str, dict[str, Any]]:
    """Where to send and what, in the vendor's shape; signed where there is a secret."""
    if channel is Channel.FEISHU:
        said: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if secret:
            stamp = str(now_us // 1_000_000)
            said |= {"timestamp": stamp, "sign": feishu_sign(stamp, secret)}
        return url, said
    said = {"msgtype": "text", "text": {"content": text}}
    if channel is Channel.DINGTALK and secret:
        stamp = str(now_us // 1000)
        joint = "&" if "?" in url else "?"
        signed = urlencode({"timestamp": stamp, "sign": dingtalk_sign(stamp, secret)})
        return f"{url}{joint}{signed}", said
    return url, said


def dingtalk_sign(stamp_ms: str, secret: str) -> str:
    """HMAC-SHA256 of "stamp\\nsecret" under the secret."""
    return _base64(secret.encode(), f"{stamp_ms}\n{secret}".encode())


def feishu_sign(stamp_s: str, secret: str) -> str:
    """HMAC-SHA256 of nothing under "stamp\\nsecret"."""
    return _base64(f"{stamp_s}\n{secret}".encode(), b"")


def verdict(channel: Channel, reply: Reply) -> Outcome:
    """What the vendor's answer means."""
    by_status = judged(reply)
    code = _code_in(reply)
    if code is None:
        # 200 without the vendor's code may be a proxy's page: nobody took the message
        return later("ANSWER_UNKNOWN") if 200 <= reply.status < 300 else by_status
    if code == 0:
        return sent(f"{_SHORT[channel]}_0")
    named = f"{_SHORT[channel]}_{code}".replace("-", "MINUS")
    return later(named) if code in _LATER[channel] else never(named)


def shortened(text: str) -> str:
    """Cut to what every vendor takes, never inside a letter."""
    return text.encode()[:LARGEST_TEXT].decode(errors="ignore")


def _code_in(reply: Reply) -> int | None:
    try:
        said = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    for name in ("errcode", "code", "StatusCode"):
        code = said.get(name)
        if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 10**9:
            return code
    return None


def _base64(key: bytes, said: bytes) -> str:
    return b64encode(hmac.digest(key, said, hashlib.sha256)).decode()
