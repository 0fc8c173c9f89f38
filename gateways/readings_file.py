"""A CSV file of readings → stored, as old as they may be; rows that cannot be used are parked.

What a file brings is history: it raises no alarm, and a device is not heard of by it.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlmodel import Session

from app.wiring import App
from domain.devices.model import Device
from domain.devices.queries import device_by_code, devices_by_code, metrics_of
from domain.inbound.model import Door
from domain.places.model import Hospital
from domain.readings.cleaning import IMPOSSIBLE, cleaned
from domain.readings.recipes import Own, recipe
from domain.telemetry.commands import DeviceMessage, Raw, StoreReadings, Unreadable
from gateways.intake import hospital_of
from gateways.reading_mapping import NEEDED, ReadingMapping, load_reading_mapping
from gateways.tables import table_rows
from kit.db import reading
from kit.errors import Invalid
from kit.work import Actor

ROWS_AT_ONCE = 1000
NO_DEVICE = "no device of this hospital has this code: register it, then retry"
MOST_FAULTS = 1000  # told with their lines; all are counted


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that was not stored: where it stands and why."""

    line: int
    reason: str
    text: str
    field: str | None = None


@dataclass(slots=True)
class ReadingsSummary:
    """What became of a file: `total` is the sum of the five below it."""

    total: int = 0
    stored: int = 0
    duplicate: int = 0
    corrected: int = 0
    rejected: int = 0
    parked: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[RowFault] = field(default_factory=list)


def import_readings(
    app: App, file: Path, mapping: Path, hospital_code: str, *, actor: Actor
) -> ReadingsSummary:
    """Take in a file of readings, a row each. Taking it in twice changes nothing.

    Raises NotFound for no such file or hospital, Invalid for one that is no such table.
    """
    read = load_reading_mapping(mapping)
    taking = _Taking(app, actor, hospital_of(app, hospital_code), read)
    rows = table_rows(file, read)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        taking.take(some)
    return taking.summary


@dataclass(slots=True)
class _Taking:
    app: App
    actor: Actor
    hospital: Hospital
    mapping: ReadingMapping
    summary: ReadingsSummary = field(default_factory=ReadingsSummary)
    devices: dict[str, Device | None] = field(default_factory=dict)
    own: dict[UUID, dict[str, Own]] = field(default_factory=dict)

    def take(self, rows: Sequence[tuple[int, dict[str, str]]]) -> None:
        """Store some rows in one transaction."""
        self._learn({self.mapping.value(row, "device") for _, row in rows})
        messages: list[DeviceMessage] = []
        odd: list[Unreadable] = []
        for line, row in rows:
            try:
                messages.append(self._message(line, row))
            except Invalid as why:
                self._tell(line, why)
                odd.append(self._unreadable(row, why))
        done = self.app.pipeline.run(self.actor, StoreReadings(
            hospital_id=self.hospital.id, messages=tuple(messages), unreadable=tuple(odd),
            door=Door.FILE,
        )).result  # fmt: skip
        counted = self.summary
        counted.total += done.received
        counted.stored += done.stored
        counted.duplicate += done.duplicate
        counted.corrected += done.corrected
        counted.rejected += done.rejected
        counted.parked += done.parked
        counted.reasons.update(done.reasons or {})

    def _message(self, line: int, row: Mapping[str, str]) -> DeviceMessage:
        device = self.devices.get(self.mapping.value(row, "device"))
        if device is None:
            raise Invalid(NO_DEVICE, reason="DEVICE_UNKNOWN", field="device")
        raw = Raw(
            self.mapping.value(row, "metric"), self.mapping.value(row, "value"),
            self.mapping.value(row, "unit") or None,
            self.mapping.moment(self.mapping.value(row, "time")),
        )  # fmt: skip
        self._foresee(line, raw, device)
        return DeviceMessage(device.id, self.app.clock(), (raw,))

    def _foresee(self, line: int, raw: Raw, device: Device) -> None:
        """Tell the line of a value that will be parked or refused: only here it is known."""
        own = self.own.get(device.id, {}).get(raw.metric)
        try:
            value = cleaned(raw.value, recipe(raw.metric, raw.unit, device.kind, own))
        except Invalid as why:
            self._tell(line, why)
            return
        if value.impossible:
            self._tell(line, Invalid("the value is beyond the limits of its metric",
                                     reason=IMPOSSIBLE, field="value"))  # fmt: skip

    def _tell(self, line: int, why: Invalid) -> None:
        if len(self.summary.faults) < MOST_FAULTS:
            self.summary.faults.append(RowFault(line, why.reason, why.message, why.field))

    def _unreadable(self, row: Mapping[str, str], why: Invalid) -> Unreadable:
        return Unreadable(
            door=Door.FILE, source=f"file:{self.mapping.source}", received_at=self.app.clock(),
            body=self._written(row),
            reason=why.reason, text=why.message, field=why.field,
        )  # fmt: skip

    def _written(self, row: Mapping[str, str]) -> bytes:
        """The row in our own words, with what `read_again` needs of the mapping."""
        said = {name: self.mapping.value(row, name) for name in (*NEEDED, "unit")}
        said |= {"format": self.mapping.time_format, "zone": self.mapping.zone.key}
        return json.dumps(said, ensure_ascii=False, sort_keys=True).encode()

    def _learn(self, codes: set[str]) -> None:
        """Look up the devices that were not met before, and what they call their metrics."""
        new = codes - self.devices.keys()
        if not new:
            return
        with reading(self.app.read_engine) as session:
            found = devices_by_code(session, self.hospital.id, new)
            named = metrics_of(session, [device.id for device in found.values()])
        self.devices.update({code: found.get(code) for code in new})
        for key, metrics in named.items():
            self.own[key] = {
                alias: Own(one.metric, one.unit, one.low, one.high)
                for alias, one in metrics.items()
            }


def read_again(
    session: Session, hospital_id: UUID, text: str, received_at: datetime
) -> tuple[DeviceMessage, ...]:
    """A parked row as it reads now. Raises the reason why it still cannot be used."""
    try:
        said = {str(name): str(value) for name, value in dict(json.loads(text)).items()}
        zone = ZoneInfo(said.get("zone", "UTC"))
    except (ValueError, TypeError, ZoneInfoNotFoundError) as odd:
        raise Invalid("the text is no row of a file", reason="NOT_READINGS", field="body") from odd
    form = said.get("format", "%Y-%m-%d %H:%M:%S")
    mapping = ReadingMapping(source="", columns={}, fixed={}, time_format=form, zone=zone)
    device = device_by_code(session, hospital_id, said.get("device", ""))
    if device is None:
        raise Invalid(NO_DEVICE, reason="DEVICE_UNKNOWN", field="device")
    at = mapping.moment(said.get("time", ""))
    raw = Raw(said.get("metric", ""), said.get("value", ""), said.get("unit") or None, at)
    return (DeviceMessage(device.id, received_at, (raw,)),)
