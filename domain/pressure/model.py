"""Levels of pressure that somebody declared, what was done about them, and a hospital's limits."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from domain.measures.now import NowName
from domain.places.model import LEDGERED
from domain.places.times import Spell, in_order
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope

PRESENT = text("until IS NULL")


class PressureReason(StrEnum):
    """Why a level was declared, whatever the figures suggest."""

    DEMAND = "DEMAND"
    FLOW = "FLOW"
    STAFFING = "STAFFING"
    INFECTION = "INFECTION"
    MAJOR_INCIDENT = "MAJOR_INCIDENT"
    UTILITIES = "UTILITIES"
    EXERCISE = "EXERCISE"
    STAND_DOWN = "STAND_DOWN"


class PressureDeclaration(Spell, table=True):
    """A level that `recorded_by` declared, in force until it ends, lapses or is replaced.

    `suggested` and `figures` are what the house knew at that moment.
    """

    __tablename__ = "pressure_declaration"
    __table_args__ = (
        one_of("reason", PressureReason),
        in_order(),
        CheckConstraint("level BETWEEN 1 AND 4", name="level_known"),
        CheckConstraint("suggested BETWEEN 1 AND 4", name="suggested_known"),
        CheckConstraint("since < ends_at", name="ends_later"),
        CheckConstraint("level = 1 OR ends_at IS NOT NULL", name="no_pressure_for_ever"),
        Index("one_declaration_per_hospital", "hospital_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("declarations_of_hospital", "hospital_id", "id"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    level: int
    suggested: int
    reason: PressureReason = Field(sa_type=words(PressureReason))
    ends_at: datetime | None = Field(default=None, sa_type=UtcTime)
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)


class CardTick(Row, table=True):
    """An action card that somebody has seen to."""

    __tablename__ = "card_tick"
    __table_args__ = (UniqueConstraint("declaration_id", "card", name="each_card_once"),)

    hospital_id: UUID = Field(foreign_key="hospital.id")
    declaration_id: UUID = Field(foreign_key="pressure_declaration.id")
    card: str = Field(max_length=32, sa_column_kwargs=LEDGERED)
    done_at: datetime = Field(sa_type=UtcTime)
    done_by: UUID

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)


class PressureThreshold(Row, table=True):
    """A hospital's own limit, instead of the shipped one."""

    __tablename__ = "pressure_threshold"
    __table_args__ = (
        one_of("measure", NowName),
        UniqueConstraint("hospital_id", "measure", "level", name="one_limit_per_level"),
        CheckConstraint("level BETWEEN 2 AND 4", name="level_known"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    measure: NowName = Field(sa_type=words(NowName))
    level: int
    rise: float
    fall: float

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)
