"""The newest value of every metric, of one patient or of a device of nobody."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.readings.channels import listed
from domain.readings.metrics import Metric, catalogue
from domain.readings.whose import Whose


@dataclass(frozen=True, slots=True)
class Latest:
    """`at` and `received` in µs; `value` in the metric's canonical unit."""

    device_id: UUID
    metric: Metric
    at: int
    received: int
    value: float
    quality: int


def latest(session: Session, whose: Whose) -> list[Latest]:
    """By metric, newest first; of a device only what was measured inside its windows."""
    connection = session.connection()
    clause, given = listed(connection, {window.device_id for window in whose.windows})
    channels = connection.exec_driver_sql(
        f"SELECT id, device_id, metric FROM channel WHERE device_id {clause}",  # noqa: S608 - a mark
        (given,),
    ).all()
    found: list[Latest] = []
    for number, device, code in channels:
        key = device if isinstance(device, UUID) else UUID(device)
        newest = None
        for window in whose.windows:
            if window.device_id != key:
                continue
            asked = {"channel": number, "since": window.since, "until": window.until}
            row = connection.execute(_NEWEST, asked).first()
            if row is not None and (newest is None or row.at > newest.at):
                newest = row
        if newest is not None:
            found.append(Latest(key, catalogue()[code], *newest))
    return sorted(found, key=lambda one: (one.metric.code, -one.at, one.device_id))


_NEWEST = text(
    "SELECT at, received, value, quality FROM reading WHERE channel_id = :channel"
    " AND at >= :since AND at < :until ORDER BY at DESC LIMIT 1"
)
