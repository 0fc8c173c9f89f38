"""Pressure in GraphQL: look, declare, act."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.pressure_views import (
    CardView,
    DeclarationView,
    PressureEvent,
    PressureView,
    ThresholdView,
    TickView,
)
from api.query import Reader, query
from api.status import STATUS_EVENTS
from api.subscription import Topic, subscription
from domain.places.reach import hospital_in_reach
from domain.pressure import commands, queries
from domain.pressure.cards import cards_at
from domain.pressure.model import PressureReason
from domain.pressure.standing import Standing
from kit.work import Scope

PRESSURE_EVENTS = frozenset(
    {"PressureDeclared", "PressureLapsed", "CardTicked", "PressureLimitSet"}
)


@strawberry.type
class PressureQueries:
    @query("pressure.read")
    def pressure(self, reader: Reader, hospital_id: UUID) -> PressureView:
        """A hospital's level in force, its figures, what they suggest, and its action cards."""
        found = queries.pressure(reader.session, reader.scopes, hospital_id, reader.now)
        return _shown(reader, [found])[0]

    @query("pressure.read")
    def network_pressure(self, reader: Reader) -> list[PressureView]:
        """Of every hospital of which the viewer sees all, the most pressed first; at most 100."""
        return _shown(reader, queries.network_pressure(reader.session, reader.scopes, reader.now))

    @query("pressure.read")
    def pressure_history(
        self, reader: Reader, hospital_id: UUID, first: int, after: str | None = None
    ) -> Connection[DeclarationView]:
        """What was declared in a hospital, the latest first."""
        rows = queries.declarations(
            reader.session, reader.scopes, hospital_id, after=after_key(after),
            limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(
            rows, first, after, lambda row: DeclarationView.of(row, reader.sight(row.scope))
        )

    @query("pressure.read")
    def action_cards(self, reader: Reader, level: int) -> list[CardView]:
        """What is to be done at a level of pressure: its own cards and those of the ones below."""
        return [CardView.of(card) for card in cards_at(level)] if reader.scopes else []


def _topics(reader: Reader, hospital_id: UUID, after: str | None = None) -> tuple[Topic, ...]:
    hospital = hospital_in_reach(reader.session, reader.scopes, hospital_id)
    return (Topic(hospital.scope, PRESSURE_EVENTS | STATUS_EVENTS),)


@strawberry.type
class PressureSubscriptions:
    @subscription("pressure.read", topics=_topics)
    def pressure_changed(
        self, reader: Reader, hospital_id: UUID, after: str | None = None
    ) -> PressureEvent:
        """A hospital's pressure, now and after every change; a slow screen gets the latest only."""
        found = queries.pressure(reader.session, reader.scopes, hospital_id, reader.now)
        return PressureEvent(
            sight=reader.sight(Scope(hospital_id)),
            cursor=reader.context.app.feed.cursor(reader.session, hospital_id),
            pressure=_shown(reader, [found])[0],
        )


@strawberry.type
class PressureMutations:
    @mutation(returns=DeclarationView)
    def declare_pressure(
        self,
        hospital_id: UUID,
        level: int,
        reason: PressureReason,
        ends_at: datetime | None = None,
    ) -> commands.DeclarePressure:
        return commands.DeclarePressure(
            hospital_id=hospital_id, level=level, reason=reason, ends_at=ends_at
        )

    @mutation(returns=TickView)
    def tick_card(self, declaration_id: UUID, card: str) -> commands.TickCard:
        return commands.TickCard(declaration_id=declaration_id, card=card)

    @mutation(returns=ThresholdView)
    def set_pressure_threshold(
        self, hospital_id: UUID, measure: str, level: int, rise: float, fall: float
    ) -> commands.SetPressureThreshold:
        return commands.SetPressureThreshold(
            hospital_id=hospital_id, measure=measure, level=level, rise=rise, fall=fall
        )


def _shown(reader: Reader, found: list[Standing]) -> list[PressureView]:
    declared = [one.declaration.id for one in found if one.declaration]
    ticks = queries.ticks(reader.session, declared)
    return [
        PressureView.of(
            one,
            ticks[one.declaration.id] if one.declaration else {},
            reader.sight(Scope(one.hospital_id)),
        )
        for one in found
    ]
