"""The number that stands for one metric of one device."""

from collections.abc import Collection, Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from domain.readings.model import CHANNEL, ROLLUP_PROGRESS

Key = tuple[UUID, str]
BLOCK = 512  # channels that are rolled up together
MINUTE = 60_000_000  # microseconds
_OF_DEVICES = sa.select(CHANNEL.c.id, CHANNEL.c.device_id, CHANNEL.c.metric).where(
    CHANNEL.c.device_id.in_(sa.bindparam("devices", expanding=True))
)


def channels_of(connection: Connection, devices: Collection[UUID]) -> dict[Key, int]:
    """Every channel that these devices have."""
    found = connection.execute(_OF_DEVICES, {"devices": list(devices)})
    return {(device, metric): number for number, device, metric in found}


def open_channels(
    connection: Connection, hospital_id: UUID, keys: Iterable[Key], rolled_up_to: int
) -> dict[Key, int]:
    """Channels for these, made where there are none. What is older than `rolled_up_to` is due."""
    wanted = sorted(keys)
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    rows = [
        {"hospital_id": hospital_id, "device_id": device, "metric": metric}
        for device, metric in wanted
    ]
    connection.execute(insert(CHANNEL).on_conflict_do_nothing(), rows)
    found = channels_of(connection, {device for device, _ in wanted})
    opened = {key: found[key] for key in wanted}
    connection.execute(
        insert(ROLLUP_PROGRESS).on_conflict_do_nothing(),
        [{"block": block, "until": rolled_up_to}
         for block in sorted({number // BLOCK for number in opened.values()})],
    )  # fmt: skip
    return opened
