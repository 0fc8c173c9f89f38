"""The number that stands for one metric of one device.

A number never changes and is never given twice, so it is remembered by the process: once the row
is a minute old, when no transaction that made it can still be undone.
"""

import json
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import postgresql, sqlite

from domain.readings.model import CHANNEL, ROLLUP_PROGRESS
from kit.bulk import array, is_postgres

Key = tuple[UUID, str]
Channels = dict[UUID, dict[str, int]]  # by device and metric
BLOCK = 512  # channels that are rolled up together
MINUTE = 60_000_000  # microseconds
MOST_REMEMBERED = 50_000  # devices
_OF_DEVICES = "SELECT id, device_id, metric, opened FROM channel WHERE device_id {listed}"
_remembered: WeakKeyDictionary[Engine, Channels] = WeakKeyDictionary()


def remembered(connection: Connection) -> Channels:
    """The channels that this process knows of; to be read only."""
    return _remembered.setdefault(connection.engine, {})


def listed(connection: Connection, keys: Iterable[UUID]) -> tuple[str, Any]:
    """ "… is one of these" as one parameter for the driver, however many there are."""
    if is_postgres(connection):
        return "= ANY(%s::uuid[])", array(keys)
    return "IN (SELECT value FROM json_each(?))", json.dumps([key.hex for key in keys])


def channels_of(connection: Connection, devices: Collection[UUID], now: int) -> Channels:
    """Every channel that these devices have."""
    clause, given = listed(connection, devices)
    known = remembered(connection)
    if len(known) > MOST_REMEMBERED:
        known.clear()
    found: Channels = {}
    rows = connection.exec_driver_sql(_OF_DEVICES.format(listed=clause), (given,))
    for number, device, metric, opened in rows.all():
        key = device if isinstance(device, UUID) else UUID(device)
        found.setdefault(key, {})[metric] = number
        if opened < now - MINUTE:
            known.setdefault(key, {})[metric] = number
    return found


def open_channels(
    connection: Connection, hospital_id: UUID, keys: Iterable[Key], now: int, rolled_up_to: int
) -> None:
    """Make those of the channels that there are not. What is older than `rolled_up_to` is due."""
    wanted = sorted(keys)
    insert = postgresql.insert if is_postgres(connection) else sqlite.insert
    rows = [
        {"hospital_id": hospital_id, "device_id": device, "metric": metric, "opened": now}
        for device, metric in wanted
    ]
    connection.execute(insert(CHANNEL).on_conflict_do_nothing(), rows)
    found = channels_of(connection, {device for device, _ in wanted}, now)
    blocks = sorted({found[device][metric] // BLOCK for device, metric in wanted})
    connection.execute(
        insert(ROLLUP_PROGRESS).on_conflict_do_nothing(),
        [{"block": block, "until": rolled_up_to} for block in blocks],
    )
