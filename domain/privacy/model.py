"""A legal hold: what it covers is neither erased nor pruned until two people lift it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer
from sqlmodel import Field

from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope

_NUMBER = BigInteger().with_variant(Integer, "sqlite")


class HoldReason(StrEnum):
    LITIGATION = "LITIGATION"
    INVESTIGATION = "INVESTIGATION"
    REGULATOR = "REGULATOR"
    COMPLAINT = "COMPLAINT"


class LegalHold(Row, table=True):
    """Covers a patient, or leaves of the ledger from the first to the last, both included.

    Without a last leaf it covers whatever is still to come.
    """

    __tablename__ = "legal_hold"
    __table_args__ = (
        one_of("reason", HoldReason),
        CheckConstraint("(patient_id IS NULL) = (first_leaf IS NOT NULL)", name="one_thing_held"),
        CheckConstraint("(patient_id IS NULL) = (hospital_id IS NULL)", name="patient_somewhere"),
        CheckConstraint("first_leaf >= 0", name="from_a_leaf"),
        CheckConstraint("last_leaf IS NULL OR last_leaf >= first_leaf", name="leaves_in_order"),
        CheckConstraint("(asked_by IS NULL) = (asked_at IS NULL)", name="asked_when"),
        CheckConstraint("(lifted_by IS NULL) = (lifted_at IS NULL)", name="lifted_when"),
        CheckConstraint(
            "lifted_by IS NULL OR (asked_by IS NOT NULL AND lifted_by <> asked_by)",
            name="lifted_by_two",
        ),
        Index("legal_holds_of_patient", "patient_id"),
    )

    hospital_id: UUID | None = Field(default=None, foreign_key="hospital.id")
    patient_id: UUID | None = Field(default=None, foreign_key="patient.id")
    first_leaf: int | None = Field(default=None, sa_type=_NUMBER)
    last_leaf: int | None = Field(default=None, sa_type=_NUMBER)
    reason: HoldReason = Field(sa_type=words(HoldReason))
    placed_by: UUID
    placed_at: datetime = Field(sa_type=UtcTime)
    asked_by: UUID | None = None
    asked_at: datetime | None = Field(default=None, sa_type=UtcTime)
    lifted_by: UUID | None = None
    lifted_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)
