"""Readings one by one, of one patient's part of a device's time: for other systems that ask."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from domain.readings.model import CHANNEL, READING
from domain.readings.whose import Whose, Window
from kit.clock import EPOCH, microseconds

_R = READING.c
_IN_WINDOW = (
    sa.select(_R.channel_id, CHANNEL.c.metric, _R.at, _R.value, _R.quality)
    .join_from(CHANNEL, READING, _R.channel_id == CHANNEL.c.id)
    .where(CHANNEL.c.device_id == sa.bindparam("device"))
    .where(_R.at >= sa.bindparam("since"), _R.at < sa.bindparam("until"))
    .where(
        sa.or_(
            _R.at > sa.bindparam("after_at"),
            sa.and_(_R.at == sa.bindparam("after_at"), _R.channel_id > sa.bindparam("after_one")),
        )
    )
    .order_by(_R.at, _R.channel_id)
)
_FROM_THE_START = (-1, 0)


@dataclass(frozen=True, slots=True)
class Observed:
    """One cleaned value, in the metric's canonical unit."""

    channel: int
    metric: str
    at: datetime
    value: float
    quality: int

    @property
    def id(self) -> str:
        """Unique, and in the order of pages: the device's time, then the channel."""
        return f"{microseconds(self.at)}-{self.channel}"


def observed(
    session: Session,
    whose: Whose,
    *,
    metric: str | None = None,
    after: tuple[int, int] | None = None,
    limit: int,
) -> list[Observed]:
    """The readings inside the windows of one device, first to last, at most `limit`.

    `after`: microseconds and channel of the last one that was seen.
    """
    found: list[Observed] = []
    for window in sorted(whose.windows, key=lambda one: one.since):
        found += _inside(session, window, metric, after, limit - len(found))
        if len(found) == limit:
            break
    return found


def _inside(
    session: Session, window: Window, metric: str | None, after: tuple[int, int] | None, most: int
) -> list[Observed]:
    asked = _IN_WINDOW if metric is None else _IN_WINDOW.where(CHANNEL.c.metric == metric)
    at, one = after or _FROM_THE_START
    rows = session.connection().execute(asked.limit(most), {
        "device": window.device_id, "since": window.since, "until": window.until,
        "after_at": at, "after_one": one,
    })  # fmt: skip
    return [
        Observed(row.channel_id, row.metric, EPOCH + timedelta(microseconds=row.at), row.value,
                 row.quality)
        for row in rows
    ]  # fmt: skip
