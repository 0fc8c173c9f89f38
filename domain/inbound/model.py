"""Messages that came in, and what became of each; the sender's codes for places."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field
from sqlmodel._compat import SQLModelConfig

from domain.places.model import LEDGERED
from kit.blind import BlindColumn
from kit.rows import Row, UtcTime, one_of, words
from kit.sealed import Sealed, SealedColumn, SealedPlace
from kit.work import Scope


class Door(StrEnum):
    """Which way in."""

    HL7 = "HL7"
    STAYS = "STAYS"
    MQTT = "MQTT"
    FHIR = "FHIR"
    FILE = "FILE"  # readings and devices


class InboundState(StrEnum):
    APPLIED = "APPLIED"
    DUPLICATE = "DUPLICATE"  # of a message that is here; had no effect
    PARKED = "PARKED"  # waits for a correction or a retry
    REJECTED = "REJECTED"  # nobody could read it
    DISCARDED = "DISCARDED"  # a person decided that it has no effect


_FIRST = text("state <> 'DUPLICATE'")


class InboundMessage(Row, table=True):
    """One message. Its text is sealed under the key of the person it is about."""

    __tablename__ = "inbound_message"
    model_config = SQLModelConfig(arbitrary_types_allowed=True)
    __table_args__ = (
        one_of("door", Door),
        one_of("state", InboundState),
        CheckConstraint("(state = 'DUPLICATE') = (duplicate_of IS NOT NULL)", name="names_first"),
        CheckConstraint(
            "(state IN ('PARKED', 'REJECTED')) = (reason IS NOT NULL)", name="waits_for_a_reason"
        ),
        Index(
            "one_effect_per_message", "hospital_id", "source", "control_id", "digest",
            unique=True, sqlite_where=_FIRST, postgresql_where=_FIRST,
        ),
        Index(
            "one_effect_per_other_message", "hospital_id", "source", "control_id", "digest_other",
            unique=True, sqlite_where=_FIRST, postgresql_where=_FIRST,
        ),
        CheckConstraint("digest IS NOT NULL OR digest_other IS NOT NULL", name="has_a_digest"),
        Index("inbound_by_state", "hospital_id", "state", "event_at"),
        Index("inbound_of_visit", "hospital_id", "visit"),
        Index("inbound_of_other_visit", "hospital_id", "visit_other"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    door: Door = Field(sa_type=words(Door))
    source: str = Field(max_length=200, sa_column_kwargs=LEDGERED)  # application | facility
    peer: str | None = Field(default=None, max_length=40, sa_column_kwargs=LEDGERED)
    control_id: str = Field(max_length=80, sa_column_kwargs=LEDGERED)
    kind: str = Field(max_length=20, sa_column_kwargs=LEDGERED)  # ADT^A01
    # keyed: tells nothing about the text
    digest: bytes | None = Field(default=None, sa_type=BlindColumn)
    digest_other: bytes | None = Field(default=None, sa_type=BlindColumn)
    # keyed, of the visit number
    visit: bytes | None = Field(default=None, sa_type=BlindColumn)
    visit_other: bytes | None = Field(default=None, sa_type=BlindColumn)
    identity: Sealed | None = Field(default=None, sa_type=SealedColumn)  # what `digest` is made of
    visit_number: Sealed | None = Field(default=None, sa_type=SealedColumn)
    number: int = 0  # place in its batch: equal times keep their order
    event_at: datetime | None = Field(default=None, sa_type=UtcTime)
    received_at: datetime = Field(sa_type=UtcTime)
    subject: UUID = Field(default_factory=uuid4)  # whose key seals the text
    body: Sealed | None = Field(default=None, sa_type=SealedColumn)
    original: Sealed | None = Field(default=None, sa_type=SealedColumn)  # before a correction
    codec: str = Field(default="utf-8", max_length=10, sa_column_kwargs=LEDGERED)
    state: InboundState = Field(sa_type=words(InboundState))
    reason: str | None = Field(default=None, max_length=40, sa_column_kwargs=LEDGERED)
    reason_text: str | None = Field(default=None, max_length=300)
    reason_field: str | None = Field(default=None, max_length=40)
    spot: str | None = Field(default=None, max_length=120)  # ward/room/bed in the sender's codes
    remarks: list[str] = Field(default_factory=list, sa_type=JSON)  # codes
    effects: list[str] = Field(default_factory=list, sa_type=JSON)  # names of commands
    patient_id: UUID | None = Field(default=None, foreign_key="patient.id")
    encounter_id: UUID | None = Field(default=None, foreign_key="encounter.id")
    duplicate_of: UUID | None = Field(default=None, foreign_key="inbound_message.id")
    attempts: int = 1
    settled_at: datetime = Field(sa_type=UtcTime)
    settled_by: UUID

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)

    def place(self, column: str) -> SealedPlace:
        """Where a sealed column of it lives."""
        return SealedPlace(self.hospital_id, "inbound_message", column, self.id, self.subject)


class InboundSpot(Row, table=True):
    """What a sender's codes of a place stand for here, where they differ from ours."""

    __tablename__ = "inbound_spot"
    __table_args__: Any = (
        UniqueConstraint("hospital_id", "ward_code", "room_code", "bed_code", name="spot_once"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_code: str = Field(max_length=40, sa_column_kwargs=LEDGERED)
    room_code: str = Field(default="", max_length=40, sa_column_kwargs=LEDGERED)
    bed_code: str = Field(default="", max_length=40, sa_column_kwargs=LEDGERED)
    ward_id: UUID = Field(foreign_key="ward.id")
    bed_id: UUID | None = Field(default=None, foreign_key="bed.id")

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)
