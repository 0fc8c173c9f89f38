"""Cuts every read to the places that the viewer may see, in SQL."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, false, or_, select, true
from sqlmodel import Session, col

from domain.places.model import Hospital, Ward
from kit.errors import NotFound
from kit.work import Scope

_HOSPITAL_OF = select(col(Ward.hospital_id)).where(col(Ward.id) == bindparam("ward"))


def within(scopes: Sequence[Scope], hospital: Any, ward: Any = None) -> ColumnElement[bool]:
    """The rows of these columns that lie inside `scopes`.

    A row without a ward belongs to its hospital: a ward's scope does not reach it.
    """
    clauses: list[ColumnElement[bool]] = []
    for scope in scopes:
        if scope.hospital is None:
            return true()
        if scope.ward is None:
            clauses.append(hospital == scope.hospital)
        elif ward is not None:
            clauses.append(and_(hospital == scope.hospital, ward == scope.ward))
    return or_(false(), *clauses)


def ward_in_reach(session: Session, scopes: Sequence[Scope], ward_id: UUID) -> Ward:
    """The ward. Raises NotFound for an unknown and for a foreign one alike."""
    ward = session.get(Ward, ward_id)
    if ward is None or not any(scope.covers(ward.scope) for scope in scopes):
        raise NotFound.of("ward", ward_id)
    return ward


def hospital_of_ward(session: Session, scopes: Sequence[Scope], ward_id: UUID) -> UUID:
    """Which hospital the ward is in, without loading it. Raises NotFound like `ward_in_reach`."""
    hospital_id = session.connection().execute(_HOSPITAL_OF, {"ward": ward_id}).scalar()
    if hospital_id is None or not any(
        scope.covers(Scope(hospital_id, ward_id)) for scope in scopes
    ):
        raise NotFound.of("ward", ward_id)
    return hospital_id


def hospital_in_reach(session: Session, scopes: Sequence[Scope], hospital_id: UUID) -> Hospital:
    """The hospital, where the viewer may see all of it. Raises NotFound."""
    hospital = session.get(Hospital, hospital_id)
    if hospital is None or not any(scope.covers(hospital.scope) for scope in scopes):
        raise NotFound.of("hospital", hospital_id)
    return hospital


def by_keyset(key: Any, after: UUID | None) -> ColumnElement[bool]:
    """The rows behind the cursor `after`, in the order of their ids."""
    return true() if after is None else col(key) > after
