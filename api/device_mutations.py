"""Mutations on devices. A secret is made here, told once, and only its verifier goes further."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.device_views import (
    AttachmentView,
    CredentialView,
    DeviceMetricView,
    DevicePassword,
    DeviceView,
    RegisteredDevice,
)
from api.mutation import mutation
from domain.devices import commands
from domain.devices.model import DeviceKind, Protocol
from domain.devices.verifiers import new_device_secret
from domain.readings.metrics import metric_named
from domain.readings.units import convert


@strawberry.type
class DeviceMutations:
    @mutation(returns=RegisteredDevice)
    def register_device(
        self,
        hospital_id: UUID,
        code: str,
        kind: DeviceKind,
        protocol: Protocol = Protocol.MQTT,
        ward_id: UUID | None = None,
        model: str = "",
        serial_number: str = "",
        gateway_id: UUID | None = None,
        silent_after_s: int = 60,
        lost_factor: int = 10,
        with_password: bool = True,
    ) -> commands.RegisterDevice:
        secret = new_device_secret() if with_password and protocol is Protocol.MQTT else None
        return commands.RegisterDevice(
            hospital_id=hospital_id, code=code, kind=kind, protocol=protocol, ward_id=ward_id,
            model=model, serial_number=serial_number, gateway_id=gateway_id,
            silent_after_s=silent_after_s, lost_factor=lost_factor,
            secret=secret.plain if secret else None,
            verifier=secret.verifier if secret else None,
        )  # fmt: skip

    @mutation(returns=DeviceView)
    def update_device(
        self,
        device_id: UUID,
        ward_id: UUID | None = None,
        kind: DeviceKind | None = None,
        protocol: Protocol | None = None,
        model: str | None = None,
        serial_number: str | None = None,
        gateway_id: UUID | None = None,
        silent_after_s: int | None = None,
        lost_factor: int | None = None,
        version: int | None = None,
    ) -> commands.UpdateDevice:
        return commands.UpdateDevice(
            device_id=device_id, ward_id=ward_id, kind=kind, protocol=protocol, model=model,
            serial_number=serial_number, gateway_id=gateway_id, silent_after_s=silent_after_s,
            lost_factor=lost_factor, version=version,
        )  # fmt: skip

    @mutation(returns=DevicePassword)
    def issue_device_password(self, device_id: UUID) -> commands.IssueDevicePassword:
        secret = new_device_secret()
        return commands.IssueDevicePassword(
            device_id=device_id, secret=secret.plain, verifier=secret.verifier
        )

    @mutation(returns=DevicePassword)
    def rotate_device_credential(self, device_id: UUID) -> commands.RotateCredential:
        secret = new_device_secret()
        return commands.RotateCredential(
            device_id=device_id, secret=secret.plain, verifier=secret.verifier
        )

    @mutation(returns=CredentialView)
    def trust_device_certificate(
        self, device_id: UUID, fingerprint: str
    ) -> commands.TrustCertificate:
        return commands.TrustCertificate(device_id=device_id, fingerprint=fingerprint)

    @mutation(returns=CredentialView)
    def revoke_device_credential(self, credential_id: UUID) -> commands.RevokeCredential:
        return commands.RevokeCredential(credential_id=credential_id)

    @mutation(returns=AttachmentView)
    def attach_device(
        self,
        device_id: UUID,
        bed_id: UUID | None = None,
        room_id: UUID | None = None,
        at: datetime | None = None,
        move: bool = False,
    ) -> commands.AttachDevice:
        return commands.AttachDevice(
            device_id=device_id, bed_id=bed_id, room_id=room_id, at=at, move=move
        )

    @mutation(returns=AttachmentView)
    def detach_device(self, device_id: UUID, at: datetime | None = None) -> commands.DetachDevice:
        return commands.DetachDevice(device_id=device_id, at=at)

    @mutation(returns=DeviceView)
    def begin_device_maintenance(
        self, device_id: UUID, version: int | None = None
    ) -> commands.BeginMaintenance:
        return commands.BeginMaintenance(device_id=device_id, version=version)

    @mutation(returns=DeviceView)
    def end_device_maintenance(
        self, device_id: UUID, version: int | None = None
    ) -> commands.EndMaintenance:
        return commands.EndMaintenance(device_id=device_id, version=version)

    @mutation(returns=DeviceView)
    def record_calibration(
        self, device_id: UUID, due_at: datetime, at: datetime | None = None
    ) -> commands.RecordCalibration:
        return commands.RecordCalibration(device_id=device_id, due_at=due_at, at=at)

    @mutation(returns=DeviceView)
    def retire_device(self, device_id: UUID, version: int | None = None) -> commands.RetireDevice:
        return commands.RetireDevice(device_id=device_id, version=version)

    @mutation(returns=DeviceMetricView)
    def name_device_metric(
        self,
        device_id: UUID,
        alias: str,
        metric: str,
        unit: str | None = None,
        low: float | None = None,
        high: float | None = None,
    ) -> commands.NameDeviceMetric:
        known = metric_named(metric)
        if unit is not None:
            convert(
                1.0, unit, known.unit, known.molar_mass
            )  # refuses a unit that is unknown or of another kind
        return commands.NameDeviceMetric(
            device_id=device_id, alias=alias, metric=known.code, unit=unit, low=low, high=high
        )
