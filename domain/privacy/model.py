"""Legal holds, and the erasure of a person: asked for by one, approved by another."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, text
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


class ErasureReason(StrEnum):
    PERSON_ASKED = "PERSON_ASKED"
    TIME_OVER = "TIME_OVER"  # the record need not be kept any longer
    COURT_ORDER = "COURT_ORDER"
    MISTAKE = "MISTAKE"  # should never have been entered


class ErasureState(StrEnum):
    REQUESTED = "REQUESTED"  # waits for a second person
    CANCELLED = "CANCELLED"
    APPROVED = "APPROVED"  # nothing opens any more; the keys go once the log says so, signed
    DONE = "DONE"  # every key is destroyed


_OPEN = text("state IN ('REQUESTED', 'APPROVED')")


class Erasure(Row, table=True):
    """Destroys the keys of a patient's record and of those merged into it; rows stay, nameless."""

    __table_args__ = (
        one_of("reason", ErasureReason),
        one_of("state", ErasureState),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_when"),
        CheckConstraint("(decided_by IS NULL) = (state = 'REQUESTED')", name="decided_by_somebody"),
        CheckConstraint("state = 'CANCELLED' OR decided_by <> requested_by", name="four_eyes"),
        CheckConstraint("state <> 'DONE' OR destroyed_at IS NOT NULL", name="done_is_destroyed"),
        Index("one_erasure_at_a_time", "patient_id", unique=True,
              sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("erasures_by_state", "state", "id"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    patient_id: UUID = Field(foreign_key="patient.id")
    reason: ErasureReason = Field(sa_type=words(ErasureReason))
    state: ErasureState = Field(default=ErasureState.REQUESTED, sa_type=words(ErasureState))
    requested_by: UUID
    requested_at: datetime = Field(sa_type=UtcTime)
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UtcTime)
    destroyed_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)
