"""What GraphQL shows of beds, stays, holds, requests and the work around them."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.patient_views import EncounterView
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.beds.cancelling import Restored
from domain.beds.model import (
    Bed,
    BedHold,
    BedRequest,
    BedStay,
    HoldKind,
    HoldState,
    RequestState,
    StayBegin,
    StayEnd,
    StayLeave,
)

for _words in (HoldState, StayBegin, StayEnd):
    strawberry.enum(_words)


@classified(DataClass.BED)
@strawberry.type(name="Bed")
class BedView(View):
    id: strawberry.ID
    hospital_id: strawberry.ID
    ward_id: strawberry.ID
    room_id: strawberry.ID
    code: str
    features: list[str]
    visible: bool
    censusable: bool
    added_at: datetime
    removed_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Bed, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=as_id(row.id),
            hospital_id=as_id(row.hospital_id),
            ward_id=as_id(row.ward_id),
            room_id=as_id(row.room_id),
            code=row.code,
            features=list(row.features),
            visible=row.visible,
            censusable=row.censusable,
            added_at=row.added_at,
            removed_at=row.removed_at,
            version=row.version,
        )


@classified(DataClass.PLACEMENT)
@strawberry.type(name="Stay")
class StayView(View):
    """A patient in a bed, from `since` until `until`; present while that is null."""

    id: strawberry.ID = shows(DataClass.BED)
    bed_id: strawberry.ID = shows(DataClass.BED)
    ward_id: strawberry.ID = shows(DataClass.BED)
    since: datetime = shows(DataClass.BED)
    until: datetime | None = shows(DataClass.BED)
    version: int = shows(DataClass.BED)
    encounter_id: strawberry.ID | None
    begun_by: StayBegin | None
    ended_by: StayEnd | None

    @classmethod
    def of(cls, row: BedStay, sight: Sight) -> Self:
        return cls(
            sight=sight,
            subject=row.subject,
            id=as_id(row.id),
            bed_id=as_id(row.bed_id),
            ward_id=as_id(row.ward_id),
            since=row.since,
            until=row.until,
            version=row.version,
            encounter_id=as_id(row.encounter_id),
            begun_by=row.begun_by,
            ended_by=row.ended_by,
        )


@classified(DataClass.PLACEMENT)
@strawberry.type(name="SwappedStays")
class SwapView(View):
    """The two stays that begin with a swap."""

    first: StayView | None
    second: StayView | None

    @classmethod
    def of(cls, rows: tuple[BedStay, BedStay], sight: Sight) -> Self:
        return cls(
            sight=sight, first=StayView.of(rows[0], sight), second=StayView.of(rows[1], sight)
        )


@classified(DataClass.BED)
@strawberry.type(name="Hold")
class HoldView(View):
    """A bed kept for one request until it is used, released or expires."""

    id: strawberry.ID
    bed_id: strawberry.ID
    request_id: strawberry.ID
    encounter_id: strawberry.ID | None = shows(DataClass.PLACEMENT)
    kind: HoldKind
    state: HoldState
    since: datetime
    expires_at: datetime
    until: datetime | None
    version: int

    @classmethod
    def of(cls, row: BedHold, sight: Sight) -> Self:
        return cls(
            sight=sight,
            subject=row.subject,
            id=as_id(row.id),
            bed_id=as_id(row.bed_id),
            request_id=as_id(row.request_id),
            encounter_id=as_id(row.encounter_id),
            kind=row.kind,
            state=row.state,
            since=row.since,
            expires_at=row.expires_at,
            until=row.until,
            version=row.version,
        )


@classified(DataClass.BED)
@strawberry.type(name="BedRequest")
class RequestView(View):
    """A patient waits for a bed."""

    id: strawberry.ID
    hospital_id: strawberry.ID
    from_ward_id: strawberry.ID | None
    target_ward_id: strawberry.ID | None
    encounter_id: strawberry.ID | None = shows(DataClass.PLACEMENT)
    state: RequestState
    priority: int
    needed_by: datetime | None
    expires_at: datetime | None
    since: datetime
    until: datetime | None
    end_reason: str | None
    version: int

    @classmethod
    def of(cls, row: BedRequest, sight: Sight) -> Self:
        return cls(
            sight=sight,
            subject=row.subject,
            id=as_id(row.id),
            hospital_id=as_id(row.hospital_id),
            from_ward_id=maybe_id(row.from_ward_id),
            target_ward_id=maybe_id(row.target_ward_id),
            encounter_id=as_id(row.encounter_id),
            state=row.state,
            priority=row.priority,
            needed_by=row.needed_by,
            expires_at=row.expires_at,
            since=row.since,
            until=row.until,
            end_reason=row.end_reason,
            version=row.version,
        )


@classified(DataClass.BED)
@strawberry.type(name="Leave")
class LeaveView(View):
    """A patient away for a while; the bed is kept."""

    id: strawberry.ID
    stay_id: strawberry.ID
    since: datetime
    until: datetime | None
    expected_back: datetime | None = shows(DataClass.PLACEMENT)

    @classmethod
    def of(cls, row: StayLeave, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=as_id(row.id),
            stay_id=as_id(row.stay_id),
            since=row.since,
            until=row.until,
            expected_back=row.expected_back,
        )


@classified(DataClass.BED)
@strawberry.type(name="Restored")
class RestoredView(View):
    """What a cancel brought back: the old stay, or else a new request."""

    encounter: EncounterView | None = shows(DataClass.PLACEMENT)
    stay: StayView | None
    request: RequestView | None

    @classmethod
    def of(cls, result: Restored, sight: Sight) -> Self:
        return cls(
            sight=sight,
            encounter=EncounterView.of(result.encounter, sight),
            stay=StayView.of(result.stay, sight) if result.stay else None,
            request=RequestView.of(result.request, sight) if result.request else None,
        )


def as_id(key: UUID) -> strawberry.ID:
    return strawberry.ID(str(key))


def maybe_id(key: UUID | None) -> strawberry.ID | None:
    return strawberry.ID(str(key)) if key else None
