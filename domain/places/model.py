"""The places of a hospital: the hospital itself, its wards and their rooms."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from domain.places.times import Spell, in_order
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope

LEDGERED: dict[str, Any] = {"info": {"ledger": True}}  # text that is never personal


class ApprovalMode(StrEnum):
    PEACETIME = "PEACETIME"
    SURGE = "SURGE"


class ModeReason(StrEnum):
    """Why a hospital changed between PEACETIME and SURGE."""

    MASS_CASUALTY = "MASS_CASUALTY"
    OUTBREAK = "OUTBREAK"
    DISASTER = "DISASTER"
    CAPACITY = "CAPACITY"
    EXERCISE = "EXERCISE"
    STAND_DOWN = "STAND_DOWN"


class CareLevel(StrEnum):
    ICU = "ICU"
    HDU = "HDU"
    WARD = "WARD"
    ED = "ED"
    AMU = "AMU"
    THEATRE = "THEATRE"
    LOUNGE = "LOUNGE"


class WardSex(StrEnum):
    FEMALE = "FEMALE"
    MALE = "MALE"
    MIXED = "MIXED"
    PER_ROOM = "PER_ROOM"


class RoomKind(StrEnum):
    BAY = "BAY"
    SIDE = "SIDE"
    NEG_PRESSURE = "NEG_PRESSURE"
    POS_PRESSURE = "POS_PRESSURE"


class RoomSex(StrEnum):
    FIXED_FEMALE = "FIXED_F"
    FIXED_MALE = "FIXED_M"
    DYNAMIC = "DYNAMIC"  # whoever is in it decides
    MIXED = "MIXED"


class Hospital(Row, table=True):
    __table_args__ = (
        one_of("approval_mode", ApprovalMode),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_degrees"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_degrees"),
    )

    code: str = Field(unique=True, max_length=32, sa_column_kwargs=LEDGERED)
    name_zh: str = Field(max_length=120)
    name_en: str = Field(max_length=120)
    time_zone: str = Field(max_length=64, sa_column_kwargs=LEDGERED)  # IANA name
    holiday_region: str | None = Field(  # ISO 3166-2; None: the days of the whole country
        default=None, max_length=8, sa_column_kwargs=LEDGERED
    )
    latitude: float | None = None
    longitude: float | None = None
    approval_mode: ApprovalMode = Field(default=ApprovalMode.PEACETIME, sa_type=words(ApprovalMode))

    @property
    def scope(self) -> Scope:
        return Scope(self.id)


class ApprovalModeSwitch(Row, table=True):
    """When a hospital changed its approval mode, who said so, and why. Never changed again."""

    __tablename__ = "approval_mode_switch"
    __table_args__ = (
        one_of("mode", ApprovalMode),
        one_of("reason", ModeReason),
        Index("mode_switches_of_hospital", "hospital_id", "id"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    mode: ApprovalMode = Field(sa_type=words(ApprovalMode))
    reason: ModeReason = Field(sa_type=words(ModeReason))
    at: datetime = Field(sa_type=UtcTime)
    switched_by: UUID

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)


class Ward(Row, table=True):
    __table_args__ = (
        UniqueConstraint("hospital_id", "code", name="ward_code_in_hospital"),
        one_of("care_level", CareLevel),
        one_of("sex_policy", WardSex),
        CheckConstraint("licensed_beds >= 0", name="licensed_beds_not_negative"),
        CheckConstraint("min_age BETWEEN 0 AND 130", name="min_age_years"),
        CheckConstraint("max_age BETWEEN 0 AND 130", name="max_age_years"),
        CheckConstraint("min_age <= max_age", name="ages_in_order"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    code: str = Field(max_length=32, sa_column_kwargs=LEDGERED)
    name_zh: str = Field(max_length=120)
    name_en: str = Field(max_length=120)
    care_level: CareLevel = Field(sa_type=words(CareLevel))
    sex_policy: WardSex = Field(default=WardSex.PER_ROOM, sa_type=words(WardSex))
    min_age: int | None = None  # years, inclusive
    max_age: int | None = None
    licensed_beds: int = 0
    opened_at: datetime = Field(sa_type=UtcTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.id)


class WardSpecialty(Row, table=True):
    """Whose patients a ward takes; rank 1 is its own specialty."""

    __tablename__ = "ward_specialty"
    __table_args__ = (
        UniqueConstraint("ward_id", "specialty", name="specialty_once_in_ward"),
        CheckConstraint("rank BETWEEN 1 AND 99", name="rank_from_one"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    specialty: str = Field(max_length=32, sa_column_kwargs=LEDGERED)
    rank: int


class WardStaffing(Spell, table=True):
    """How many beds of a ward have staff, from when to when."""

    __tablename__ = "ward_staffing"
    __table_args__ = (
        in_order(strictly=True),
        CheckConstraint("staffed_beds >= 0", name="staffed_beds_not_negative"),
        Index(
            "one_staffing_per_ward", "ward_id", unique=True,
            sqlite_where=text("until IS NULL"), postgresql_where=text("until IS NULL"),
        ),
        Index("ward_staffing_in_time", "ward_id", "since"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    staffed_beds: int


class Room(Row, table=True):
    __table_args__ = (
        UniqueConstraint("ward_id", "code", name="room_code_in_ward"),
        one_of("kind", RoomKind),
        one_of("sex_policy", RoomSex),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    code: str = Field(max_length=32, sa_column_kwargs=LEDGERED)
    kind: RoomKind = Field(sa_type=words(RoomKind))
    sex_policy: RoomSex = Field(default=RoomSex.DYNAMIC, sa_type=words(RoomSex))
    equipment: list[str] = Field(default_factory=list, sa_type=JSON)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)
