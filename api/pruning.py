"""Segments of the ledger and their pruning, in GraphQL."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.query import Reader, query
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.privacy.archive_model import LedgerSegment, Pruning, PruningState
from domain.privacy.pruning import ApprovePruning, CancelPruning, RequestPruning
from domain.privacy.segments import prunings, segments

strawberry.enum(PruningState)


@classified(DataClass.GENERAL)
@strawberry.type(name="LedgerSegment")
class LedgerSegmentView(View):
    """Leaves of the ledger that were put away together, the first and the last included. Its
    entries stay in the database for `keepDays` at least, counted from `lastAt`."""

    id: strawberry.ID
    version: int
    number: int
    first_leaf: float
    last_leaf: float
    first_at: datetime
    last_at: datetime
    manifest: str
    keep_days: int
    closed_at: datetime

    @classmethod
    def of(cls, row: LedgerSegment, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            version=row.version,
            number=row.number,
            first_leaf=row.first_leaf,
            last_leaf=row.last_leaf,
            first_at=row.first_at,
            last_at=row.last_at,
            manifest=row.manifest,
            keep_days=row.keep_days,
            closed_at=row.closed_at,
        )


@classified(DataClass.GENERAL)
@strawberry.type(name="Pruning")
class PruningView(View):
    """The pruning of a segment: asked for by one person, approved by another. Once BEGUN its
    entries leave the database; DONE once none is left. Their hashes stay."""

    id: strawberry.ID
    version: int
    segment_id: strawberry.ID
    first_leaf: float
    last_leaf: float
    state: PruningState
    requested_at: datetime
    requested_by: strawberry.ID | None = shows(DataClass.AUDIT)
    decided_at: datetime | None
    decided_by: strawberry.ID | None = shows(DataClass.AUDIT)
    begun_at: datetime | None
    done_at: datetime | None

    @classmethod
    def of(cls, row: Pruning, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            version=row.version,
            segment_id=strawberry.ID(str(row.segment_id)),
            first_leaf=row.first_leaf,
            last_leaf=row.last_leaf,
            state=row.state,
            requested_at=row.requested_at,
            requested_by=strawberry.ID(str(row.requested_by)),
            decided_at=row.decided_at,
            decided_by=strawberry.ID(str(row.decided_by)) if row.decided_by else None,
            begun_at=row.begun_at,
            done_at=row.done_at,
        )


@strawberry.type
class PruningQueries:
    @query("pruning.read")
    def ledger_segments(
        self, reader: Reader, first: int, after: str | None = None
    ) -> Connection[LedgerSegmentView]:
        """Segments of the ledger, the newest first."""
        most = page_size(first) + 1
        rows = segments(reader.session, reader.scopes, limit=most, after=after_key(after))
        return page_of(
            rows, first, after, lambda row: LedgerSegmentView.of(row, reader.sight(row.scope))
        )

    @query("pruning.read")
    def prunings(
        self, reader: Reader, first: int, after: str | None = None
    ) -> Connection[PruningView]:
        """Prunings of the ledger, asked for, cancelled, approved and done, the newest first."""
        most = page_size(first) + 1
        rows = prunings(reader.session, reader.scopes, limit=most, after=after_key(after))
        return page_of(rows, first, after, lambda row: PruningView.of(row, reader.sight(row.scope)))


@strawberry.type
class PruningMutations:
    @mutation(returns=PruningView)
    def request_pruning(self, segment_id: UUID) -> RequestPruning:
        return RequestPruning(segment_id=segment_id)

    @mutation(returns=PruningView)
    def approve_pruning(self, pruning_id: UUID) -> ApprovePruning:
        return ApprovePruning(pruning_id=pruning_id)

    @mutation(returns=PruningView)
    def cancel_pruning(self, pruning_id: UUID) -> CancelPruning:
        return CancelPruning(pruning_id=pruning_id)
