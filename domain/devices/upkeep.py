"""Commands on a device's service, calibration and metrics."""

import re
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from uuid import UUID

from sqlmodel import select

from domain.devices.credentials import OfDevice
from domain.devices.model import Device, DeviceMetric, DeviceState, DeviceStatus
from domain.devices.states import require_kept, turn, wrong_state
from domain.places.times import expect_version, happened, store
from kit.command import Command
from kit.errors import Invalid
from kit.work import Work

_METRIC = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, kw_only=True)
class BeginMaintenance(OfDevice, Command[Device]):
    """Take a device out of service for a while. Its silence is then no alarm."""

    action = "device.maintain"

    device_id: UUID
    version: int | None = None

    def apply(self, work: Work) -> Device:
        device = work.get(Device, self.device_id)
        expect_version(device, self.version)
        turn(work, device, DeviceState.MAINTENANCE)
        return device


@dataclass(frozen=True, kw_only=True)
class EndMaintenance(OfDevice, Command[Device]):
    """Put a device back into service. Silent until now, it waits for its first message."""

    action = "device.maintain"

    device_id: UUID
    version: int | None = None

    def apply(self, work: Work) -> Device:
        device = work.get(Device, self.device_id)
        expect_version(device, self.version)
        if device.state != DeviceState.MAINTENANCE:
            raise wrong_state(device)
        turn(work, device, _awake(work, device))
        return device


@dataclass(frozen=True, kw_only=True)
class RecordCalibration(OfDevice, Command[Device]):
    """Record that a device was calibrated, and until when that holds."""

    action = "device.calibrate"

    device_id: UUID
    due_at: datetime
    at: datetime | None = None

    def apply(self, work: Work) -> Device:
        device, at = work.get(Device, self.device_id), happened(work, self.at)
        require_kept(device)
        if self.due_at.tzinfo is None or self.due_at <= at:
            raise Invalid("the next calibration is due after this one; send the time with an "
                          "offset", field="dueAt")  # fmt: skip
        if device.calibrated_at is not None and at < device.calibrated_at:
            raise Invalid(
                f"the last calibration was at {device.calibrated_at.isoformat()}; give a later "
                "time", reason="BEFORE_LAST_CHANGE", field="at", blocking=device.id,
            )  # fmt: skip
        device.calibrated_at, device.calibration_due_at = at, self.due_at
        work.emit("DeviceChanged", device.scope, device=device.id)
        return device


@dataclass(frozen=True, kw_only=True)
class NameDeviceMetric(OfDevice, Command[DeviceMetric]):
    """Say what a device means by a name: our metric, its unit, and what it can measure at all.

    `low` and `high` are in the metric's canonical unit. Said again, the last word counts.
    """

    action = "device.metric"

    device_id: UUID
    alias: str
    metric: str
    unit: str | None = None
    low: float | None = None
    high: float | None = None

    def apply(self, work: Work) -> DeviceMetric:
        device = work.get(Device, self.device_id)
        require_kept(device)
        self._require_sense()
        row = work.session.exec(
            select(DeviceMetric).where(
                DeviceMetric.device_id == device.id, DeviceMetric.alias == self.alias
            )
        ).one_or_none()
        if row is None:
            row = store(work, DeviceMetric(
                hospital_id=device.hospital_id, device_id=device.id, alias=self.alias,
                metric=self.metric, unit=self.unit, low=self.low, high=self.high,
            ))  # fmt: skip
        row.metric, row.unit, row.low, row.high = self.metric, self.unit, self.low, self.high
        work.emit("DeviceChanged", device.scope, device=device.id)
        return row

    def _require_sense(self) -> None:
        for name, text, longest in (("alias", self.alias, 64), ("unit", self.unit or "-", 32)):
            if not (0 < len(text) <= longest and text.isprintable() and text == text.strip()):
                raise Invalid(f"give 1 to {longest} printable characters", field=name)
        if not _METRIC.fullmatch(self.metric):
            raise Invalid("a metric's code has small letters, digits and _", field="metric")
        given = [end for end in (self.low, self.high) if end is not None]
        if given != sorted(given) or not all(map(isfinite, given)):
            raise Invalid("give the lower end first, both as plain numbers", field="low")


def _awake(work: Work, device: Device) -> DeviceState:
    status = work.session.get(DeviceStatus, device.id)
    if status is None or (work.now - status.seen_at).total_seconds() > device.silent_after_s:
        return DeviceState.REGISTERED
    return DeviceState.ACTIVE
