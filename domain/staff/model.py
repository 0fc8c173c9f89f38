"""People who work in a hospital, and what the roster must know of them.

Names and telephone are sealed as a patient's are; `subject` is the random name under which the
ledger and the key store know a person. Days are the hospital's calendar days; a span of days is
half-open.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field
from sqlmodel._compat import SQLModelConfig

import domain.accounts.model  # noqa: F401 - StaffMember points to its table
from domain.places.model import LEDGERED
from kit.blind import BlindColumn
from kit.rows import Row, UtcTime, one_of, words
from kit.sealed import Sealed, SealedColumn
from kit.work import Scope

WITH_ACCOUNT = text("account_id IS NOT NULL")


class Profession(StrEnum):
    DOCTOR = "DOCTOR"
    NURSE = "NURSE"
    ASSISTANT = "ASSISTANT"
    MIDWIFE = "MIDWIFE"
    THERAPIST = "THERAPIST"
    TECHNICIAN = "TECHNICIAN"


class AbsenceKind(StrEnum):
    """Why somebody is away; of sickness never more than this word."""

    VACATION = "VACATION"
    SICK = "SICK"
    TRAINING = "TRAINING"
    PARENTAL = "PARENTAL"
    UNPAID = "UNPAID"


class StaffMember(Row, table=True):
    """Somebody who can be on duty. `account_id` is who they are when they sign in."""

    __tablename__ = "staff_member"
    model_config = SQLModelConfig(arbitrary_types_allowed=True)  # Sealed
    __table_args__ = (
        one_of("profession", Profession),
        CheckConstraint("joined_on < left_on", name="joined_before_left"),
        UniqueConstraint("hospital_id", "number", name="staff_number_in_hospital"),
        Index("one_member_per_account", "hospital_id", "account_id", unique=True,
              sqlite_where=WITH_ACCOUNT, postgresql_where=WITH_ACCOUNT),
        Index("staff_of_account", "account_id"),
        Index("staff_of_ward", "home_ward_id"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    home_ward_id: UUID | None = Field(default=None, foreign_key="ward.id")  # None: goes anywhere
    account_id: UUID | None = Field(default=None, foreign_key="account.id")
    subject: UUID = Field(default_factory=uuid4, unique=True)
    number: str = Field(max_length=32)  # the hospital's own, on the badge
    profession: Profession = Field(sa_type=words(Profession))
    specialty: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)
    languages: list[str] = Field(default_factory=list, sa_type=JSON)  # BCP 47
    family_zh: Sealed | None = Field(default=None, sa_type=SealedColumn)
    given_zh: Sealed | None = Field(default=None, sa_type=SealedColumn)
    family_en: Sealed | None = Field(default=None, sa_type=SealedColumn)
    given_en: Sealed | None = Field(default=None, sa_type=SealedColumn)
    phone: Sealed | None = Field(default=None, sa_type=SealedColumn)
    family_zh_blind: bytes | None = Field(default=None, sa_type=BlindColumn)
    family_zh_blind_other: bytes | None = Field(default=None, sa_type=BlindColumn)
    family_en_blind: bytes | None = Field(default=None, sa_type=BlindColumn)
    family_en_blind_other: bytes | None = Field(default=None, sa_type=BlindColumn)
    joined_on: date
    left_on: date | None = None  # the first day without them

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.home_ward_id)


class StaffSkill(Row, table=True):
    """What somebody may be planned for, from `valid_from` until before `expires_on`."""

    __tablename__ = "staff_skill"
    __table_args__ = (
        UniqueConstraint("staff_id", "skill", name="a_skill_once_per_person"),
        CheckConstraint("level BETWEEN 1 AND 5", name="level_one_to_five"),
        CheckConstraint("valid_from < expires_on", name="valid_before_expiry"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    staff_id: UUID = Field(foreign_key="staff_member.id")
    skill: str = Field(max_length=40, sa_column_kwargs=LEDGERED)  # a code, as ICU_NURSING
    level: int = 1  # 1 under supervision … 5 teaches it
    valid_from: date
    expires_on: date | None = None


class Contract(Row, table=True):
    """How much somebody works, from when to when; of one person never two at a time."""

    __table_args__ = (
        CheckConstraint("from_day < until_day", name="from_before_until"),
        CheckConstraint("weekly_minutes BETWEEN 0 AND 3600", name="at_most_sixty_hours"),
        CheckConstraint(
            "most_weekly_minutes BETWEEN weekly_minutes AND 5040", name="a_cap_above_the_hours"
        ),
        CheckConstraint("most_nights_in_28 BETWEEN 0 AND 28", name="nights_in_four_weeks"),
        CheckConstraint("most_weekends_in_28 BETWEEN 0 AND 5", name="weekends_in_four_weeks"),
        Index("contracts_of_person", "staff_id", "from_day"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    staff_id: UUID = Field(foreign_key="staff_member.id")
    from_day: date
    until_day: date | None = None
    weekly_minutes: int
    most_weekly_minutes: int
    most_nights_in_28: int  # days; 0: works no nights
    most_weekends_in_28: int


class Absence(Row, table=True):
    """Days on which somebody cannot be planned. The kind is text, so the ledger hides it."""

    __table_args__ = (
        one_of("kind", AbsenceKind),
        CheckConstraint("from_day < until_day", name="from_before_until"),
        Index("absences_of_person", "staff_id", "from_day"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    staff_id: UUID = Field(foreign_key="staff_member.id")
    from_day: date
    until_day: date
    kind: str = Field(max_length=8)  # AbsenceKind
    recorded_at: datetime = Field(sa_type=UtcTime)
    recorded_by: UUID
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcTime)
