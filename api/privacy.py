"""Legal holds and the erasure of a person, in GraphQL."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.query import Reader, query
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.privacy import queries
from domain.privacy.erasing import ApproveErasure, CancelErasure, RequestErasure
from domain.privacy.holds import AskToLiftHold, HoldLedger, HoldPatient, LiftHold
from domain.privacy.model import Erasure, ErasureReason, ErasureState, HoldReason, LegalHold

strawberry.enum(HoldReason, name="LegalHoldReason")
strawberry.enum(ErasureReason)
strawberry.enum(ErasureState)


@classified(DataClass.GENERAL)
@strawberry.type(name="LegalHold")
class LegalHoldView(View):
    """What is neither erased nor pruned: a patient, or leaves of the ledger, first and last
    included. Without `lastLeaf` all that follow too. Over once `liftedAt` is there."""

    id: strawberry.ID
    version: int
    hospital_id: strawberry.ID | None
    patient_id: strawberry.ID | None = shows(DataClass.AUDIT)
    first_leaf: float | None
    last_leaf: float | None
    reason: HoldReason
    placed_at: datetime
    placed_by: strawberry.ID | None = shows(DataClass.AUDIT)
    asked_at: datetime | None
    asked_by: strawberry.ID | None = shows(DataClass.AUDIT)
    lifted_at: datetime | None
    lifted_by: strawberry.ID | None = shows(DataClass.AUDIT)

    @classmethod
    def of(cls, row: LegalHold, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            version=row.version,
            hospital_id=_id(row.hospital_id),
            patient_id=_id(row.patient_id),
            first_leaf=row.first_leaf,
            last_leaf=row.last_leaf,
            reason=row.reason,
            placed_at=row.placed_at,
            placed_by=_id(row.placed_by),
            asked_at=row.asked_at,
            asked_by=_id(row.asked_by),
            lifted_at=row.lifted_at,
            lifted_by=_id(row.lifted_by),
        )


@classified(DataClass.GENERAL)
@strawberry.type(name="Erasure")
class ErasureView(View):
    """The erasure of a patient: asked for by one person, approved by another. Once APPROVED
    nothing opens; DONE once every key is destroyed."""

    id: strawberry.ID
    version: int
    hospital_id: strawberry.ID
    patient_id: strawberry.ID | None = shows(DataClass.AUDIT)
    reason: ErasureReason
    state: ErasureState
    requested_at: datetime
    requested_by: strawberry.ID | None = shows(DataClass.AUDIT)
    decided_at: datetime | None
    decided_by: strawberry.ID | None = shows(DataClass.AUDIT)
    destroyed_at: datetime | None

    @classmethod
    def of(cls, row: Erasure, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            version=row.version,
            hospital_id=strawberry.ID(str(row.hospital_id)),
            patient_id=_id(row.patient_id),
            reason=row.reason,
            state=row.state,
            requested_at=row.requested_at,
            requested_by=_id(row.requested_by),
            decided_at=row.decided_at,
            decided_by=_id(row.decided_by),
            destroyed_at=row.destroyed_at,
        )


@strawberry.type
class PrivacyQueries:
    @query("legal_hold.read")
    def legal_holds(
        self, reader: Reader, first: int, after: str | None = None
    ) -> Connection[LegalHoldView]:
        """Legal holds, in force and lifted, the newest first."""
        rows = queries.legal_holds(
            reader.session, reader.scopes, limit=page_size(first) + 1, after=after_key(after)
        )
        return page_of(
            rows, first, after, lambda row: LegalHoldView.of(row, reader.sight(row.scope))
        )

    @query("privacy.read")
    def erasures(
        self, reader: Reader, first: int, after: str | None = None
    ) -> Connection[ErasureView]:
        """Erasures, asked for, cancelled, approved and done, the newest first."""
        rows = queries.erasures(
            reader.session, reader.scopes, limit=page_size(first) + 1, after=after_key(after)
        )
        return page_of(rows, first, after, lambda row: ErasureView.of(row, reader.sight(row.scope)))


@strawberry.type
class PrivacyMutations:
    @mutation(returns=ErasureView)
    def request_erasure(self, patient_id: UUID, reason: ErasureReason) -> RequestErasure:
        return RequestErasure(patient_id=patient_id, reason=reason)

    @mutation(returns=ErasureView)
    def approve_erasure(self, erasure_id: UUID) -> ApproveErasure:
        return ApproveErasure(erasure_id=erasure_id)

    @mutation(returns=ErasureView)
    def cancel_erasure(self, erasure_id: UUID) -> CancelErasure:
        return CancelErasure(erasure_id=erasure_id)

    @mutation(returns=LegalHoldView)
    def hold_patient(self, patient_id: UUID, reason: HoldReason) -> HoldPatient:
        return HoldPatient(patient_id=patient_id, reason=reason)

    @mutation(returns=LegalHoldView)
    def hold_ledger(
        self, first_leaf: int, reason: HoldReason, last_leaf: int | None = None
    ) -> HoldLedger:
        return HoldLedger(first_leaf=first_leaf, last_leaf=last_leaf, reason=reason)

    @mutation(returns=LegalHoldView)
    def ask_to_lift_hold(self, legal_hold_id: UUID) -> AskToLiftHold:
        return AskToLiftHold(legal_hold_id=legal_hold_id)

    @mutation(returns=LegalHoldView)
    def lift_hold(self, legal_hold_id: UUID) -> LiftHold:
        return LiftHold(legal_hold_id=legal_hold_id)


def _id(key: UUID | None) -> strawberry.ID | None:
    return None if key is None else strawberry.ID(str(key))
