"""Transfers between hospitals, every step of each, and the patient's consent.

A transfer belongs to two hospitals and therefore to none: it has no `scope` of its own, and each
command says whose side it acts for. What the receiving hospital may know before it has accepted
is copied into the row, so the rows of the sending hospital stay closed to it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from domain.patients.model import Isolation, Sex, SideRoom
from domain.places.model import LEDGERED, CareLevel
from domain.places.times import Spell, in_order
from domain.transfers.words import (
    ConsentBy,
    ConsentWord,
    OverrideCause,
    TransferReason,
    TransferState,
    Urgency,
)
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope

OPEN = text("until IS NULL")


class Transfer(Spell, table=True):
    """One patient is to go to one other hospital. `until` is when it was over, one way or another.

    `put_at`: when the receiving hospital got to know of it. `answer_by`: when it escalates.
    """

    __table_args__ = (
        one_of("state", TransferState),
        one_of("urgency", Urgency),
        one_of("reason", TransferReason),
        one_of("sex", Sex),
        one_of("care_level", CareLevel),
        one_of("isolation", Isolation),
        one_of("side_room", SideRoom),
        in_order(),
        CheckConstraint("from_hospital_id <> to_hospital_id", name="two_hospitals"),
        CheckConstraint(
            "(until IS NULL) = (state NOT IN ('COMPLETED', 'DECLINED', 'CANCELLED', 'DIED'))",
            name="open_transfers_have_no_end",
        ),
        CheckConstraint(
            "receiving_encounter_id IS NOT NULL OR state NOT IN"
            " ('ACCEPTED', 'BED_HELD', 'IN_TRANSIT', 'ARRIVED', 'COMPLETED')",
            name="accepted_patients_are_expected",
        ),
        CheckConstraint(
            "end_reason IS NOT NULL OR state NOT IN ('DECLINED', 'CANCELLED')",
            name="an_end_has_its_reason",
        ),
        Index("one_open_transfer_per_encounter", "encounter_id", unique=True,
              sqlite_where=OPEN, postgresql_where=OPEN),
        Index("one_transfer_per_receiving_encounter", "receiving_encounter_id", unique=True),
        Index("transfers_out", "from_hospital_id", "id"),
        Index("transfers_in", "to_hospital_id", "id"),
        Index("transfers_to_answer", "answer_by", sqlite_where=OPEN, postgresql_where=OPEN),
    )  # fmt: skip

    from_hospital_id: UUID = Field(foreign_key="hospital.id")
    to_hospital_id: UUID = Field(foreign_key="hospital.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")  # at the sending hospital
    subject: UUID
    receiving_encounter_id: UUID | None = Field(default=None, foreign_key="encounter.id")
    receiving_subject: UUID | None = None
    request_id: UUID | None = Field(default=None, foreign_key="bed_request.id")
    state: TransferState = Field(sa_type=words(TransferState))
    urgency: Urgency = Field(sa_type=words(Urgency))
    reason: TransferReason = Field(sa_type=words(TransferReason))
    needed_by: datetime | None = Field(default=None, sa_type=UtcTime)
    sex: Sex = Field(sa_type=words(Sex))
    age_band: str | None = Field(default=None, max_length=8)  # ten years, as 60-69
    specialty: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)
    care_level: CareLevel = Field(default=CareLevel.WARD, sa_type=words(CareLevel))
    isolation: Isolation = Field(default=Isolation.NONE, sa_type=words(Isolation))
    side_room: SideRoom = Field(default=SideRoom.NONE, sa_type=words(SideRoom))
    required_equipment: list[str] = Field(default_factory=list, sa_type=JSON)
    info_topics: list[str] = Field(default_factory=list, sa_type=JSON)
    changed_at: datetime = Field(sa_type=UtcTime)
    put_at: datetime | None = Field(default=None, sa_type=UtcTime)
    answer_by: datetime | None = Field(default=None, sa_type=UtcTime)
    accepted_at: datetime | None = Field(default=None, sa_type=UtcTime)
    end_reason: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)


class TransferStep(Row, table=True):
    """One change of state: when it happened, who told us, and why. Never changed again."""

    __tablename__ = "transfer_step"
    __table_args__ = (
        one_of("state", TransferState),
        Index("steps_of_transfer", "transfer_id", "id"),
    )

    transfer_id: UUID = Field(foreign_key="transfer.id")
    state: TransferState = Field(sa_type=words(TransferState))
    at: datetime = Field(sa_type=UtcTime)
    recorded_at: datetime = Field(sa_type=UtcTime)
    recorded_by: UUID
    reason: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)


class TravelTime(Row, table=True):
    """Measured minutes of a transport from one hospital to another; none: to be estimated."""

    __tablename__ = "travel_time"
    __table_args__ = (
        UniqueConstraint("hospital_id", "to_hospital_id", name="one_way_each"),
        CheckConstraint("minutes > 0", name="minutes_of_a_way"),
        CheckConstraint("hospital_id <> to_hospital_id", name="two_hospitals"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    to_hospital_id: UUID = Field(foreign_key="hospital.id")
    minutes: int | None = None

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)


class Consent(Spell, table=True):
    """What was said to a transfer, from when to when; a new word replaces the last one."""

    __table_args__ = (
        one_of("word", ConsentWord),
        one_of("said_by", ConsentBy),
        one_of("cause", OverrideCause),
        in_order(strictly=True),
        CheckConstraint(
            "(word = 'OVERRIDDEN') = (cause IS NOT NULL)", name="an_override_has_its_cause"
        ),
        CheckConstraint(
            "(word = 'OVERRIDDEN') = (said_by = 'STAFF')", name="staff_consent_to_nothing_else"
        ),
        Index("one_consent_per_encounter", "encounter_id", unique=True, sqlite_where=OPEN,
              postgresql_where=OPEN),
        Index("consent_in_time", "encounter_id", "since"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")
    subject: UUID
    word: ConsentWord = Field(sa_type=words(ConsentWord))
    said_by: ConsentBy = Field(sa_type=words(ConsentBy))
    cause: OverrideCause | None = Field(default=None, sa_type=words(OverrideCause))

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)
