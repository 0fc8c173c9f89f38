"""How much of a hospital's equipment is in use, and where a device could be attached."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from domain.beds.model import Bed, BedStay
from domain.devices.model import Device, DeviceAttachment, DeviceKind, DeviceState
from domain.places.model import Room
from domain.places.reach import hospital_in_reach, ward_in_reach
from domain.places.times import during
from kit.errors import NotFound
from kit.work import Scope

_OUT_OF_USE = {DeviceState.MAINTENANCE: "maintenance", DeviceState.LOST: "lost"}


@dataclass(frozen=True, slots=True)
class EquipmentUse:
    """Devices of one kind that are not retired.

    total = in use + free + maintenance + lost. In use: attached to a bed in which somebody lies.
    Overdue counts devices of all four.
    """

    kind: DeviceKind
    total: int
    in_use: int
    free: int
    maintenance: int
    lost: int
    calibration_overdue: int


@dataclass(frozen=True, slots=True)
class AttachableSpot:
    """A room of a ward, or a bed in it, by the codes that stand on the doors."""

    room_id: UUID
    room_code: str
    bed_id: UUID | None = None
    bed_code: str | None = None


def equipment_use(
    session: Session,
    scopes: Sequence[Scope],
    now: datetime,
    *,
    hospital_id: UUID | None = None,
    ward_id: UUID | None = None,
) -> tuple[Scope, list[EquipmentUse]]:
    """By kind, for a hospital, or for what is in one ward: attached there, or else at home there.

    Raises NotFound.
    """
    if ward_id is not None:
        place = ward_in_reach(session, scopes, ward_id).scope
        if hospital_id not in (None, place.hospital):
            raise NotFound.of("ward", ward_id)
    else:
        place = hospital_in_reach(session, scopes, hospital_id or UUID(int=0)).scope
    counts: dict[DeviceKind, Counter[str]] = {}
    for kind, state, due_at, stay_id in session.execute(_in_place(place)):
        count = counts.setdefault(kind, Counter())
        count["total"] += 1
        count[_OUT_OF_USE.get(state, "in_use" if stay_id else "free")] += 1
        count["calibration_overdue"] += due_at is not None and due_at <= now
    return place, [
        EquipmentUse(kind, *(counts[kind][name] for name in EquipmentUse.__slots__[1:]))
        for kind in sorted(counts)
    ]


def attachable_spots(
    session: Session, scopes: Sequence[Scope], ward_id: UUID
) -> tuple[Scope, list[AttachableSpot]]:
    """The rooms of a ward and the beds that are there now, by code. Raises NotFound."""
    ward = ward_in_reach(session, scopes, ward_id)
    rooms = session.exec(select(Room).where(Room.ward_id == ward.id).order_by(Room.code)).all()
    beds = session.exec(
        select(Bed).where(Bed.ward_id == ward.id, col(Bed.removed_at).is_(None)).order_by(Bed.code)
    ).all()
    spots = []
    for room in rooms:
        spots.append(AttachableSpot(room.id, room.code))
        spots += [
            AttachableSpot(room.id, room.code, bed.id, bed.code)
            for bed in beds
            if bed.room_id == room.id
        ]
    return ward.scope, spots


def _in_place(place: Scope) -> Any:
    here = sa.and_(
        col(DeviceAttachment.device_id) == col(Device.id), during(DeviceAttachment, None)
    )
    lying = sa.and_(
        col(BedStay.bed_id) == col(DeviceAttachment.bed_id),
        col(BedStay.until).is_(None),
        col(BedStay.voided_at).is_(None),
    )
    asked = (
        sa.select(
            col(Device.kind), col(Device.state), col(Device.calibration_due_at), col(BedStay.id)
        )
        .outerjoin(DeviceAttachment, here)
        .outerjoin(BedStay, lying)
        .where(col(Device.hospital_id) == place.hospital)
        .where(col(Device.state) != DeviceState.RETIRED)
    )
    if place.ward is not None:
        used_in = sa.func.coalesce(col(DeviceAttachment.ward_id), col(Device.ward_id))
        asked = asked.where(used_in == place.ward)
    return asked
