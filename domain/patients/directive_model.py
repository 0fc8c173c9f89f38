"""What a patient says about who may see them, and for what. Codes and ids only.

Not to be taken for the consent to a transfer (domain/transfers), which is about going elsewhere.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from domain.places.model import LEDGERED
from kit.purpose import PurposeOfUse
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope


class DirectiveWord(StrEnum):
    DENY = "DENY"
    PERMIT = "PERMIT"  # an exception to a wider DENY


class DirectiveBy(StrEnum):
    PATIENT = "PATIENT"
    REPRESENTATIVE = "REPRESENTATIVE"  # a guardian, or whom the patient named
    AUTHORITY = "AUTHORITY"  # a court, a law


class ConsentDirective(Row, table=True):
    """Whoever reads for `purpose`, by `role`, from `ward_id`, is denied or permitted; what is
    not named is any. It holds from `since` until `until`, or until it is withdrawn."""

    __tablename__ = "consent_directive"
    __table_args__ = (
        one_of("word", DirectiveWord),
        one_of("said_by", DirectiveBy),
        one_of("purpose", PurposeOfUse),
        CheckConstraint("since < until", name="since_before_until"),
        CheckConstraint("(withdrawn_by IS NULL) = (withdrawn_at IS NULL)", name="withdrawn_when"),
        CheckConstraint(
            "word = 'DENY' OR purpose IS NOT NULL OR role IS NOT NULL OR ward_id IS NOT NULL",
            name="permits_somebody",
        ),
        Index("directives_of_patient", "patient_id"),
        Index("directives_of_hospital", "hospital_id", "withdrawn_at"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    patient_id: UUID = Field(foreign_key="patient.id")
    word: DirectiveWord = Field(sa_type=words(DirectiveWord))
    purpose: PurposeOfUse | None = Field(default=None, sa_type=words(PurposeOfUse))
    role: str | None = Field(
        default=None, foreign_key="access_role.slug", max_length=40, sa_column_kwargs=LEDGERED
    )
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")  # the reader's unit
    said_by: DirectiveBy = Field(sa_type=words(DirectiveBy))
    since: datetime = Field(sa_type=UtcTime)
    until: datetime | None = Field(default=None, sa_type=UtcTime)
    recorded_at: datetime = Field(sa_type=UtcTime)
    recorded_by: UUID
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcTime)
    withdrawn_by: UUID | None = None

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)

    @property
    def narrowness(self) -> int:
        """How many of purpose, role and ward it names."""
        return sum(one is not None for one in (self.purpose, self.role, self.ward_id))
