"""What time alone does to devices."""

from datetime import datetime

from sqlmodel import Session

from domain.devices.silence import MarkSilentDevices, silent


def devices_fall_silent(session: Session, now: datetime) -> list[MarkSilentDevices]:
    """One command per hospital that has silent or lost devices to mark."""
    hospitals = {device.hospital_id for device, _ in silent(session, now)}
    return [MarkSilentDevices(hospital_id=key) for key in sorted(hospitals)]
