"""Commands on the device itself: it is registered, changed, and at last retired."""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.devices.credentials import IssuedSecret, end_credentials, issue_password
from domain.devices.model import Device, DeviceKind, DeviceState, Protocol
from domain.devices.presence import attachment_of, end_attachment
from domain.devices.queries import device_by_code, devices_behind
from domain.devices.states import require_kept, turn
from domain.places.commands import replace_given, require_open
from domain.places.model import Hospital, Ward
from domain.places.times import expect_version, store
from kit.command import Command
from kit.errors import Conflict, Invalid, NotFound
from kit.work import Scope, Work

CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")
SILENCE_S = (5, 604_800)
LOST_FACTOR = (1, 10_000)


@dataclass(frozen=True, slots=True)
class Registered:
    """A new device, and its password where one was made: told once."""

    device: Device
    issued: IssuedSecret | None = None


@dataclass(frozen=True, kw_only=True)
class RegisterDevice(Command[Registered]):
    """Add a device to a hospital. Its code is its name at the broker and is never used again.

    `silentAfterS`: longer without a message is silence, and the device is STALE; STALE for
    `lostFactor` times as long, it is LOST.
    """

    action = "device.register"

    hospital_id: UUID
    code: str
    kind: DeviceKind
    protocol: Protocol = Protocol.MQTT
    ward_id: UUID | None = None
    model: str = ""
    serial_number: str = ""
    gateway_id: UUID | None = None
    silent_after_s: int = 60
    lost_factor: int = 10
    secret: str | None = field(default=None, repr=False)
    verifier: str | None = field(default=None, repr=False)

    def scope(self, work: Work) -> Scope:
        hospital = work.get(Hospital, self.hospital_id)
        return _home(work, hospital.id, self.ward_id)

    def apply(self, work: Work) -> Registered:
        _require_code(self.code)
        _require_texts(self.model, self.serial_number)
        _require_times(self.silent_after_s, self.lost_factor)
        _require_gateway(work, self.hospital_id, self.gateway_id)
        if device_by_code(work.session, self.hospital_id, self.code):
            raise Conflict(f"the code {self.code} is in use here; choose another",
                           reason="CODE_TAKEN", field="code")  # fmt: skip
        device = store(work, Device(
            hospital_id=self.hospital_id, ward_id=self.ward_id, code=self.code, kind=self.kind,
            protocol=self.protocol, model=self.model, serial=self.serial_number,
            gateway_id=self.gateway_id, silent_after_s=self.silent_after_s,
            lost_factor=self.lost_factor, registered_at=work.now, state_since=work.now,
        ))  # fmt: skip
        work.emit("DeviceRegistered", device.scope, device=device.id)
        if self.verifier is None:
            return Registered(device)
        return Registered(device, issue_password(work, device, self.verifier, self.secret or ""))

    def payload(self) -> dict[str, Any]:
        """Without the secret, which is another one at every send."""
        said = super().payload()
        return {name: said[name] for name in said if name not in ("secret", "verifier")}


@dataclass(frozen=True, kw_only=True)
class UpdateDevice(Command[Device]):
    """Change what is known of a device. What is left out stays."""

    action = "device.register"

    device_id: UUID
    ward_id: UUID | None = None
    kind: DeviceKind | None = None
    protocol: Protocol | None = None
    model: str | None = None
    serial_number: str | None = None
    gateway_id: UUID | None = None
    silent_after_s: int | None = None
    lost_factor: int | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Device, self.device_id).scope

    def apply(self, work: Work) -> Device:
        device = work.get(Device, self.device_id)
        expect_version(device, self.version)
        require_kept(device)
        _home(work, device.hospital_id, self.ward_id)
        _require_texts(self.model or "", self.serial_number or "")
        _require_times(self.silent_after_s, self.lost_factor)
        _require_gateway(work, device.hospital_id, self.gateway_id, of=device)
        if self.kind not in (None, DeviceKind.GATEWAY):
            _require_alone(work, device)
        replace_given(
            device, ward_id=self.ward_id, kind=self.kind, protocol=self.protocol,
            model=self.model, serial=self.serial_number, gateway_id=self.gateway_id,
            silent_after_s=self.silent_after_s, lost_factor=self.lost_factor,
        )  # fmt: skip
        work.emit("DeviceChanged", device.scope, device=device.id)
        return device


@dataclass(frozen=True, kw_only=True)
class RetireDevice(Command[Device]):
    """Take a device out of use for good: detached, and unable to log in from now on."""

    action = "device.retire"

    device_id: UUID
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Device, self.device_id).scope

    def apply(self, work: Work) -> Device:
        device = work.get(Device, self.device_id)
        expect_version(device, self.version)
        _require_alone(work, device)
        turn(work, device, DeviceState.RETIRED)
        device.retired_at = work.now
        attachment = attachment_of(work, device.id)
        if attachment is not None:
            end_attachment(work, attachment, work.now)
        end_credentials(work, device)
        return device


def _home(work: Work, hospital_id: UUID, ward_id: UUID | None) -> Scope:
    if ward_id is None:
        return Scope(hospital_id)
    ward = work.get(Ward, ward_id)
    if ward.hospital_id != hospital_id:
        raise NotFound.of("ward", ward_id)
    require_open(ward)
    return ward.scope


def _require_code(code: str) -> None:
    if not CODE.fullmatch(code) or code in (".", ".."):
        raise Invalid("a device's code has 1 to 64 of A-Z, a-z, 0-9, point, _ and -: it becomes "
                      "a name at the broker", reason="DEVICE_CODE", field="code")  # fmt: skip


def _require_texts(model: str, serial: str) -> None:
    for name, text, longest in (("model", model, 120), ("serialNumber", serial, 64)):
        if len(text) > longest or not text.isprintable():
            raise Invalid(f"give at most {longest} printable characters", field=name)


def _require_times(silent_after_s: int | None, lost_factor: int | None) -> None:
    for name, number, (low, high) in (
        ("silentAfterS", silent_after_s, SILENCE_S),
        ("lostFactor", lost_factor, LOST_FACTOR),
    ):
        if number is not None and not low <= number <= high:
            raise Invalid(f"give a number from {low} to {high}", field=name)


def _require_gateway(
    work: Work, hospital_id: UUID, gateway_id: UUID | None, of: Device | None = None
) -> None:
    if gateway_id is None:
        return
    gateway = work.get(Device, gateway_id)
    if gateway.hospital_id != hospital_id:
        raise NotFound.of("device", gateway_id)
    require_kept(gateway)
    if gateway.kind != DeviceKind.GATEWAY or gateway == of or gateway.gateway_id is not None:
        raise Invalid("this is no gateway that speaks for itself", reason="NOT_A_GATEWAY",
                      field="gatewayId", blocking=gateway.id)  # fmt: skip
    if of is not None:
        _require_alone(work, of)


def _require_alone(work: Work, device: Device) -> None:
    behind = devices_behind(work.session, device.id)
    if behind:
        raise Conflict(f"it speaks for {len(behind)} devices; give them another gateway first",
                       reason="GATEWAY_IN_USE", blocking=behind[0].id)  # fmt: skip
