"""Waivers: a named person lets one rule of placement be broken, and what relied on it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from domain.beds.words import WaivedRule
from domain.places.model import LEDGERED
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope


class Waiver(Row, table=True):
    """A named person lets one rule be broken, for a reason and a limited time."""

    __table_args__ = (
        one_of("rule", WaivedRule),
        CheckConstraint("granted_at < valid_until", name="ends_later"),
        Index("waiver_of_ward", "ward_id", "valid_until"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    rule: WaivedRule = Field(sa_type=words(WaivedRule))
    bed_id: UUID | None = Field(default=None, foreign_key="bed.id")  # None: any bed of the ward
    encounter_id: UUID | None = Field(default=None, foreign_key="encounter.id")  # None: anybody
    reason: str = Field(max_length=32, sa_column_kwargs=LEDGERED)
    granted_by: UUID
    granted_at: datetime = Field(sa_type=UtcTime)
    valid_until: datetime = Field(sa_type=UtcTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class WaiverUse(Row, table=True):
    """A placement that relied on a waiver."""

    __tablename__ = "waiver_use"
    __table_args__ = (
        CheckConstraint("(stay_id IS NULL) <> (hold_id IS NULL)", name="a_stay_or_a_hold"),
        Index("waiver_used", "waiver_id"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    waiver_id: UUID = Field(foreign_key="waiver.id")
    stay_id: UUID | None = Field(default=None, foreign_key="bed_stay.id")
    hold_id: UUID | None = Field(default=None, foreign_key="bed_hold.id")
    at: datetime = Field(sa_type=UtcTime)
