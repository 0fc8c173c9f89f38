"""What a patient would like of a bed, beyond what is needed. Codes only; nobody is ever named."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index
from sqlmodel import Field

from domain.patients.model import PRESENT
from domain.places.times import Spell, in_order
from kit.rows import one_of, words


class RoomWish(StrEnum):
    NONE = "NONE"
    SINGLE = "SINGLE"
    SHARED = "SHARED"


class PlacementPreference(Spell, table=True):
    """The patient's wishes as stated at `since`; a new statement replaces them.

    They weigh apart from needs and never stand above one. `family_district` is a code of the
    hospital's own list, from where the family travels; no address.
    """

    __tablename__ = "placement_preference"
    __table_args__ = (
        one_of("room", RoomWish),
        CheckConstraint("nurse_sex IN ('F', 'M')", name="nurse_sex_known"),
        CheckConstraint("(family_district IS NULL) = (family_minutes IS NULL)",
                        name="family_district_with_minutes"),
        CheckConstraint("family_minutes BETWEEN 1 AND 1440", name="family_minutes_of_a_day"),
        in_order(strictly=True),
        Index("one_preference_per_encounter", "encounter_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("placement_preference_in_time", "encounter_id", "since"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")
    subject: UUID
    room: RoomWish = Field(default=RoomWish.NONE, sa_type=words(RoomWish))
    languages: list[str] = Field(default_factory=list, sa_type=JSON)  # BCP 47
    nurse_sex: str | None = Field(default=None, max_length=1)
    family_district: str | None = Field(default=None, max_length=32)
    family_minutes: int | None = None
