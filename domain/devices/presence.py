"""Where a device is now, for commands."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, or_, select

from domain.devices.model import DeviceAttachment
from domain.places.times import during
from kit.errors import Invalid
from kit.work import Work


def attachment_of(work: Work, device_id: UUID) -> DeviceAttachment | None:
    """The present attachment of a device."""
    asked = select(DeviceAttachment).where(
        DeviceAttachment.device_id == device_id, during(DeviceAttachment, None)
    )
    return work.session.exec(asked).first()


def attached_after(work: Work, device_id: UUID, at: datetime) -> DeviceAttachment | None:
    """An attachment that was under way after `at`: history is told in order."""
    ends = col(DeviceAttachment.until)
    asked = select(DeviceAttachment).where(
        DeviceAttachment.device_id == device_id, or_(ends.is_(None), ends > at)
    )
    return work.session.exec(asked.order_by(col(DeviceAttachment.since).desc())).first()


def end_attachment(work: Work, attachment: DeviceAttachment, at: datetime) -> None:
    """Let the device leave its place at `at`. Raises Invalid if it came later than that."""
    if at < attachment.since:
        raise before_last_change(attachment)
    if at == attachment.since:
        work.session.delete(attachment)  # lasted for no time at all
    attachment.until = at
    work.session.flush()
    work.emit("DeviceDetached", attachment.scope, device=attachment.device_id,
              bed=attachment.bed_id)  # fmt: skip


def before_last_change(attachment: DeviceAttachment) -> Invalid:
    last = attachment.until or attachment.since
    return Invalid(f"the last change was at {last.isoformat()}; give a later time",
                   reason="BEFORE_LAST_CHANGE", field="at", blocking=attachment.id)  # fmt: skip
