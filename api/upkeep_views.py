"""What GraphQL shows of the work on beds: cleaning, hygiene, blocks, waivers."""

from datetime import datetime
from typing import Self

import strawberry

from api.bed_views import as_id, maybe_id
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.beds.model import (
    BedBlock,
    BedHygiene,
    BlockKind,
    BlockReason,
    CleaningKind,
    CleaningPriority,
    CleaningState,
    CleaningTask,
    Hygiene,
    WaivedRule,
    Waiver,
)

for _words in (BlockKind, WaivedRule):
    strawberry.enum(_words)


@classified(DataClass.BED)
@strawberry.type(name="CleaningTask")
class CleaningView(View):
    id: strawberry.ID
    bed_id: strawberry.ID
    ward_id: strawberry.ID
    kind: CleaningKind
    priority: CleaningPriority
    state: CleaningState
    since: datetime
    until: datetime | None
    started_at: datetime | None
    assigned_to: strawberry.ID | None
    version: int

    @classmethod
    def of(cls, row: CleaningTask, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=as_id(row.id),
            bed_id=as_id(row.bed_id),
            ward_id=as_id(row.ward_id),
            kind=row.kind,
            priority=row.priority,
            state=row.state,
            since=row.since,
            until=row.until,
            started_at=row.started_at,
            assigned_to=maybe_id(row.assigned_to),
            version=row.version,
        )


@classified(DataClass.BED)
@strawberry.type(name="BedHygiene")
class HygieneView(View):
    """How clean a bed is, since when and why."""

    id: strawberry.ID
    bed_id: strawberry.ID
    hygiene: Hygiene
    since: datetime
    reason: str | None

    @classmethod
    def of(cls, row: BedHygiene, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=as_id(row.id),
            bed_id=as_id(row.bed_id),
            hygiene=row.hygiene,
            since=row.since,
            reason=row.reason,
        )


@classified(DataClass.BED)
@strawberry.type(name="BedBlock")
class BlockView(View):
    """A bed out of use: blocked for a while, or closed."""

    id: strawberry.ID
    bed_id: strawberry.ID
    kind: BlockKind
    reason: BlockReason
    since: datetime
    until: datetime | None
    expected_until: datetime | None
    owner_id: strawberry.ID
    version: int

    @classmethod
    def of(cls, row: BedBlock, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=as_id(row.id),
            bed_id=as_id(row.bed_id),
            kind=row.kind,
            reason=row.reason,
            since=row.since,
            until=row.until,
            expected_until=row.expected_until,
            owner_id=as_id(row.owner_id),
            version=row.version,
        )


@classified(DataClass.BED)
@strawberry.type(name="Waiver")
class WaiverView(View):
    """A named person lets one rule be broken, for a reason and a limited time."""

    id: strawberry.ID
    ward_id: strawberry.ID
    rule: WaivedRule
    bed_id: strawberry.ID | None
    encounter_id: strawberry.ID | None = shows(DataClass.PLACEMENT)
    reason: str
    granted_by: strawberry.ID
    granted_at: datetime
    valid_until: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: Waiver, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=as_id(row.id),
            ward_id=as_id(row.ward_id),
            rule=row.rule,
            bed_id=maybe_id(row.bed_id),
            encounter_id=maybe_id(row.encounter_id),
            reason=row.reason,
            granted_by=as_id(row.granted_by),
            granted_at=row.granted_at,
            valid_until=row.valid_until,
            revoked_at=row.revoked_at,
        )
