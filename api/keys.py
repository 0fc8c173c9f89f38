"""Rotation of keys in GraphQL: one key custodian asks, another agrees, everybody sees how far."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.connection import page_size
from api.mutation import mutation
from api.query import Reader, query
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.keys import queries
from domain.keys.commands import ApproveKeyRotation, RequestKeyRotation, WithdrawKeyRotation
from domain.keys.model import KeyRotation, RotationKind, RotationState
from kit.work import NETWORK

strawberry.enum(RotationKind, name="KeyRotationKind")
strawberry.enum(RotationState, name="KeyRotationState")


@classified(DataClass.KEYS)
@strawberry.type(name="KeyRotation")
class KeyRotationView(View):
    """A rotation of a kind of key, and how far it is."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    kind: RotationKind = shows(DataClass.GENERAL)
    state: RotationState = shows(DataClass.GENERAL)
    requested_by: strawberry.ID | None
    requested_at: datetime = shows(DataClass.GENERAL)
    approved_by: strawberry.ID | None
    approved_at: datetime | None = shows(DataClass.GENERAL)
    key_version: int | None
    moved: int = shows(DataClass.GENERAL)
    damaged: int = shows(DataClass.GENERAL)
    ended_at: datetime | None = shows(DataClass.GENERAL)

    @classmethod
    def of(cls, row: KeyRotation, sight: Sight) -> Self:
        approved = row.approved_by
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            kind=row.kind,
            state=row.state,
            requested_by=strawberry.ID(str(row.requested_by)),
            requested_at=row.requested_at,
            approved_by=None if approved is None else strawberry.ID(str(approved)),
            approved_at=row.approved_at,
            key_version=row.key_version,
            moved=row.moved,
            damaged=row.damaged,
            ended_at=row.ended_at,
        )


@strawberry.type
class KeyQueries:
    @query("key_rotation.read")
    def key_rotations(self, reader: Reader, first: int) -> list[KeyRotationView]:
        """The newest rotations first."""
        rows = queries.rotations(reader.session, reader.scopes, page_size(first))
        return [KeyRotationView.of(row, reader.sight(NETWORK)) for row in rows]


@strawberry.type
class KeyMutations:
    @mutation(returns=KeyRotationView)
    def request_key_rotation(self, kind: RotationKind) -> RequestKeyRotation:
        return RequestKeyRotation(kind=kind)

    @mutation(returns=KeyRotationView)
    def approve_key_rotation(self, rotation_id: UUID) -> ApproveKeyRotation:
        return ApproveKeyRotation(rotation_id=rotation_id)

    @mutation(returns=KeyRotationView)
    def withdraw_key_rotation(self, rotation_id: UUID) -> WithdrawKeyRotation:
        return WithdrawKeyRotation(rotation_id=rotation_id)
