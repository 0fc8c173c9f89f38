"""What a batch says about the devices themselves: last seen, battery, clock, numbering."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from domain.readings.model import DEVICE_PULSE
from domain.readings.pulse import Pulse

_STATUS = SQLModel.metadata.tables["device_status"]


@dataclass(slots=True)
class Heard:
    """One device's share of a batch."""

    device_id: UUID
    seen_at: datetime
    pulse: Pulse
    measured_at: datetime | None = None
    battery_percent: int | None = None
    messages: int = 0
    readings: int = 0


def write_heard(connection: Connection, hospital_id: UUID, heard: Iterable[Heard]) -> None:
    """Two statements for all of them; a later time is never put back."""
    # One order for everybody: batches that share devices wait for each other, never deadlock.
    ordered = sorted(heard, key=lambda one: one.device_id)
    if not ordered:
        return
    postgres = connection.dialect.name == "postgresql"
    connection.execute(_upsert_status(postgres), [_status(hospital_id, one) for one in ordered])
    connection.execute(_upsert_pulse(postgres), [_pulse(one) for one in ordered])


def _status(hospital_id: UUID, one: Heard) -> dict[str, object]:
    skew = one.pulse.skew_ms
    return {
        "device_id": one.device_id, "hospital_id": hospital_id, "seen_at": one.seen_at,
        "measured_at": one.measured_at, "battery_percent": one.battery_percent,
        "skew_ms": None if skew is None else max(-(2**31), min(2**31 - 1, skew)),
        "messages": one.messages, "readings": one.readings,
    }  # fmt: skip


def _pulse(one: Heard) -> dict[str, object]:
    pulse = one.pulse
    return {
        "device_id": one.device_id, "delays": ",".join(map(str, pulse.delays)),
        "skew_ms": pulse.skew_ms, "sequence": pulse.sequence, "missed": pulse.missed,
        "record": pulse.record, "same_since": pulse.same_since, "repeats": pulse.repeats,
    }  # fmt: skip


@cache
def _upsert_status(postgres: bool) -> sa.Insert:
    insert = (postgresql.insert if postgres else sqlite.insert)(_STATUS)
    new, old = insert.excluded, _STATUS.c
    latest = sa.func.greatest if postgres else sa.func.max
    return insert.on_conflict_do_update(
        index_elements=["device_id"],
        set_={
            "seen_at": latest(old.seen_at, new.seen_at),
            "measured_at": latest(
                sa.func.coalesce(old.measured_at, new.measured_at),
                sa.func.coalesce(new.measured_at, old.measured_at),
            ),
            "battery_percent": sa.func.coalesce(new.battery_percent, old.battery_percent),
            "skew_ms": sa.func.coalesce(new.skew_ms, old.skew_ms),
            "messages": old.messages + new.messages,
            "readings": old.readings + new.readings,
        },
    )


@cache
def _upsert_pulse(postgres: bool) -> sa.Insert:
    insert = (postgresql.insert if postgres else sqlite.insert)(DEVICE_PULSE)
    columns = [column.name for column in DEVICE_PULSE.c if column.name != "device_id"]
    return insert.on_conflict_do_update(
        index_elements=["device_id"], set_={name: insert.excluded[name] for name in columns}
    )
