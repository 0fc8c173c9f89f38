"""What a batch says about the devices themselves: last seen, battery, clock, numbering."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from domain.readings.pulse import Pulse
from kit.bulk import upsert
from kit.clock import time_text


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
    rows = [_status(hospital_id, one) for one in ordered]
    if not postgres:
        rows = [_as_text(row) for row in rows]
    upsert(connection, "device_status", _STATUS, rows, 1, _KEEP_LATEST[postgres])
    pulses = [_pulse(one) if postgres else (one.device_id.hex, *_pulse(one)[1:]) for one in ordered]
    upsert(connection, "device_pulse", _PULSE, pulses, 1)


def _status(hospital_id: UUID, one: Heard) -> tuple[object, ...]:
    skew = one.pulse.skew_ms
    return (
        one.device_id, hospital_id, one.seen_at, one.measured_at, one.battery_percent,
        None if skew is None else max(-(2**31), min(2**31 - 1, skew)), one.messages, one.readings,
    )  # fmt: skip


def _as_text(row: tuple[object, ...]) -> tuple[object, ...]:
    """As SQLite keeps keys and times."""
    return tuple(
        value.hex if isinstance(value, UUID) else
        time_text(value) if isinstance(value, datetime) else value
        for value in row
    )  # fmt: skip


def _pulse(one: Heard) -> tuple[object, ...]:
    pulse = one.pulse
    return (one.device_id, ",".join(map(str, pulse.delays)), pulse.skew_ms, pulse.sequence,
            pulse.missed, pulse.record, pulse.same_since, pulse.repeats)  # fmt: skip


_STATUS = {
    "device_id": "uuid", "hospital_id": "uuid", "seen_at": "timestamptz",
    "measured_at": "timestamptz", "battery_percent": "int", "skew_ms": "int",
    "messages": "bigint", "readings": "bigint",
}  # fmt: skip
_PULSE = {
    "device_id": "uuid", "delays": "text", "skew_ms": "bigint", "sequence": "bigint",
    "missed": "bigint", "record": "bigint", "same_since": "bigint", "repeats": "int",
}  # fmt: skip


def _keep_latest(latest: str) -> dict[str, str]:
    old, new = "device_status", "excluded"
    return {
        "seen_at": f"{latest}({old}.seen_at, {new}.seen_at)",
        "measured_at": f"{latest}(coalesce({old}.measured_at, {new}.measured_at),"
                       f" coalesce({new}.measured_at, {old}.measured_at))",
        "battery_percent": f"coalesce({new}.battery_percent, {old}.battery_percent)",
        "skew_ms": f"coalesce({new}.skew_ms, {old}.skew_ms)",
        "messages": f"{old}.messages + {new}.messages",
        "readings": f"{old}.readings + {new}.readings",
    }  # fmt: skip


_KEEP_LATEST = {True: _keep_latest("greatest"), False: _keep_latest("max")}
