"""How pressed a hospital is now: the level in force, the figures, and what they suggest."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from domain.measures.now import Measured, NowName, measure_now
from domain.measures.pressure import LOWEST, Threshold, levels, thresholds
from domain.pressure.model import PressureDeclaration, PressureThreshold
from domain.pressure.suggesting import level_of, suggested


@dataclass(frozen=True, slots=True)
class Figure:
    """One parameter, the level it has reached, and the limits it is judged by."""

    measured: Measured
    level: int | None
    limits: tuple[Threshold, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """`level` is the declared one while it is in force, else 1: nobody but a person raises it."""

    hospital_id: UUID
    as_of: datetime
    level: int
    suggested: int
    declaration: PressureDeclaration | None
    figures: tuple[Figure, ...]


def standing(session: Session, hospital_id: UUID, now: datetime) -> Standing:
    """The pressure of a hospital, in a statement per parameter and two more."""
    declaration = in_force(session, hospital_id, now)
    level = declaration.level if declaration else LOWEST
    limits = limits_of(session, hospital_id)
    figures = []
    for name in dict.fromkeys(limit.measure for limit in limits):
        measured = measure_now(session, name, hospital_id, None, now)
        mine = tuple(limit for limit in limits if limit.measure == name)
        figures.append(Figure(measured, level_of(measured.value, name, mine, level), mine))
    found = {figure.measured.name: figure.level for figure in figures}
    return Standing(hospital_id, now, level, suggested(found, levels()), declaration,
                    tuple(figures))  # fmt: skip


def in_force(session: Session, hospital_id: UUID, now: datetime) -> PressureDeclaration | None:
    """The open declaration, unless its time has passed."""
    found = session.exec(
        select(PressureDeclaration).where(
            PressureDeclaration.hospital_id == hospital_id, col(PressureDeclaration.until).is_(None)
        )
    ).first()
    return None if found is None or (found.ends_at or now) < now else found


def limits_of(session: Session, hospital_id: UUID) -> tuple[Threshold, ...]:
    """The shipped limits, with the hospital's own in their place."""
    rows = session.exec(
        select(PressureThreshold).where(PressureThreshold.hospital_id == hospital_id)
    )
    own = {(NowName(row.measure), row.level): row for row in rows}

    def applied(limit: Threshold) -> Threshold:
        mine = own.get((limit.measure, limit.level))
        return limit if mine is None else replace(limit, rise=mine.rise, fall=mine.fall)

    return tuple(applied(limit) for limit in thresholds())
