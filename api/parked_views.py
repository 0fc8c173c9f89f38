"""What GraphQL shows of messages from and to other systems: never their text, but when opened."""

from datetime import datetime
from typing import Self

import strawberry

from api.bed_views import as_id, maybe_id
from api.sight import Sight, View, classified
from authz.classes import DataClass
from domain.inbound.model import Door, InboundMessage, InboundState
from domain.outbound.model import OutboundMessage, OutboundState

strawberry.enum(Door, name="InboundDoor")
for _words in (InboundState, OutboundState):
    strawberry.enum(_words)


@classified(DataClass.BED)
@strawberry.type(name="InboundMessage")
class InboundView(View):
    """A message from another system or device, and what became of it."""

    id: strawberry.ID
    hospital_id: strawberry.ID
    door: Door
    source: str
    peer: str | None
    kind: str
    state: InboundState
    reason: str | None
    reason_text: str | None
    reason_field: str | None
    spot: str | None
    event_at: datetime | None
    received_at: datetime
    settled_at: datetime
    attempts: int
    effects: list[str]
    remarks: list[str]
    version: int

    @classmethod
    def of(cls, row: InboundMessage, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=as_id(row.id),
            hospital_id=as_id(row.hospital_id),
            door=row.door,
            source=row.source,
            peer=row.peer,
            kind=row.kind,
            state=row.state,
            reason=row.reason,
            reason_text=row.reason_text,
            reason_field=row.reason_field,
            spot=row.spot,
            event_at=row.event_at,
            received_at=row.received_at,
            settled_at=row.settled_at,
            attempts=row.attempts,
            effects=list(row.effects),
            remarks=list(row.remarks),
            version=row.version,
        )


@classified(DataClass.IDENTITY)
@strawberry.type
class InboundText(View):
    """The text of a message, opened on record."""

    body: str | None

    @classmethod
    def of(cls, result: str, sight: Sight) -> Self:
        return cls(sight=sight, body=result)


@classified(DataClass.BED)
@strawberry.type(name="OutboundMessage")
class OutboundView(View):
    """A message to another system, and what it answered."""

    id: strawberry.ID
    hospital_id: strawberry.ID
    ward_id: strawberry.ID
    bed_id: strawberry.ID | None
    peer: str
    trigger: str
    state: OutboundState
    reason: str | None
    attempts: int
    happened_at: datetime
    planned_at: datetime
    settled_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: OutboundMessage, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=as_id(row.id),
            hospital_id=as_id(row.hospital_id),
            ward_id=as_id(row.ward_id),
            bed_id=maybe_id(row.bed_id),
            peer=row.peer,
            trigger=row.trigger,
            state=row.state,
            reason=row.reason,
            attempts=row.attempts,
            happened_at=row.happened_at,
            planned_at=row.planned_at,
            settled_at=row.settled_at,
            version=row.version,
        )
