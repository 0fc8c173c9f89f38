"""Reads of pressure, cut to the viewer's scopes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from domain.places import queries as places
from domain.places.reach import hospital_in_reach, within
from domain.pressure.commands import LapsePressure
from domain.pressure.model import CardTick, PressureDeclaration
from domain.pressure.standing import Standing, standing
from kit.command import Command
from kit.work import Scope

PAGE = 101
MOST_HOSPITALS = 100


def pressure(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, now: datetime
) -> Standing:
    """Of one hospital. Raises NotFound."""
    hospital_in_reach(session, scopes, hospital_id)
    return standing(session, hospital_id, now)


def network_pressure(session: Session, scopes: Sequence[Scope], now: datetime) -> list[Standing]:
    """Of the hospitals of which the viewer sees all, at most 100; the most pressed first."""
    whole = [scope for scope in scopes if scope.ward is None]
    seen = places.hospitals(session, whole, limit=MOST_HOSPITALS) if whole else ()
    found = [standing(session, one.id, now) for one in seen]
    return sorted(found, key=lambda one: (-one.level, -one.suggested, one.hospital_id))


def declarations(
    session: Session,
    scopes: Sequence[Scope],
    hospital_id: UUID,
    *,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[PressureDeclaration]:
    """What was declared in a hospital, the latest first."""
    query = select(PressureDeclaration).where(
        PressureDeclaration.hospital_id == hospital_id,
        within(scopes, col(PressureDeclaration.hospital_id)),
    )
    if after is not None:
        query = query.where(col(PressureDeclaration.id) < after)
    return session.exec(
        query.order_by(col(PressureDeclaration.id).desc()).limit(min(limit, PAGE))
    ).all()


def ticks(session: Session, declaration_ids: Sequence[UUID]) -> dict[UUID, dict[str, CardTick]]:
    """Who did what at which declaration: by declaration and card."""
    found: dict[UUID, dict[str, CardTick]] = {one: {} for one in declaration_ids}
    rows = session.exec(select(CardTick).where(col(CardTick.declaration_id).in_(declaration_ids)))
    for row in rows:
        found[row.declaration_id][row.card] = row
    return found


def pressures_past(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """For the clock: every level whose time has passed."""
    late = session.exec(
        select(PressureDeclaration.hospital_id).where(
            col(PressureDeclaration.until).is_(None), col(PressureDeclaration.ends_at) <= now
        )
    )
    return [LapsePressure(hospital_id=hospital) for hospital in late]
