"""Shifts of a ward, rosters, duties, swaps and handovers, and the rules a hospital plans by."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

import domain.patients.model  # noqa: F401 - HandoverPatient points to its table
from domain.places.model import LEDGERED, CareLevel
from domain.places.times import Spell, in_order
from domain.staff.model import Profession, StaffMember, StaffSkill
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope

__all__ = ["StaffMember", "StaffSkill"]  # whose tables these point to

PRESENT = text("until IS NULL")
STANDING = text("withdrawn_at IS NULL")
UNDECIDED = text("state IN ('ASKED', 'ACCEPTED')")


class Want(StrEnum):
    ON = "ON"
    OFF = "OFF"


class ShiftKind(StrEnum):
    EARLY = "EARLY"
    DAY = "DAY"
    LATE = "LATE"
    NIGHT = "NIGHT"
    ON_CALL = "ON_CALL"


class RosterState(StrEnum):
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    CLOSED = "CLOSED"


class DutyState(StrEnum):
    PLANNED = "PLANNED"
    PUBLISHED = "PUBLISHED"
    CANCELLED = "CANCELLED"


class DutyEnd(StrEnum):
    """Why a duty was cancelled."""

    SICK = "SICK"
    SWAPPED = "SWAPPED"
    TAKEN_OVER = "TAKEN_OVER"
    REPLANNED = "REPLANNED"
    NOT_NEEDED = "NOT_NEEDED"


class SwapState(StrEnum):
    ASKED = "ASKED"
    ACCEPTED = "ACCEPTED"
    DONE = "DONE"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"


class ShiftType(Row, table=True):
    """A shift of a ward, by the hospital's clock. `duty` is what its people answer for alarms."""

    __tablename__ = "shift_type"
    __table_args__ = (
        one_of("kind", ShiftKind),
        one_of("profession", Profession),
        UniqueConstraint("ward_id", "code", name="shift_code_in_ward"),
        CheckConstraint("starts_minute BETWEEN 0 AND 1439", name="starts_in_a_day"),
        CheckConstraint("minutes BETWEEN 60 AND 1440", name="an_hour_to_a_day"),
        CheckConstraint("least_staff BETWEEN 0 AND 99", name="least_staff_count"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    code: str = Field(max_length=32, sa_column_kwargs=LEDGERED)
    name_zh: str = Field(max_length=120)
    name_en: str = Field(max_length=120)
    kind: ShiftKind = Field(sa_type=words(ShiftKind))
    profession: Profession = Field(sa_type=words(Profession))
    starts_minute: int
    minutes: int
    skill: str | None = Field(default=None, max_length=40, sa_column_kwargs=LEDGERED)  # everybody
    skill_mix: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)  # skill, count
    least_staff: int = 0  # whatever the census
    by_ratio: bool = True  # the nurse ratio asks for more as beds fill
    duty: str | None = Field(default=None, max_length=80, sa_column_kwargs=LEDGERED)
    retired_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class Wish(Row, table=True):
    """A day, or one shift of it, that somebody wants to work or to have free."""

    __table_args__ = (
        one_of("want", Want),
        CheckConstraint("weight BETWEEN 1 AND 10", name="weight_one_to_ten"),
        Index("one_wish_per_day", "staff_id", "day", unique=True, sqlite_where=STANDING,
              postgresql_where=STANDING),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    staff_id: UUID = Field(foreign_key="staff_member.id")
    day: date
    shift_id: UUID | None = Field(default=None, foreign_key="shift_type.id")
    want: Want = Field(sa_type=words(Want))
    weight: int
    stated_at: datetime = Field(sa_type=UtcTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcTime)
    granted: bool | None = None  # known once the roster of that day is published


class Roster(Row, table=True):
    """The duties of a ward over some days; rosters of one ward never overlap."""

    __table_args__ = (
        one_of("state", RosterState),
        CheckConstraint("from_day < until_day", name="from_before_until"),
        CheckConstraint("(state = 'DRAFT') = (published_at IS NULL)", name="published_at_a_time"),
        Index("rosters_of_ward", "ward_id", "from_day"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    from_day: date
    until_day: date
    state: RosterState = Field(default=RosterState.DRAFT, sa_type=words(RosterState))
    published_at: datetime | None = Field(default=None, sa_type=UtcTime)
    published_by: UUID | None = None

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class Duty(Row, table=True):
    """One person in one shift of one day; duties of a person never overlap in time."""

    __table_args__ = (
        one_of("state", DutyState),
        one_of("ended_by", DutyEnd),
        CheckConstraint("since < until", name="since_before_until"),
        CheckConstraint("(state = 'CANCELLED') = (ended_by IS NOT NULL)",
                        name="an_end_has_its_cause"),
        Index("duties_of_person", "staff_id", "since"),
        Index("duties_of_ward", "ward_id", "since"),
        Index("duties_of_hospital", "hospital_id", "until"),
        Index("duties_of_roster", "roster_id"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    roster_id: UUID = Field(foreign_key="roster.id")
    staff_id: UUID = Field(foreign_key="staff_member.id")
    shift_id: UUID = Field(foreign_key="shift_type.id")
    day: date  # on which it begins
    since: datetime = Field(sa_type=UtcTime)
    until: datetime = Field(sa_type=UtcTime)
    state: DutyState = Field(sa_type=words(DutyState))
    ended_by: DutyEnd | None = Field(default=None, sa_type=words(DutyEnd))
    replaces_id: UUID | None = Field(default=None, foreign_key="duty.id")

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class DutySwap(Row, table=True):
    """A duty offered to a colleague, against another or for nothing. Both must agree."""

    __tablename__ = "duty_swap"
    __table_args__ = (
        one_of("state", SwapState),
        CheckConstraint("staff_id <> other_staff_id", name="two_people"),
        CheckConstraint("duty_id <> other_duty_id", name="two_duties"),
        Index("one_open_swap_per_duty", "duty_id", unique=True, sqlite_where=UNDECIDED,
              postgresql_where=UNDECIDED),
        Index("swaps_of_colleague", "other_staff_id", "state"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    duty_id: UUID = Field(foreign_key="duty.id")
    staff_id: UUID = Field(foreign_key="staff_member.id")
    other_staff_id: UUID = Field(foreign_key="staff_member.id")
    other_duty_id: UUID | None = Field(default=None, foreign_key="duty.id")
    state: SwapState = Field(default=SwapState.ASKED, sa_type=words(SwapState))
    asked_at: datetime = Field(sa_type=UtcTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcTime)
    decided_by: UUID | None = None  # who approved or declined for the hospital

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class RatioPolicy(Spell, table=True):
    """How many patients one nurse has at most: a hospital's or a ward's own number."""

    __tablename__ = "ratio_policy"
    __table_args__ = (
        one_of("care_level", CareLevel),
        in_order(strictly=True),
        CheckConstraint("patients_per_nurse BETWEEN 1 AND 99", name="patients_per_nurse_count"),
        Index("ratio_policies", "hospital_id", "care_level", "since"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    care_level: CareLevel = Field(sa_type=words(CareLevel))
    patients_per_nurse: int


class StaffingPolicy(Row, table=True):
    """By which rules a hospital plans its people."""

    __tablename__ = "staffing_policy"
    __table_args__ = (
        CheckConstraint("wish_deadline_days BETWEEN 0 AND 90", name="wish_deadline"),
        CheckConstraint("forecast_percent IN (50, 90)", name="forecast_quantile"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id", unique=True)
    labour_rules: str = Field(max_length=16, sa_column_kwargs=LEDGERED)  # a code, as DE or CN
    wish_deadline_days: int = 14  # before the day
    swaps_need_planner: bool = True
    forecast_percent: int = 90  # of the census forecast that duties must cover

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)


class Handover(Row, table=True):
    """One person gave patients into another's care."""

    __table_args__ = (
        CheckConstraint("from_account_id <> to_account_id", name="two_people"),
        Index("handovers_of_ward", "ward_id", "at"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    from_account_id: UUID = Field(foreign_key="account.id")
    to_account_id: UUID = Field(foreign_key="account.id")
    at: datetime = Field(sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class HandoverPatient(Row, table=True):
    __tablename__ = "handover_patient"
    __table_args__ = (UniqueConstraint("handover_id", "encounter_id", name="handed_over_once"),)

    handover_id: UUID = Field(foreign_key="handover.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")
    subject: UUID
