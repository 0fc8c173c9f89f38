"""What GraphQL shows of pressure: levels, figures, declarations and action cards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

import strawberry

from api.places import Names
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.measures.pressure import levels
from domain.pressure.cards import ActionCard, cards_at
from domain.pressure.model import (
    CardTick,
    PressureDeclaration,
    PressureReason,
    PressureThreshold,
)
from domain.pressure.standing import Figure, Standing

strawberry.enum(PressureReason)


@classified(DataClass.GENERAL)
@strawberry.type(name="ActionCard")
class CardView:
    """What is to be done at a level and the ones above it, and by whom."""

    code: str
    level: int
    role: str
    text: Names

    @classmethod
    def of(cls, card: ActionCard) -> Self:
        return cls(
            code=card.code, level=card.level, role=card.role, text=Names(zh=card.zh, en=card.en)
        )


@classified(DataClass.CAPACITY)
@strawberry.type(name="PressureAction")
class ActionView(View):
    """An action card of the level in force, and who has seen to it."""

    card: CardView = shows(DataClass.GENERAL)
    done_at: datetime | None
    done_by: strawberry.ID | None


@classified(DataClass.CAPACITY)
@strawberry.type(name="PressureLimit")
class LimitOfLevel(View):
    """At which value a measure reaches a level, and where it falls again."""

    level: int | None
    rise: float | None
    fall: float | None


@classified(DataClass.CAPACITY)
@strawberry.type(name="PressureFigure")
class FigureView(View):
    """One parameter of the suggestion; value and level are null where there are no data."""

    measure: str = shows(DataClass.GENERAL)
    unit: str = shows(DataClass.GENERAL)
    formula: str = shows(DataClass.GENERAL)
    value: float | None
    level: int | None
    limits: list[LimitOfLevel] | None

    @classmethod
    def of(cls, figure: Figure, sight: Sight) -> Self:
        return cls(
            sight=sight,
            measure=str(figure.measured.name),
            unit=figure.measured.unit,
            formula=figure.measured.formula,
            value=figure.measured.value,
            level=figure.level,
            limits=[
                LimitOfLevel(sight=sight, level=one.level, rise=one.rise, fall=one.fall)
                for one in figure.limits
            ],
        )


@classified(DataClass.CAPACITY)
@strawberry.type(name="PressureDeclaration")
class DeclarationView(View):
    """A level that somebody declared, beside what the figures suggested at that moment."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    hospital_id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    level: int | None
    suggested: int | None
    reason: PressureReason | None
    declared_by: strawberry.ID | None
    since: datetime | None
    ends_at: datetime | None
    until: datetime | None

    @classmethod
    def of(cls, row: PressureDeclaration, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            hospital_id=strawberry.ID(str(row.hospital_id)),
            version=row.version,
            level=row.level,
            suggested=row.suggested,
            reason=row.reason,
            declared_by=strawberry.ID(str(row.recorded_by)),
            since=row.since,
            ends_at=row.ends_at,
            until=row.until,
        )


@classified(DataClass.CAPACITY)
@strawberry.type(name="HospitalPressure")
class PressureView(View):
    """How pressed a hospital is: the level in force, and the one that its figures suggest."""

    hospital_id: strawberry.ID = shows(DataClass.GENERAL)
    as_of: datetime = shows(DataClass.GENERAL)
    level: int | None
    colour: str | None
    suggested: int | None
    declaration: DeclarationView | None
    figures: list[FigureView] | None
    actions: list[ActionView] | None

    @classmethod
    def of(cls, found: Standing, ticks: Mapping[str, CardTick], sight: Sight) -> Self:
        declared = found.declaration
        return cls(
            sight=sight,
            hospital_id=strawberry.ID(str(found.hospital_id)),
            as_of=found.as_of,
            level=found.level,
            colour=next(one.colour for one in levels() if one.level == found.level),
            suggested=found.suggested,
            declaration=DeclarationView.of(declared, sight) if declared else None,
            figures=[FigureView.of(figure, sight) for figure in found.figures],
            actions=[_action(card, ticks, sight) for card in cards_at(found.level)],
        )


@classified(DataClass.CAPACITY)
@strawberry.type(name="CardTick")
class TickView(View):
    """An action card that was seen to."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    declaration_id: strawberry.ID = shows(DataClass.GENERAL)
    card: str | None
    done_at: datetime | None
    done_by: strawberry.ID | None

    @classmethod
    def of(cls, row: CardTick, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            declaration_id=strawberry.ID(str(row.declaration_id)),
            card=row.card,
            done_at=row.done_at,
            done_by=strawberry.ID(str(row.done_by)),
        )


@classified(DataClass.CAPACITY)
@strawberry.type(name="PressureThreshold")
class ThresholdView(View):
    """A hospital's own limit of a level."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    hospital_id: strawberry.ID = shows(DataClass.GENERAL)
    measure: str | None
    level: int | None
    rise: float | None
    fall: float | None

    @classmethod
    def of(cls, row: PressureThreshold, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            hospital_id=strawberry.ID(str(row.hospital_id)),
            measure=str(row.measure),
            level=row.level,
            rise=row.rise,
            fall=row.fall,
        )


@classified(DataClass.CAPACITY)
@strawberry.type
class PressureEvent(View):
    """A hospital's pressure, and the cursor to go on from."""

    cursor: str = shows(DataClass.GENERAL)
    pressure: PressureView | None


def _action(card: ActionCard, ticks: Mapping[str, CardTick], sight: Sight) -> ActionView:
    tick = ticks.get(card.code)
    return ActionView(
        sight=sight,
        card=CardView.of(card),
        done_at=tick.done_at if tick else None,
        done_by=strawberry.ID(str(tick.done_by)) if tick else None,
    )
