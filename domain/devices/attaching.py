"""Commands on where a device is: attached to a bed or a room, and taken away again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.beds.model import Bed
from domain.beds.presence import require_bed
from domain.devices.model import Device, DeviceAttachment, DeviceState
from domain.devices.presence import (
    attached_after,
    attachment_of,
    before_last_change,
    end_attachment,
)
from domain.devices.states import wrong_state
from domain.places.model import Room
from domain.places.times import happened, recorded, store
from kit.command import Command
from kit.errors import Conflict, Invalid, NotFound
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class AttachDevice(Command[DeviceAttachment]):
    """Attach a device to a bed, or to a room. From then on its readings are of that place.

    A device is in one place at a time: one that is attached has to be detached first, or `move`
    does so at the same moment, which takes the same right at the place that it leaves.
    """

    action = "device.attach"

    device_id: UUID
    bed_id: UUID | None = None
    room_id: UUID | None = None
    at: datetime | None = None
    move: bool = False

    def scope(self, work: Work) -> Scope:
        device = work.get(Device, self.device_id)
        spots = _named(work, self.bed_id, self.room_id)
        return spots[0].scope if spots else device.scope

    def apply(self, work: Work) -> DeviceAttachment:
        device, at = work.get(Device, self.device_id), happened(work, self.at)
        spots = _named(work, self.bed_id, self.room_id)
        if len(spots) != 1:
            raise Invalid("give a bed or a room", field="bedId")
        spot = spots[0]
        if spot.hospital_id != device.hospital_id:
            raise NotFound.of("device", device.id)
        if device.state in (DeviceState.MAINTENANCE, DeviceState.RETIRED):
            raise wrong_state(device)
        _require_there(work, spot, at)
        self._leave(work, at)
        later = attached_after(work, device.id, at)
        if later is not None:
            raise before_last_change(later)
        bed = spot if isinstance(spot, Bed) else None
        attachment = store(work, DeviceAttachment(
            hospital_id=device.hospital_id, ward_id=spot.ward_id,
            room_id=bed.room_id if bed else spot.id, bed_id=bed.id if bed else None,
            device_id=device.id, since=at, **recorded(work),
        ))  # fmt: skip
        work.emit("DeviceAttached", attachment.scope, device=device.id, bed=attachment.bed_id)
        return attachment

    def _leave(self, work: Work, at: datetime) -> None:
        before = attachment_of(work, self.device_id)
        if before is None:
            return
        if not self.move:
            raise Conflict(
                f"the device is attached elsewhere since {before.since.isoformat()}; detach or "
                "move it", reason="DEVICE_ATTACHED", blocking=before.id,
                allowed=("detachDevice", "move"),
            )  # fmt: skip
        work.perform(DetachDevice(device_id=self.device_id, at=at))


@dataclass(frozen=True, kw_only=True)
class DetachDevice(Command[DeviceAttachment]):
    """Take a device away from its bed or room."""

    action = "device.attach"

    device_id: UUID
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        device = work.get(Device, self.device_id)
        attachment = attachment_of(work, device.id)
        return attachment.scope if attachment else device.scope

    def apply(self, work: Work) -> DeviceAttachment:
        device, at = work.get(Device, self.device_id), happened(work, self.at)
        attachment = attachment_of(work, device.id)
        if attachment is None:
            raise Conflict("the device is attached nowhere", reason="NOT_ATTACHED",
                           blocking=device.id)  # fmt: skip
        end_attachment(work, attachment, at)
        return attachment


def _named(work: Work, bed_id: UUID | None, room_id: UUID | None) -> list[Bed | Room]:
    beds: list[Bed | Room] = [work.get(Bed, bed_id)] if bed_id else []
    return beds + ([work.get(Room, room_id)] if room_id else [])


def _require_there(work: Work, spot: Bed | Room, at: datetime) -> None:
    if isinstance(spot, Bed) and require_bed(work, spot.id).added_at > at:
        raise Invalid(f"the bed is there since {spot.added_at.isoformat()}; give a later time",
                      reason="BEFORE_THE_BED", field="at", blocking=spot.id)  # fmt: skip
