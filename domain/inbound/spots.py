"""From a sender's codes to our ward and bed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from domain.beds.model import Bed
from domain.inbound.facts import Spot
from domain.inbound.model import InboundSpot
from domain.places.model import Room, Ward
from kit.errors import Conflict, Invalid, NotFound
from kit.work import Work


def ward_of(work: Work, hospital_id: UUID, spot: Spot | None, field: str = "PV1-3") -> Ward:
    """The ward. Raises Invalid NO_LOCATION, or Conflict WARD_UNKNOWN."""
    if spot is None or not spot.ward:
        raise Invalid(f"{field} names no ward", reason="NO_LOCATION", field=field)
    if named := _named(work, hospital_id, spot.ward, "", ""):
        return work.get(Ward, named.ward_id)
    ward = work.session.exec(
        select(Ward).where(
            Ward.hospital_id == hospital_id,
            func.lower(Ward.code) == spot.ward.lower(),
            col(Ward.closed_at).is_(None),
        )
    ).first()
    if ward is None:
        raise Conflict(f"no ward here has the code of {field}: add the ward, or name the code",
                       reason="WARD_UNKNOWN", field=field)  # fmt: skip
    return ward


def bed_of(work: Work, hospital_id: UUID, spot: Spot | None, field: str = "PV1-3") -> Bed:
    """The bed. Raises what `ward_of` raises, Invalid NO_BED_NAMED, or Conflict BED_UNKNOWN."""
    if spot is not None and spot.bed:
        named = _named(work, hospital_id, spot.ward, spot.room, spot.bed)
        if named is not None and named.bed_id is not None:
            return work.get(Bed, named.bed_id)
    ward = ward_of(work, hospital_id, spot, field)
    if spot is None or not spot.bed:
        raise Invalid(f"{field} names a ward but no bed", reason="NO_BED_NAMED", field=field)
    fitting = _fitting(beds_of(work, ward.id), spot)
    if len(fitting) != 1:
        raise Conflict(
            f"the ward has {'no bed' if not fitting else 'several beds'} of the code of {field}:"
            " add the bed, or name the code",
            reason="BED_UNKNOWN", field=field,
        )  # fmt: skip
    return fitting[0]


def beds_of(work: Work, ward_id: UUID) -> Sequence[tuple[Bed, str]]:
    """The ward's present beds, each with the code of its room, by code."""
    return work.session.exec(
        select(Bed, Room.code)
        .join(Room, col(Room.id) == col(Bed.room_id))
        .where(Bed.ward_id == ward_id, col(Bed.removed_at).is_(None))
        .order_by(col(Bed.code))
    ).all()


def bed_named(session: Session, ward_id: UUID, code: str) -> UUID:
    """Our bed of this code in the ward. Raises NotFound."""
    found = session.exec(
        select(Bed.id).where(
            Bed.ward_id == ward_id,
            func.lower(Bed.code) == code.lower(),
            col(Bed.removed_at).is_(None),
        )
    ).first()
    if found is None:
        raise NotFound(f"the ward has no bed {code}", field="bed")
    return found


def bed_code(spot: Spot) -> str:
    """The code that a bed gets when it is added for a sender: unique in its ward."""
    return f"{spot.room}-{spot.bed}" if spot.room else spot.bed


def _fitting(beds: Sequence[tuple[Bed, str]], spot: Spot) -> list[Bed]:
    """The room decides; where the sender's rooms are not ours, the bed's code alone."""
    bed, room = spot.bed.lower(), spot.room.lower()
    codes = (bed, bed_code(spot).lower())
    inside = [one for one, code in beds if code.lower() == room and one.code.lower() in codes]
    if inside or room in (code.lower() for _, code in beds):
        return inside
    return [one for one, _ in beds if one.code.lower() in codes]


def _named(work: Work, hospital_id: UUID, ward: str, room: str, bed: str) -> InboundSpot | None:
    return work.session.exec(
        select(InboundSpot).where(
            InboundSpot.hospital_id == hospital_id, InboundSpot.ward_code == ward,
            InboundSpot.room_code == room, InboundSpot.bed_code == bed,
        )
    ).first()  # fmt: skip
