"""What could not be stored waits with its reason, sealed; it can be sent through again later."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from domain.inbound.model import Door, InboundMessage, InboundState
from domain.inbound.receipts import Envelope, Obstacle, digests_of, obstruct, received, settle
from domain.places.times import store
from domain.telemetry.messages import DeviceMessage, Raw, Stored, Unreadable
from kit.blind import columns_of
from kit.clock import parse_time, time_text
from kit.errors import Invalid
from kit.work import Work

KIND = "READINGS"
MOST_PER_SOURCE = 20_000  # that wait; one broken device must not fill the house
TOO_MANY = "TOO_MANY_PARKED"

# Built once: a broken device sends many that are parked.
_OF_SENDER = sa.select(col(InboundMessage.id)).where(
    col(InboundMessage.hospital_id) == sa.bindparam("hospital"),
    col(InboundMessage.source) == sa.bindparam("source"),
    col(InboundMessage.control_id) == "",
)
_SAME = tuple(  # by the column that is searched now
    _OF_SENDER.where(col(getattr(InboundMessage, each)).in_(
        sa.bindparam("digests", expanding=True))).limit(1)
    for each in columns_of("digest")
)  # fmt: skip
_PARKED = sa.select(sa.func.count()).select_from(
    _OF_SENDER.where(col(InboundMessage.state) == InboundState.PARKED)
    .limit(MOST_PER_SOURCE)
    .subquery()
)


def park(work: Work, hospital_id: UUID, messages: Sequence[Unreadable], stored: Stored) -> None:
    """Keep whole messages that nobody could read; each counts as one value."""
    for one in messages:
        stored.received += 1
        body, codec = _text(one.body)
        _park(work, hospital_id, one, (body, codec, body), 1, stored)


def park_values(
    work: Work, hospital_id: UUID, door: Door, message: DeviceMessage, values: Sequence[Raw],
    why: Invalid, stored: Stored, *, known: bool = True,
) -> None:  # fmt: skip
    """Keep values of a message that are not understood, with one reason for all of them."""
    timeless = any(raw.at is None for raw in values)
    said = _as_json(message, values)
    what = Unreadable(
        door=door, source=f"device:{message.device_id}", received_at=message.received_at, body=b"",
        reason=why.reason, text=why.message, field=why.field,
        device_id=message.device_id if known else None,
    )  # fmt: skip
    # The same message again is recognised by what it says, whenever it comes.
    identity = said if timeless else said | {"receivedAt": ""}
    texts = (json.dumps(said), "utf-8", json.dumps(identity))
    _park(work, hospital_id, what, texts, len(values), stored)


def values_of(text: str) -> tuple[DeviceMessage, ...]:
    """The message that `park_values` kept. Raises Invalid NOT_READINGS for any other text."""
    try:
        said = json.loads(text)
        return (
            DeviceMessage(
                device_id=UUID(said["device"]), received_at=parse_time(said["receivedAt"]),
                raws=tuple(
                    Raw(one["metric"], one["value"], one["unit"],
                        _when(one["at"])) for one in said["values"]
                ),
            ),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as odd:
        raise Invalid("the text is no parked reading of ours: its own door must read it",
                      reason="NOT_READINGS", field="body") from odd  # fmt: skip


def _as_json(message: DeviceMessage, values: Sequence[Raw]) -> dict[str, Any]:
    return {
        "device": str(message.device_id),
        "receivedAt": time_text(message.received_at),
        "values": [
            {"metric": raw.metric, "value": raw.value, "unit": raw.unit, "at": _said(raw.at)}
            for raw in values
        ],
    }


def _said(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.isoformat() if at.tzinfo is None else time_text(at)


def _when(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(body: bytes) -> tuple[str, str]:
    try:
        return body.decode(), "utf-8"
    except UnicodeDecodeError:
        return body.decode("latin-1"), "latin-1"


def _park(
    work: Work, hospital_id: UUID, what: Unreadable, texts: tuple[str, str, str], count: int,
    stored: Stored,
) -> None:  # fmt: skip
    body, codec, identity = texts
    envelope = Envelope(
        hospital_id=hospital_id, door=what.door, source=what.source[:200], control_id="",
        kind=KIND, identity=identity, body=body, codec=codec, event_at=what.received_at,
    )  # fmt: skip
    if _is_here(work, envelope):
        stored.duplicate += count
        return
    waiting = _waiting(work, envelope)
    if waiting >= MOST_PER_SOURCE:
        stored.rejected += count
        stored.because(TOO_MANY, count)
        return
    subject = what.device_id or hospital_id  # no person's text: of the device, or of the house
    receipt = received(work, envelope, InboundState.PARKED, subject)
    obstruct(receipt, Obstacle(reason=what.reason, text=what.text, field=what.field))
    settle(work, receipt, InboundState.PARKED)
    store(work, receipt)
    work.session.info["parked"][envelope.source] = waiting + 1
    stored.parked += count
    stored.because(what.reason, count)


def _is_here(work: Work, envelope: Envelope) -> bool:
    """Waiting, settled or discarded: the same text is parked once, unless it was applied."""
    digests = digests_of(work.vault, envelope)
    named = {**_sender(envelope), "digests": [one.sought for one in digests]}
    return work.session.connection().execute(_SAME[digests[0].asked], named).first() is not None


def _waiting(work: Work, envelope: Envelope) -> int:
    """At most MOST_PER_SOURCE, counted by the database once in a transaction."""
    counts: dict[str, int] = work.session.info.setdefault("parked", {})
    if envelope.source not in counts:
        found = work.session.connection().execute(_PARKED, _sender(envelope))
        counts[envelope.source] = found.scalar_one()
    return counts[envelope.source]


def _sender(envelope: Envelope) -> dict[str, Any]:
    return {"hospital": envelope.hospital_id, "source": envelope.source}
