"""Break-glass grants: who opened what, why, until when, and what was found when it was judged."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field
from sqlmodel._compat import SQLModelConfig

import domain.patients.model  # noqa: F401 - a grant points to its tables
from domain.places.model import LEDGERED
from kit.rows import Row, UtcTime, one_of, words
from kit.sealed import Sealed, SealedColumn, SealedPlace
from kit.work import Scope

ACTIVE = "state = 'ACTIVE'"
UNTOLD = text("noticed_at IS NULL")


class Target(StrEnum):
    PATIENT = "PATIENT"
    WARD = "WARD"


class BreakGlassReason(StrEnum):
    LIFE_THREATENING = "LIFE_THREATENING"
    URGENT_CARE = "URGENT_CARE"  # cannot wait for somebody who may
    COVERING = "COVERING"  # for a colleague who is away, not yet assigned
    MASS_CASUALTY = "MASS_CASUALTY"
    SYSTEM_FAULT = "SYSTEM_FAULT"  # treats the patient, and the record does not say so
    OTHER = "OTHER"


class BreakGlassState(StrEnum):
    REQUESTED = "REQUESTED"
    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    REVIEW_DUE = "REVIEW_DUE"
    JUSTIFIED = "JUSTIFIED"
    UNJUSTIFIED = "UNJUSTIFIED"


class BreakGlass(Row, table=True):
    """Opens one patient, or a ward's patients, to one person from `since` until before `until`.

    `ward_id` is the ward that was opened, or where the patient was. What was written is sealed
    under the patient, for a ward under the grant itself.
    """

    __tablename__ = "break_glass"
    model_config = SQLModelConfig(arbitrary_types_allowed=True)  # Sealed
    __table_args__: Any = (
        one_of("target", Target),
        one_of("reason_code", BreakGlassReason),
        one_of("state", BreakGlassState),
        CheckConstraint("since < until", name="since_before_until"),
        CheckConstraint("(target = 'PATIENT') = (patient_id IS NOT NULL)", name="of_a_patient"),
        CheckConstraint("(patient_id IS NULL) = (subject IS NULL)", name="patient_has_subject"),
        CheckConstraint("target <> 'WARD' OR ward_id IS NOT NULL", name="of_a_ward"),
        CheckConstraint("reviewed_by <> account_id", name="nobody_judges_their_own"),
        CheckConstraint(
            "(state IN ('JUSTIFIED', 'UNJUSTIFIED')) = (reviewed_by IS NOT NULL)",
            name="judged_by_somebody",
        ),
        Index("one_grant_per_patient", "account_id", "patient_id", unique=True,
              sqlite_where=text(f"{ACTIVE} AND target = 'PATIENT'"),
              postgresql_where=text(f"{ACTIVE} AND target = 'PATIENT'")),
        Index("one_grant_per_ward", "account_id", "ward_id", unique=True,
              sqlite_where=text(f"{ACTIVE} AND target = 'WARD'"),
              postgresql_where=text(f"{ACTIVE} AND target = 'WARD'")),
        Index("break_glass_by_state", "state", "id"),
        Index("break_glass_to_tell", "hospital_id", sqlite_where=UNTOLD, postgresql_where=UNTOLD),
        Index("break_glass_of_account", "account_id", "id"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    account_id: UUID = Field(foreign_key="account.id")
    role: str | None = Field(default=None, max_length=40, sa_column_kwargs=LEDGERED)  # held
    target: Target = Field(sa_type=words(Target))
    patient_id: UUID | None = Field(default=None, foreign_key="patient.id")
    subject: UUID | None = None
    reason_code: BreakGlassReason = Field(sa_type=words(BreakGlassReason))
    reason: Sealed = Field(sa_type=SealedColumn)
    state: BreakGlassState = Field(sa_type=words(BreakGlassState))
    since: datetime = Field(sa_type=UtcTime)
    until: datetime = Field(sa_type=UtcTime)  # as granted; it may have been ended before
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    review_by: datetime = Field(sa_type=UtcTime)
    noticed_at: datetime | None = Field(default=None, sa_type=UtcTime)  # told to compliance
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    finding: Sealed | None = Field(default=None, sa_type=SealedColumn)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)

    def place(self, column: str) -> SealedPlace:
        """Where a sealed field of this grant lives."""
        return grant_place(self.hospital_id, self.id, self.subject, column)


def grant_place(hospital: UUID, key: UUID, subject: UUID | None, column: str) -> SealedPlace:
    """Where a sealed field of a grant lives: under its patient, for a ward under itself."""
    return SealedPlace(hospital, "break_glass", column, key, subject or key)


class BreakGlassStep(Row, table=True):
    """One page of a grant's history: what it became, when, by whom."""

    __tablename__ = "break_glass_step"
    __table_args__: Any = (
        one_of("state", BreakGlassState),
        Index("steps_of_break_glass", "grant_id", "id"),
    )

    grant_id: UUID = Field(foreign_key="break_glass.id")
    state: BreakGlassState = Field(sa_type=words(BreakGlassState))
    at: datetime = Field(sa_type=UtcTime)
    by: UUID
