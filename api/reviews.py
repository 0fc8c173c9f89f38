"""The review of flagged reads in GraphQL, and whom the record means by a surrogate."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.query import Reader, query
from api.sight import Sight, View, classified, closed
from authz.classes import DataClass
from domain.privacy.reasons import AccessReason
from domain.reviews import queries
from domain.reviews.commands import SignOffReview
from domain.reviews.model import FlagKind, ReviewItem, ReviewState, ReviewVerdict
from kit.work import NETWORK

strawberry.enum(FlagKind)
strawberry.enum(ReviewState)
strawberry.enum(ReviewVerdict)


@classified(DataClass.AUDIT)
@strawberry.type(name="ReviewItem")
class ReviewItemView(View):
    """One reader's reads of one person for one reason. `leaf` is the first one's number in the
    log; `subjectId` is what the record calls the person."""

    id: UUID
    kind: FlagKind
    state: ReviewState
    hospital_id: UUID
    reader_id: UUID
    role: str
    subject_id: UUID
    leaf: int
    last_leaf: int
    reads: int
    first_at: datetime
    last_at: datetime
    due_at: datetime
    verdict: ReviewVerdict | None
    note: str | None
    reviewed_by: UUID | None
    reviewed_at: datetime | None

    @classmethod
    def of(cls, row: ReviewItem, sight: Sight) -> Self:
        return cls(
            sight=sight, id=row.id, kind=row.kind, state=row.state, hospital_id=row.hospital_id,
            reader_id=row.reader_id, role=row.role, subject_id=row.subject, leaf=row.leaf,
            last_leaf=row.last_leaf, reads=row.reads, first_at=row.first_at, last_at=row.last_at,
            due_at=row.due_at, verdict=row.verdict, note=closed(row.note, row.note_place()),
            reviewed_by=row.reviewed_by, reviewed_at=row.reviewed_at,
        )  # fmt: skip


@classified(DataClass.AUDIT)
@strawberry.type
class ReviewBacklog(View):
    """How much waits to be signed off, and how much should have been by now."""

    open: int
    overdue: int
    oldest_at: datetime | None


@classified(DataClass.AUDIT)
@strawberry.type
class ResolvedSubject(View):
    """Whom the record means: PATIENT or STAFF, by id; never a name."""

    kind: str
    id: UUID
    hospital_id: UUID | None


@strawberry.type
class ReviewQueries:
    @query("review.read")
    def review_items(
        self, reader: Reader, first: int, after: str | None = None, state: ReviewState | None = None
    ) -> Connection[ReviewItemView]:
        """Reads that were flagged, the oldest first."""
        reader.context.note_read("ReviewItem.kind")
        rows = queries.review_items(
            reader.session, reader.scopes, state=state, after=after_key(after),
            limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(
            rows, first, after, lambda row: ReviewItemView.of(row, reader.sight(row.scope))
        )

    @query("review.read")
    def review_backlog(self, reader: Reader) -> ReviewBacklog:
        """Open and overdue reviews of the hospitals in which the viewer reviews."""
        found = queries.backlog(reader.session, reader.scopes, reader.now)
        sight = reader.sight(next(iter(reader.scopes), NETWORK))
        return ReviewBacklog(
            sight=sight, open=found.open, overdue=found.overdue, oldest_at=found.oldest_at
        )

    @query("subject.resolve")
    def resolve_subject(
        self, reader: Reader, subject_id: UUID, reason: AccessReason
    ) -> ResolvedSubject:
        """Whom the record means. Asking is itself on record, with the reason."""
        found = queries.person_of(reader.session, reader.scopes, subject_id)
        reader.context.disclosures.shown.add((subject_id, "ResolvedSubject.id"))
        reader.context.notes["reason"] = reason.value
        sight = reader.sight(found.scope)
        return ResolvedSubject(
            sight=sight, kind=found.kind, id=found.id, hospital_id=found.scope.hospital
        )


@strawberry.type
class ReviewMutations:
    @mutation(returns=ReviewItemView)
    def sign_off_review(self, review_id: UUID, verdict: ReviewVerdict, note: str) -> SignOffReview:
        return SignOffReview(review_id=review_id, verdict=verdict, note=note)
