"""Reads of places, cut to the viewer's scopes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from domain.places.model import Hospital, Room, Ward, WardSpecialty, WardStaffing
from domain.places.reach import by_keyset, within
from domain.places.times import during
from kit.work import Scope

PAGE = 101  # one more than a page, to know whether there is another


def hospitals(
    session: Session, scopes: Sequence[Scope], *, after: UUID | None = None, limit: int = PAGE
) -> Sequence[Hospital]:
    """Hospitals of which the viewer sees at least a part, by id."""
    seen = {scope.hospital for scope in scopes}
    query = select(Hospital).where(by_keyset(Hospital.id, after))
    if None not in seen:
        query = query.where(col(Hospital.id).in_([one for one in seen if one is not None]))
    return session.exec(query.order_by(col(Hospital.id)).limit(min(limit, PAGE))).all()


def wards(
    session: Session,
    scopes: Sequence[Scope],
    *,
    hospital_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[Ward]:
    """Wards by id; closed ones too."""
    query = select(Ward).where(
        within(scopes, col(Ward.hospital_id), col(Ward.id)), by_keyset(Ward.id, after)
    )
    if hospital_id is not None:
        query = query.where(Ward.hospital_id == hospital_id)
    return session.exec(query.order_by(col(Ward.id)).limit(min(limit, PAGE))).all()


def rooms(session: Session, scopes: Sequence[Scope], ward_id: UUID) -> Sequence[Room]:
    """The rooms of a ward by code."""
    query = select(Room).where(
        within(scopes, col(Room.hospital_id), col(Room.ward_id)), Room.ward_id == ward_id
    )
    return session.exec(query.order_by(col(Room.code))).all()


def specialties(
    session: Session, scopes: Sequence[Scope], ward_id: UUID
) -> tuple[tuple[str, int], ...]:
    """Whose patients a ward takes, best rank first."""
    here = within(scopes, col(WardSpecialty.hospital_id), col(WardSpecialty.ward_id))
    found = session.exec(
        select(WardSpecialty.specialty, WardSpecialty.rank)
        .where(here, WardSpecialty.ward_id == ward_id)
        .order_by(col(WardSpecialty.rank), col(WardSpecialty.specialty))
    )
    return tuple((name, rank) for name, rank in found)


@dataclass(frozen=True, slots=True)
class Place:
    """What a code stands for."""

    hospital_id: UUID
    ward_id: UUID | None


def place_by_code(
    session: Session, scopes: Sequence[Scope], hospital: str, ward: str | None = None
) -> Place | None:
    """Find a hospital, or a ward of it, by their codes, in any case of letters."""
    if ward is None:
        one = session.exec(
            select(Hospital.id).where(
                func.lower(Hospital.code) == hospital.lower(), within(scopes, col(Hospital.id))
            )
        ).first()
        return None if one is None else Place(one, None)
    pair = session.exec(
        select(Ward.hospital_id, Ward.id)
        .join(Hospital, col(Hospital.id) == col(Ward.hospital_id))
        .where(
            func.lower(Hospital.code) == hospital.lower(),
            func.lower(Ward.code) == ward.lower(),
            within(scopes, col(Ward.hospital_id), col(Ward.id)),
        )
    ).first()
    return None if pair is None else Place(pair[0], pair[1])


def staffed_beds(session: Session, ward_id: UUID, at: datetime | None = None) -> int:
    """For how many beds the ward had staff; 0 before it opened."""
    found = session.exec(
        select(WardStaffing.staffed_beds).where(
            WardStaffing.ward_id == ward_id, during(WardStaffing, at)
        )
    ).first()
    return found or 0
