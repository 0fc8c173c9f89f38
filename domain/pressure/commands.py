"""Commands on pressure: a person declares a level, acts on its cards, and sets its limits."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from domain.measures.now import NowName, now_named
from domain.measures.pressure import LOWEST, Threshold
from domain.places.model import Hospital
from domain.places.times import recorded, store, succeed
from domain.pressure.cards import cards_at, require_level
from domain.pressure.model import (
    CardTick,
    PressureDeclaration,
    PressureReason,
    PressureThreshold,
)
from domain.pressure.standing import limits_of, standing
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

LONGEST = timedelta(days=7)


class OfHospital:
    """Lands in a hospital."""

    hospital_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope


@dataclass(frozen=True, kw_only=True)
class DeclarePressure(OfHospital, Command[PressureDeclaration]):
    """Declare how pressed a hospital is, why and until when; the last word replaces the one before.

    A person decides, whatever the figures suggest; both are kept.
    """

    action = "pressure.declare"

    hospital_id: UUID
    level: int
    reason: PressureReason
    ends_at: datetime | None = None

    def apply(self, work: Work) -> PressureDeclaration:
        require_level(self.level)
        self._require_end(work)
        now = standing(work.session, self.hospital_id, work.now)
        before = _open(work, self.hospital_id)
        declared = succeed(work, before, PressureDeclaration(
            hospital_id=self.hospital_id, level=self.level, suggested=now.suggested,
            reason=self.reason, ends_at=self.ends_at, since=work.now, **recorded(work),
            figures={str(one.measured.name): one.measured.value for one in now.figures},
        ))  # fmt: skip
        work.emit("PressureDeclared", declared.scope, declaration=declared.id, level=self.level)
        return declared

    def _require_end(self, work: Work) -> None:
        if self.ends_at is None:
            if self.level != LOWEST:
                raise Invalid("say until when; it can be declared again", field="endsAt")
            return
        if self.ends_at.tzinfo is None or not work.now < self.ends_at <= work.now + LONGEST:
            raise Invalid("a level ends within 7 days from now", field="endsAt")


@dataclass(frozen=True, kw_only=True)
class LapsePressure(OfHospital, Command[PressureDeclaration]):
    """End a level whose time has passed."""

    action = "pressure.lapse"

    hospital_id: UUID

    def apply(self, work: Work) -> PressureDeclaration:
        declared = _open(work, self.hospital_id)
        if declared is None or declared.ends_at is None or declared.ends_at > work.now:
            raise Conflict("no level is past its end", reason="PRESSURE_IN_FORCE",
                           blocking=declared.id if declared else None)  # fmt: skip
        declared.until = declared.ends_at
        work.emit("PressureLapsed", declared.scope, declaration=declared.id)
        return declared


@dataclass(frozen=True, kw_only=True)
class TickCard(Command[CardTick]):
    """Say that what an action card asks for has been done."""

    action = "pressure.act"

    declaration_id: UUID
    card: str

    def scope(self, work: Work) -> Scope:
        return work.get(PressureDeclaration, self.declaration_id).scope

    def apply(self, work: Work) -> CardTick:
        declared = work.get(PressureDeclaration, self.declaration_id)
        if declared.until is not None or (declared.ends_at or work.now) < work.now:
            raise Conflict("this level is over", reason="PRESSURE_OVER", blocking=declared.id)
        codes = tuple(card.code for card in cards_at(declared.level))
        if self.card not in codes:
            raise Invalid("no such card at this level", field="card", allowed=codes)
        known = work.session.exec(
            select(CardTick).where(
                CardTick.declaration_id == declared.id, CardTick.card == self.card
            )
        ).first()
        if known is not None:
            raise Conflict(f"done at {known.done_at.isoformat()} already", reason="CARD_DONE",
                           field="card", blocking=known.id)  # fmt: skip
        tick = store(work, CardTick(
            hospital_id=declared.hospital_id, declaration_id=declared.id, card=self.card,
            done_at=work.now, done_by=work.actor.id,
        ))  # fmt: skip
        work.emit("CardTicked", declared.scope, declaration=declared.id, card=self.card)
        return tick


@dataclass(frozen=True, kw_only=True)
class SetPressureThreshold(OfHospital, Command[PressureThreshold]):
    """Set at which value a measure reaches a level in this hospital, and where it falls again."""

    action = "pressure.limit"

    hospital_id: UUID
    measure: str
    level: int
    rise: float
    fall: float

    def apply(self, work: Work) -> PressureThreshold:
        measure = now_named(self.measure)
        self._require_fit(measure, limits_of(work.session, self.hospital_id))
        row = work.session.exec(
            select(PressureThreshold).where(
                PressureThreshold.hospital_id == self.hospital_id,
                PressureThreshold.measure == measure, PressureThreshold.level == self.level,
            )
        ).first()  # fmt: skip
        if row is None:
            row = store(work, PressureThreshold(
                hospital_id=self.hospital_id, measure=measure, level=self.level,
                rise=self.rise, fall=self.fall,
            ))  # fmt: skip
        row.rise, row.fall = self.rise, self.fall
        work.emit("PressureLimitSet", row.scope, measure=measure, level=self.level)
        return row

    def _require_fit(self, measure: NowName, limits: tuple[Threshold, ...]) -> None:
        """Raise Invalid unless levels rise one after another, and fall before they rise."""
        mine = {one.level: one for one in limits if one.measure == measure}
        if self.level not in mine:
            measures = tuple(str(name) for name in dict.fromkeys(one.measure for one in limits))
            raise Invalid("no level of this measure", field="measure", allowed=measures)
        mine[self.level] = replace(mine[self.level], rise=self.rise, fall=self.fall)
        sign = 1 if mine[self.level].worse_when_high else -1
        if sign * self.fall >= sign * self.rise:
            raise Invalid("a level falls at a better value than it rises at", field="fall")
        rises = [sign * mine[level].rise for level in sorted(mine)]
        if rises != sorted(set(rises)):
            raise Invalid("a higher level begins at a worse value than a lower one", field="rise")


def _open(work: Work, hospital_id: UUID) -> PressureDeclaration | None:
    return work.session.exec(
        select(PressureDeclaration).where(
            PressureDeclaration.hospital_id == hospital_id, col(PressureDeclaration.until).is_(None)
        )
    ).first()
