"""Readings of one device, one by one, each with whose it is: for other systems that ask."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from domain.beds.model import BedStay
from domain.devices.model import Device
from domain.devices.queries import spots_of_device
from domain.readings.model import CHANNEL, READING
from kit.clock import EPOCH, microseconds
from kit.work import Scope

_R = READING.c
_OF_DEVICE = (
    sa.select(_R.channel_id, CHANNEL.c.metric, _R.at, _R.value, _R.quality)
    .join_from(CHANNEL, READING, _R.channel_id == CHANNEL.c.id)
    .where(CHANNEL.c.device_id == sa.bindparam("device"))
    .where(_R.at >= sa.bindparam("since"), _R.at < sa.bindparam("until"))
    .where(
        or_(
            _R.at > sa.bindparam("after_at"),
            sa.and_(_R.at == sa.bindparam("after_at"), _R.channel_id > sa.bindparam("after_one")),
        )
    )
    .order_by(_R.at, _R.channel_id)
)
_FROM_THE_START = (-1, 0)


@dataclass(frozen=True, slots=True)
class Observed:
    """One cleaned value, in the metric's canonical unit.

    `subject` lay in the device's bed at that moment, in `scope`; without one it is nobody's.
    """

    channel: int
    metric: str
    at: datetime
    value: float
    quality: int
    scope: Scope
    subject: UUID | None

    @property
    def id(self) -> str:
        """Unique, and in the order of pages: the device's time, then the channel."""
        return f"{microseconds(self.at)}-{self.channel}"


@dataclass(frozen=True, slots=True)
class _Span:
    since: datetime
    until: datetime | None
    scope: Scope
    subject: UUID


def observed(
    session: Session,
    device: Device,
    since: datetime,
    until: datetime,
    *,
    metric: str | None = None,
    after: tuple[int, int] | None = None,
    limit: int,
) -> list[Observed]:
    """The device's readings during [since, until), first to last, at most `limit`.

    `after`: microseconds and channel of the last one that was seen.
    """
    asked = _OF_DEVICE if metric is None else _OF_DEVICE.where(CHANNEL.c.metric == metric)
    at, one = after or _FROM_THE_START
    rows = session.connection().execute(asked.limit(limit), {
        "device": device.id, "since": microseconds(since), "until": microseconds(until),
        "after_at": at, "after_one": one,
    }).all()  # fmt: skip
    spans = _whose(session, device.id, since, until)
    return [_observed(device, spans, row) for row in rows]


def _observed(device: Device, spans: Sequence[_Span], row: Any) -> Observed:
    at = EPOCH + timedelta(microseconds=row.at)
    place = bisect_right([span.since for span in spans], at) - 1
    span = spans[place] if place >= 0 else None
    if span is not None and span.until is not None and at >= span.until:
        span = None
    return Observed(
        row.channel_id, row.metric, at, row.value, row.quality,
        span.scope if span else device.scope, span.subject if span else None,
    )  # fmt: skip


def _whose(session: Session, device_id: UUID, since: datetime, until: datetime) -> list[_Span]:
    """Who lay in the bed at which the device was, in order; they never overlap."""
    found: list[_Span] = []
    for spot in spots_of_device(session, device_id, since, until):
        begin, end = max(spot.since, since), min(spot.until or until, until)
        if spot.bed_id is None:
            continue
        stays = session.exec(
            select(BedStay)
            .where(
                BedStay.bed_id == spot.bed_id, col(BedStay.voided_at).is_(None),
                col(BedStay.since) < end,
                or_(col(BedStay.until).is_(None), col(BedStay.until) > begin),
            )
            .order_by(col(BedStay.since))
        )  # fmt: skip
        found += [
            _Span(max(stay.since, begin), min(stay.until or end, end), stay.scope, stay.subject)
            for stay in stays
        ]
    return found
