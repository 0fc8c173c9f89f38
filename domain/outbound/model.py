"""What other systems are told of our changes: a queue for each peer, in the order of commits."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel
from sqlmodel._compat import SQLModelConfig

from domain.places.model import LEDGERED
from kit.rows import Row, UtcTime, one_of, words
from kit.sealed import Sealed, SealedColumn, SealedPlace
from kit.work import Scope


class OutboundState(StrEnum):
    WAITING = "WAITING"  # is sent when those before it are settled
    DELIVERED = "DELIVERED"  # the peer acknowledged it
    PARKED = "PARKED"  # the peer refused it: a person decides
    DISCARDED = "DISCARDED"  # a person decided that the peer need not hear of it


class OutboundPeer(SQLModel, table=True):
    """How far the changes have been turned into messages for a peer."""

    __tablename__ = "outbound_peer"

    name: str = Field(primary_key=True, max_length=40)
    hospital_id: UUID = Field(foreign_key="hospital.id")
    transaction: int = Field(sa_type=BigInteger)  # the outbox is read up to here
    row: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_type=UtcTime)  # when the last change that was read happened
    planned: int = Field(default=0, sa_type=BigInteger)  # messages so far: the next one's number

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)


class OutboundBed(SQLModel, table=True):
    """Which word of HL7 table 0116 a peer knows a bed by."""

    __tablename__ = "outbound_bed"

    peer: str = Field(primary_key=True, max_length=40, foreign_key="outbound_peer.name")
    bed_id: UUID = Field(primary_key=True, foreign_key="bed.id")
    word: str = Field(max_length=1)


class OutboundMessage(Row, table=True):
    """One message to a peer. Who it is about is sealed under the key of that person."""

    __tablename__ = "outbound_message"
    model_config = SQLModelConfig(arbitrary_types_allowed=True)  # Sealed
    __table_args__: Any = (
        one_of("state", OutboundState),
        CheckConstraint("(state = 'PARKED') = (reason IS NOT NULL)", name="parked_for_a_reason"),
        CheckConstraint("(state = 'WAITING') = (settled_at IS NULL)", name="settled_at_a_time"),
        CheckConstraint("(trigger = 'A20') = (word IS NOT NULL)", name="a_bed_has_a_word"),
        CheckConstraint("word IS NULL OR bed_id IS NOT NULL", name="a_word_has_a_bed"),
        CheckConstraint("(trigger = 'A17') = (other_facts IS NOT NULL)", name="a_swap_has_two"),
        UniqueConstraint("peer", "number", name="outbound_in_order"),
        Index("outbound_by_state", "peer", "state", "number"),
        Index("outbound_of_hospital", "hospital_id", "state", "id"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    peer: str = Field(max_length=40, sa_column_kwargs=LEDGERED)
    number: int = Field(sa_type=BigInteger)  # place in the peer's queue
    trigger: str = Field(max_length=3, sa_column_kwargs=LEDGERED)
    bed_id: UUID | None = Field(default=None, foreign_key="bed.id")
    word: str | None = Field(default=None, max_length=1, sa_column_kwargs=LEDGERED)  # table 0116
    encounter_id: UUID | None = Field(default=None, foreign_key="encounter.id")
    subject: UUID | None = None
    facts: Sealed | None = Field(default=None, sa_type=SealedColumn)  # who and where, as JSON
    other_subject: UUID | None = None  # the second patient of a swap
    other_facts: Sealed | None = Field(default=None, sa_type=SealedColumn)
    happened_at: datetime = Field(sa_type=UtcTime)
    planned_at: datetime = Field(sa_type=UtcTime)
    state: OutboundState = Field(default=OutboundState.WAITING, sa_type=words(OutboundState))
    attempts: int = 0
    reason: str | None = Field(default=None, max_length=40, sa_column_kwargs=LEDGERED)
    settled_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)

    @property
    def control_id(self) -> str:
        """MSH-10: 20 characters, the same at every attempt."""
        return self.id.hex[-20:]

    def place(self, column: str) -> SealedPlace:
        """Where `facts` or `other_facts` lives. Raises RuntimeError if it is about nobody."""
        subject = self.subject if column == "facts" else self.other_subject
        if subject is None:
            raise RuntimeError("this message is about nobody")
        return SealedPlace(self.hospital_id, "outbound_message", column, self.id, subject)
