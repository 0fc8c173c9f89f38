"""Commands on how a device proves who it is. A secret passes by once and is never kept."""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.devices.model import CredentialKind, Device, DeviceCredential
from domain.devices.states import require_kept
from domain.devices.verifiers import is_verifier
from domain.places.times import store
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """A password for the broker, told once."""

    credential: DeviceCredential = field(repr=False)
    secret: str = field(repr=False)


class OfDevice:
    """Lands where the device is at home."""

    device_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Device, self.device_id).scope


class _WithSecret(OfDevice):
    def payload(self) -> dict[str, Any]:
        """Without the secret, which is another one at every send."""
        return {"device_id": str(self.device_id)}


@dataclass(frozen=True, kw_only=True)
class IssueDevicePassword(_WithSecret, Command[IssuedSecret]):
    """Make the password by which a device logs in at the broker. It is shown once."""

    action = "device.credential"

    device_id: UUID
    secret: str = field(repr=False)
    verifier: str = field(repr=False)

    def apply(self, work: Work) -> IssuedSecret:
        device = work.get(Device, self.device_id)
        old = _password_of(work, device)
        if old is not None:
            raise Conflict(f"the device has a password since {old.issued_at.isoformat()}; "
                           "rotate it", reason="PASSWORD_IN_FORCE", blocking=old.id,
                           allowed=("rotateDeviceCredential",))  # fmt: skip
        return issue_password(work, device, self.verifier, self.secret)


@dataclass(frozen=True, kw_only=True)
class RotateCredential(_WithSecret, Command[IssuedSecret]):
    """Replace a device's password: the old one is worthless at once, the new one shown once."""

    action = "device.credential"

    device_id: UUID
    secret: str = field(repr=False)
    verifier: str = field(repr=False)

    def apply(self, work: Work) -> IssuedSecret:
        device = work.get(Device, self.device_id)
        old = _password_of(work, device)
        if old is None:
            raise Conflict("the device has no password; issue one", reason="NO_PASSWORD",
                           blocking=device.id, allowed=("issueDevicePassword",))  # fmt: skip
        old.revoked_at = work.now
        work.session.flush()
        return issue_password(work, device, self.verifier, self.secret)


@dataclass(frozen=True, kw_only=True)
class TrustCertificate(OfDevice, Command[DeviceCredential]):
    """Let a device log in with the certificate that has this SHA-256 fingerprint.

    The certificate's common name has to be the device's user name at the broker.
    """

    action = "device.credential"

    device_id: UUID
    fingerprint: str

    def apply(self, work: Work) -> DeviceCredential:
        device = work.get(Device, self.device_id)
        require_kept(device)
        fingerprint = _plain_fingerprint(self.fingerprint)
        other = work.session.exec(
            select(DeviceCredential).where(
                DeviceCredential.hospital_id == device.hospital_id,
                DeviceCredential.verifier == fingerprint,
                col(DeviceCredential.revoked_at).is_(None),
            )
        ).first()
        if other is not None:
            raise Conflict("the certificate is trusted already; one belongs to one device",
                           reason="CERTIFICATE_TAKEN", blocking=other.device_id,
                           field="fingerprint")  # fmt: skip
        return _keep(work, device, CredentialKind.CERTIFICATE, fingerprint)


@dataclass(frozen=True, kw_only=True)
class RevokeCredential(Command[DeviceCredential]):
    """Make a device's password or certificate worthless at once."""

    action = "device.credential"

    credential_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Device, work.get(DeviceCredential, self.credential_id).device_id).scope

    def apply(self, work: Work) -> DeviceCredential:
        credential = work.get(DeviceCredential, self.credential_id)
        if credential.revoked_at is None:
            credential.revoked_at = work.now
            _tell(work, work.get(Device, credential.device_id))
        return credential


def issue_password(work: Work, device: Device, verifier: str, secret: str) -> IssuedSecret:
    """Keep the verifier of a new password. Raises Conflict for a retired device."""
    require_kept(device)
    if not is_verifier(verifier):
        raise Invalid("a verifier has Mosquitto's $7$ form", field="verifier")
    return IssuedSecret(_keep(work, device, CredentialKind.PASSWORD, verifier), secret)


def end_credentials(work: Work, device: Device) -> None:
    """Revoke whatever the device could log in with."""
    for credential in work.session.exec(_in_force(device)):
        credential.revoked_at = work.now
    _tell(work, device)


def _keep(work: Work, device: Device, kind: CredentialKind, verifier: str) -> DeviceCredential:
    kept = store(work, DeviceCredential(
        hospital_id=device.hospital_id, device_id=device.id, kind=kind, verifier=verifier,
        issued_at=work.now, issued_by=work.actor.id,
    ))  # fmt: skip
    _tell(work, device)
    return kept


def _in_force(device: Device) -> Any:
    return select(DeviceCredential).where(
        DeviceCredential.device_id == device.id, col(DeviceCredential.revoked_at).is_(None)
    )


def _password_of(work: Work, device: Device) -> DeviceCredential | None:
    asked = _in_force(device).where(DeviceCredential.kind == CredentialKind.PASSWORD)
    found: DeviceCredential | None = work.session.exec(asked).first()
    return found


def _tell(work: Work, device: Device) -> None:
    """The broker's files are written anew from this event."""
    work.emit("DeviceCredentialChanged", device.scope, device=device.id)


def _plain_fingerprint(text: str) -> str:
    plain = text.replace(":", "").lower()
    if not _FINGERPRINT.fullmatch(plain):
        raise Invalid("give the SHA-256 of the certificate as 64 hexadecimal digits",
                      field="fingerprint")  # fmt: skip
    return plain
