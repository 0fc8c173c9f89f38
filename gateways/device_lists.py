"""A hospital's list of devices (CSV) → devices registered, changed and attached.

Rows with faults are told with their line and what to do; the rows around them are applied.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, col, select

from app.wiring import App
from domain.beds.model import Bed
from domain.devices.commands import AttachDevice, RegisterDevice, UpdateDevice
from domain.devices.queries import device_by_code, spots
from domain.places.model import Hospital, Ward
from gateways.device_mapping import DeviceMapping, load_device_mapping
from gateways.intake import hospital_of
from gateways.tables import table_rows
from kit.command import Command
from kit.db import reading
from kit.errors import Conflict, Invalid, NotFound, Refusal
from kit.work import Actor

T = TypeVar("T")
SILENT_AFTER_S = 60
_COLUMN = {"serial_number": "serial"}  # where the command calls it otherwise


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that was left out: where it stands, what is wrong, and what may be said instead."""

    line: int
    reason: str
    text: str
    field: str | None = None
    allowed: tuple[str, ...] = ()


@dataclass(slots=True)
class ListSummary:
    """What became of a list. `total` = registered + changed + unchanged + the faults."""

    total: int = 0
    registered: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)


def import_devices(
    app: App, file: Path, mapping: Path, hospital_code: str, *, actor: Actor
) -> ListSummary:
    """Take in a list of devices. Taking it in twice changes nothing.

    A device with a bed that is attached nowhere is attached there; one that is attached
    elsewhere stays where it is and is told as a fault: people know better than a list.
    Raises NotFound or Invalid before anything is changed.
    """
    read = load_device_mapping(mapping)
    rows = list(table_rows(file, read))
    taking = _Taking(app, actor, hospital_of(app, hospital_code), read)
    for line, row in rows:
        taking.take(line, row)
    return taking.summary


@dataclass(slots=True)
class _Taking:
    app: App
    actor: Actor
    hospital: Hospital
    mapping: DeviceMapping
    summary: ListSummary = field(default_factory=ListSummary)
    lines: dict[str, int] = field(default_factory=dict)

    def take(self, line: int, row: Mapping[str, str]) -> None:
        self.summary.total += 1
        try:
            done = self._apply(line, row)
        except Refusal as why:
            self.summary.faults.append(Fault(line, why.reason, why.message, why.field, why.allowed))
            return
        setattr(self.summary, done, getattr(self.summary, done) + 1)

    def _apply(self, line: int, row: Mapping[str, str]) -> str:
        code = self.mapping.value(row, "code")
        first = self.lines.setdefault(code, line)
        if first != line:
            raise Conflict(f"line {first} has the same code; keep one of them",
                           reason="CODE_TWICE", field="code")  # fmt: skip
        with reading(self.app.read_engine) as session:
            facts = self._facts(session, row)
            bed_id = self._bed(session, row, facts["ward_id"])
            device = device_by_code(session, self.hospital.id, code)
            at = spots(session, (device.id,)).get(device.id) if device else None
            if at is not None and bed_id not in (None, at.bed_id):
                raise Conflict("the device is attached elsewhere; move it there, or correct the "
                               "list", reason="DEVICE_ATTACHED", field="bed")  # fmt: skip
            attach = bed_id if at is None else None
            said = {
                name: value
                for name, value in facts.items()
                if value not in (None, "") and value != getattr(device, _COLUMN.get(name, name), "")
            }
            device_id = device.id if device else None
        if device_id is None:
            made = self._run(RegisterDevice(hospital_id=self.hospital.id, code=code, **facts))
            device_id, what = made.device.id, "registered"
        elif said:
            self._run(UpdateDevice(device_id=device_id, **said))
            what = "changed"
        else:
            what = "changed" if attach else "unchanged"
        if attach is not None:
            self._run(AttachDevice(device_id=device_id, bed_id=attach))
        return what

    def _run(self, command: Command[T]) -> T:
        return self.app.pipeline.run(self.actor, command).result

    def _facts(self, session: Session, row: Mapping[str, str]) -> dict[str, Any]:
        def value(ours: str) -> str:
            return self.mapping.value(row, ours)

        return {
            "kind": self.mapping.kind(value("kind")),
            "protocol": self.mapping.protocol(value("protocol")),
            "model": value("model"),
            "serial_number": value("serial"),
            "ward_id": self._ward(session, value("ward")),
            "gateway_id": self._gateway(session, value("gateway")),
            "silent_after_s": _seconds(value("silent_after_s")),
        }

    def _ward(self, session: Session, code: str) -> UUID | None:
        if not code:
            return None
        ward = session.exec(
            select(Ward).where(Ward.hospital_id == self.hospital.id, Ward.code == code)
        ).first()
        if ward is None:
            raise NotFound(f"there is no ward {code}; open it, or correct the row",
                           reason="UNKNOWN_WARD", field="ward")  # fmt: skip
        return ward.id

    def _gateway(self, session: Session, code: str) -> UUID | None:
        gateway = device_by_code(session, self.hospital.id, code) if code else None
        if code and gateway is None:
            raise NotFound(f"there is no gateway {code}; put its row before this one",
                           reason="UNKNOWN_GATEWAY", field="gateway")  # fmt: skip
        return gateway.id if gateway else None

    def _bed(self, session: Session, row: Mapping[str, str], ward_id: UUID | None) -> UUID | None:
        code = self.mapping.value(row, "bed")
        if not code:
            return None
        bed = session.exec(
            select(Bed).where(
                Bed.ward_id == ward_id, Bed.code == code, col(Bed.removed_at).is_(None)
            )
        ).first()
        if bed is None:
            raise NotFound(f"the ward has no bed {code}; add it, or correct the row",
                           reason="UNKNOWN_BED", field="bed")  # fmt: skip
        return bed.id


def _seconds(text: str) -> int:
    try:
        return int(text or SILENT_AFTER_S)
    except ValueError:
        raise Invalid("give whole seconds", reason="NOT_A_NUMBER",
                      field="silent_after_s") from None  # fmt: skip
