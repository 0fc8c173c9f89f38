"""What GraphQL shows of devices: state, place, last message, metrics; never a reading or a key."""

from datetime import datetime
from typing import Self

import strawberry

from api.bed_views import as_id, maybe_id
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.devices.commands import IssuedSecret, Registered
from domain.devices.model import (
    CredentialKind,
    Device,
    DeviceAttachment,
    DeviceCredential,
    DeviceKind,
    DeviceMetric,
    DeviceState,
    Protocol,
)
from domain.devices.shown import DevicePapers, DeviceShown

for _words in (CredentialKind, DeviceKind, DeviceState, Protocol):
    strawberry.enum(_words, name="DeviceProtocol" if _words is Protocol else None)


@classified(DataClass.DEVICE)
@strawberry.type(name="Device")
class DeviceView(View):
    """A device. `wardId` is its home; where it is used is told by its attachment."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    hospital_id: strawberry.ID
    ward_id: strawberry.ID | None
    code: str
    kind: DeviceKind
    protocol: Protocol
    model: str
    serial_number: str
    state: DeviceState
    state_since: datetime
    gateway_id: strawberry.ID | None
    silent_after_s: int
    lost_factor: int
    registered_at: datetime
    retired_at: datetime | None
    calibrated_at: datetime | None
    calibration_due_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Device, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=as_id(row.id),
            hospital_id=as_id(row.hospital_id),
            ward_id=maybe_id(row.ward_id),
            code=row.code,
            kind=row.kind,
            protocol=row.protocol,
            model=row.model,
            serial_number=row.serial,
            state=row.state,
            state_since=row.state_since or row.registered_at,
            gateway_id=maybe_id(row.gateway_id),
            silent_after_s=row.silent_after_s,
            lost_factor=row.lost_factor,
            registered_at=row.registered_at,
            retired_at=row.retired_at,
            calibrated_at=row.calibrated_at,
            calibration_due_at=row.calibration_due_at,
            version=row.version,
        )


@classified(DataClass.DEVICE)
@strawberry.type(name="DeviceAttachment")
class AttachmentView(View):
    """A device at a bed or in a room, from when to when."""

    id: strawberry.ID
    device_id: strawberry.ID
    ward_id: strawberry.ID
    room_id: strawberry.ID | None
    bed_id: strawberry.ID | None
    since: datetime
    until: datetime | None

    @classmethod
    def of(cls, row: DeviceAttachment, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=as_id(row.id),
            device_id=as_id(row.device_id),
            ward_id=as_id(row.ward_id),
            room_id=maybe_id(row.room_id),
            bed_id=maybe_id(row.bed_id),
            since=row.since,
            until=row.until,
        )


@classified(DataClass.DEVICE)
@strawberry.type
class DeviceNow(View):
    """A device where it is now, with what it last said of itself, by the server's clock.

    `clockSkewMs`: how far its messages lag behind its own clock, in the median.
    """

    id: strawberry.ID = shows(DataClass.GENERAL)
    device: DeviceView
    attachment: AttachmentView | None
    room_code: str | None
    bed_code: str | None
    calibration_overdue: bool
    last_seen_at: datetime | None
    last_measured_at: datetime | None
    battery_percent: int | None
    clock_skew_ms: int | None
    as_of: datetime

    @classmethod
    def of(cls, found: DeviceShown, now: datetime, sight: Sight) -> Self:
        row, status = found.device, found.status
        due_at = row.calibration_due_at
        return cls(
            sight=sight,
            id=as_id(row.id),
            device=DeviceView.of(row, sight),
            attachment=AttachmentView.of(found.attachment, sight) if found.attachment else None,
            room_code=found.room_code,
            bed_code=found.bed_code,
            calibration_overdue=due_at is not None and due_at <= now,
            last_seen_at=status.seen_at if status else None,
            last_measured_at=status.measured_at if status else None,
            battery_percent=status.battery_percent if status else None,
            clock_skew_ms=status.skew_ms if status else None,
            as_of=now,
        )


@classified(DataClass.DEVICE)
@strawberry.type(name="DeviceCredential")
class CredentialView(View):
    """By what a device logs in, without the secret. `fingerprint`: of a certificate, SHA-256."""

    id: strawberry.ID
    device_id: strawberry.ID
    kind: CredentialKind
    fingerprint: str | None
    issued_at: datetime
    issued_by: strawberry.ID
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: DeviceCredential, sight: Sight) -> Self:
        trusted = row.kind == CredentialKind.CERTIFICATE
        return cls(
            sight=sight,
            id=as_id(row.id),
            device_id=as_id(row.device_id),
            kind=row.kind,
            fingerprint=row.verifier if trusted else None,
            issued_at=row.issued_at,
            issued_by=as_id(row.issued_by),
            revoked_at=row.revoked_at,
        )


@classified(DataClass.DEVICE)
@strawberry.type(name="DeviceMetric")
class DeviceMetricView(View):
    """What a device means by a name. The range is in the metric's canonical unit."""

    id: strawberry.ID
    device_id: strawberry.ID
    alias: str
    metric: str
    unit: str | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, row: DeviceMetric, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=as_id(row.id),
            device_id=as_id(row.device_id),
            alias=row.alias,
            metric=row.metric,
            unit=row.unit,
            low=row.low,
            high=row.high,
        )


@classified(DataClass.DEVICE)
@strawberry.type
class DeviceDetail(View):
    """A device with its credentials, its metrics and its latest attachments, newest first."""

    now: DeviceNow
    credentials: list[CredentialView]
    metrics: list[DeviceMetricView]
    attachments: list[AttachmentView]

    @classmethod
    def of(cls, found: DevicePapers, now: datetime, sight: Sight) -> Self:
        return cls(
            sight=sight,
            now=DeviceNow.of(found.shown, now, sight),
            credentials=[CredentialView.of(row, sight) for row in found.credentials],
            metrics=[DeviceMetricView.of(row, sight) for row in found.metrics],
            attachments=[AttachmentView.of(row, sight) for row in found.attachments],
        )


@classified(DataClass.DEVICE)
@strawberry.type
class DevicePassword(View):
    """A device's password at the broker, shown once: put it into the device."""

    credential_id: strawberry.ID = shows(DataClass.GENERAL)
    device_id: strawberry.ID = shows(DataClass.GENERAL)
    password: str = shows(DataClass.GENERAL)

    @classmethod
    def of(cls, result: IssuedSecret, sight: Sight) -> Self:
        return cls(
            sight=sight,
            credential_id=as_id(result.credential.id),
            device_id=as_id(result.credential.device_id),
            password=result.secret,
        )


@classified(DataClass.DEVICE)
@strawberry.type
class RegisteredDevice(View):
    """A new device; where it logs in with a password, that password, shown once."""

    device: DeviceView
    credential_id: strawberry.ID | None
    password: str | None

    @classmethod
    def of(cls, result: Registered, sight: Sight) -> Self:
        issued = result.issued
        return cls(
            sight=sight,
            device=DeviceView.of(result.device, sight),
            credential_id=maybe_id(issued.credential.id if issued else None),
            password=issued.secret if issued else None,
        )
