"""Who speaks under which topic: codes of hospital and device to ids, kept while nothing changes.

The change feed says when a device or credential changed, in this process or another; a minute is
the longest that anything is believed without asking again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from sqlmodel import Session, col, select

from app.tail import Change
from app.wiring import App
from domain.devices.model import Device, DeviceCredential, DeviceState
from domain.places.model import Hospital
from kit.db import reading

FRESH_S = 60.0
UNKNOWN_S = 2.0
MOST_UNKNOWN = 10_000  # names that do not exist cost memory too
_TELEMETRY = ("DeviceHeard", "ReadingsStored")  # tell nothing about who a device is

Name = tuple[str, str]  # hospital code, device code


@dataclass(frozen=True, slots=True)
class Known:
    """A device as the door needs it. Without an id only its hospital is known."""

    hospital_id: UUID
    device_id: UUID | None = None
    ward_id: UUID | None = None
    refusal: str | None = None  # why its messages are parked


class Directory:
    """Used by one thread; `forget` may be called from any."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._known: dict[Name, tuple[Known | None, float]] = {}
        self._changed = False
        self._end = app.feed.listen(self._heard)

    def close(self) -> None:
        self._end()

    def look_up(self, names: Collection[Name]) -> dict[Name, Known | None]:
        """Each name's device; None where not even the hospital is known."""
        if self._changed:
            self._changed = False
            self._known = {}
        now = monotonic()
        missing = [n for n in names if n not in self._known or self._known[n][1] < now]
        if missing:
            self._read(missing, now)
        return {name: self._known[name][0] for name in names}

    def _heard(self, changes: Sequence[Change]) -> None:
        if any(matters(change.name) for change in changes):
            self._changed = True

    def _read(self, names: list[Name], now: float) -> None:
        if len(self._known) > MOST_UNKNOWN:
            self._known = {n: k for n, k in self._known.items() if k[0] and k[0].device_id}
        with reading(self._app.read_engine) as session:
            found = _devices(session, names)
        for name in names:
            known = found.get(name)
            lasts = FRESH_S if known and known.device_id else UNKNOWN_S
            self._known[name] = (known, now + lasts)


def matters(name: str) -> bool:
    return name.startswith(("Device", "Hospital", "Credential")) and name not in _TELEMETRY


def _devices(session: Session, names: Iterable[Name]) -> dict[Name, Known]:
    by_hospital: dict[str, list[str]] = {}
    for hospital, device in names:
        by_hospital.setdefault(hospital, []).append(device)
    hospitals = session.exec(
        select(Hospital.code, Hospital.id).where(col(Hospital.code).in_(sorted(by_hospital)))
    )
    found: dict[Name, Known] = {}
    for code, hospital_id in hospitals.all():
        found |= {(code, device): Known(hospital_id) for device in by_hospital[code]}
        rows = session.exec(
            select(Device).where(
                Device.hospital_id == hospital_id, col(Device.code).in_(by_hospital[code])
            )
        ).all()
        trusted = set(session.exec(
            select(DeviceCredential.device_id).where(
                col(DeviceCredential.device_id).in_([row.id for row in rows]),
                col(DeviceCredential.revoked_at).is_(None),
            )
        ))  # fmt: skip
        for row in rows:
            found[code, row.code] = Known(
                hospital_id, row.id, row.ward_id, _refusal(row, row.id in trusted)
            )
    return found


def _refusal(device: Device, trusted: bool) -> str | None:
    if device.state == DeviceState.RETIRED:
        return "DEVICE_RETIRED"
    return None if trusted else "DEVICE_REVOKED"
