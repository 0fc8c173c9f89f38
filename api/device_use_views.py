"""What GraphQL shows of equipment as a whole: how much is in use, and where it could go."""

from datetime import datetime
from typing import Self

import strawberry

from api.bed_views import as_id, maybe_id
from api.sight import Sight, View, classified
from authz.classes import DataClass
from domain.devices.equipment import AttachableSpot, EquipmentUse
from domain.devices.model import DeviceKind


@classified(DataClass.DEVICE)
@strawberry.type
class DeviceSpot(View):
    """A room or a bed to which a device can be attached."""

    room_id: strawberry.ID
    room_code: str
    bed_id: strawberry.ID | None
    bed_code: str | None

    @classmethod
    def of(cls, spot: AttachableSpot, sight: Sight) -> Self:
        return cls(
            sight=sight,
            room_id=as_id(spot.room_id),
            room_code=spot.room_code,
            bed_id=maybe_id(spot.bed_id),
            bed_code=spot.bed_code,
        )


@classified(DataClass.DEVICE)
@strawberry.type(name="EquipmentUse")
class EquipmentUseView(View):
    """Devices of one kind: `total` = `inUse` + `free` + `maintenance` + `lost`.

    In use: attached to a bed in which somebody lies. Retired ones are not counted.
    """

    kind: DeviceKind
    total: int
    in_use: int
    free: int
    maintenance: int
    lost: int
    calibration_overdue: int
    as_of: datetime
    source: str

    @classmethod
    def of(cls, use: EquipmentUse, now: datetime, sight: Sight) -> Self:
        return cls(
            sight=sight,
            kind=use.kind,
            total=use.total,
            in_use=use.in_use,
            free=use.free,
            maintenance=use.maintenance,
            lost=use.lost,
            calibration_overdue=use.calibration_overdue,
            as_of=now,
            source="LIVE",
        )
