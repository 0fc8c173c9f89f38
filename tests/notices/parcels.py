"""Parcels for tests of senders."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.notices.words import Channel, Facts, Language, Parcel

ALARM = UUID("01936f5e-0000-7000-8000-00000000a1a2")
DELIVERY = UUID("01936f5e-0000-7000-8000-00000000d1d2")
AT = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)


def facts(**what: Any) -> Facts:
    usual: dict[str, Any] = {
        "alarm_id": ALARM, "event": "OPENED", "kind": "THRESHOLD", "severity": "HIGH",
        "text": "SpO2 low", "hospital": "NORTH", "ward": "ICU", "bed": "A1", "at": AT,
        "time": "2026-03-02 12:30:00 +0800",
    }  # fmt: skip
    return Facts(**usual | what)


def parcel(**what: Any) -> Parcel:
    usual: dict[str, Any] = {
        "delivery_id": DELIVERY, "attempt": 1, "channel": Channel.EMAIL, "language": Language.EN,
        "facts": facts(), "address": "ward@example.org",
    }  # fmt: skip
    return Parcel(**usual | what)
