"""Notices to another system: ids and codes as JSON, signed as Standard Webhooks 1.0 says.

webhook-id: the delivery, the same for every try: a receiver drops what it has seen
webhook-timestamp: seconds since 1970; a receiver refuses old ones
webhook-signature: v1,<base64 of HMAC-SHA256 over "id.timestamp.body" with the shared secret>
"""

import hashlib
import hmac
from base64 import b64encode

from domain.notices.words import Facts, Outcome, Parcel, later, never, sent
from gateways.outside import Outside, Reply, Unreachable
from kit.canonical import canonical_json
from kit.clock import Clock, time_text

LATER_STATUS = frozenset((408, 425, 429))


class WebhookSender:
    """Posts a parcel to its address."""

    def __init__(self, outside: Outside, clock: Clock) -> None:
        self._outside, self._clock = outside, clock

    async def send(self, parcel: Parcel) -> Outcome:
        if not parcel.secret:
            return never("NO_SECRET")
        body = webhook_body(parcel.facts)
        stamp = str(int(self._clock().timestamp()))
        headers = signed_headers(str(parcel.delivery_id), stamp, body, parcel.secret)
        try:
            return judged(await self._outside.post(parcel.address, body, headers))
        except Unreachable as why:
            return never(why.code) if why.for_good else later(why.code)


def webhook_body(facts: Facts) -> bytes:
    """What a receiver gets: no text, no person, no reading."""
    return canonical_json(
        {
            "type": "alarm.test" if facts.alarm_id is None else "alarm.notice",
            "alarm": None if facts.alarm_id is None else str(facts.alarm_id),
            "event": facts.event, "kind": facts.kind, "severity": facts.severity,
            "hospital": facts.hospital, "ward": facts.ward or None, "bed": facts.bed or None,
            "at": time_text(facts.at), "count": facts.count,
        }
    )  # fmt: skip


def signed_headers(key: str, stamp: str, body: bytes, secret: str) -> dict[str, str]:
    """The headers of one request; `stamp` in seconds since 1970."""
    said = b".".join((key.encode(), stamp.encode(), body))
    signature = b64encode(hmac.digest(secret.encode(), said, hashlib.sha256)).decode()
    return {
        "content-type": "application/json", "webhook-id": key, "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{signature}",
    }  # fmt: skip


def judged(reply: Reply) -> Outcome:
    """2xx took it; 408, 425, 429 and 5xx may take it later; a redirect is never followed."""
    code = f"HTTP_{reply.status}"
    if 200 <= reply.status < 300:
        return sent(code)
    if reply.status >= 500 or reply.status in LATER_STATUS:
        return later(code)
    return never(code)
