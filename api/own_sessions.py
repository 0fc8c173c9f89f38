"""A person's own log-ins in GraphQL: where they are logged in, and how that ends."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.mutation import mutation
from api.proofs import prove_self
from api.query import Reader, query
from api.sight import Sight, classified
from authz.classes import DataClass
from authz.logins import Proof
from domain.accounts import queries
from domain.accounts.model import AuthSession
from domain.accounts.own_sessions import Ended, EndOwnSessions


@classified(DataClass.GENERAL)
@strawberry.type
class OwnSession:
    """A log-in that has not ended. It is over an idle quarter of an hour after `lastUsedAt`."""

    session_id: strawberry.ID
    started_at: datetime
    last_used_at: datetime
    latest_end: datetime
    current: bool

    @classmethod
    def of(cls, row: AuthSession, current: UUID | None) -> Self:
        return cls(
            session_id=strawberry.ID(str(row.id)), started_at=row.started_at,
            last_used_at=row.last_used_at, latest_end=row.latest_end, current=row.id == current,
        )  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type
class SessionsEnded:
    """How many sessions ended just now."""

    sessions: int

    @classmethod
    def of(cls, result: Ended, _sight: Sight) -> Self:
        return cls(sessions=result.sessions)


@strawberry.type
class OwnSessionQueries:
    @query("session.read")
    def my_sessions(self, reader: Reader) -> list[OwnSession]:
        """Where whoever asks is logged in, the oldest first."""
        rows = queries.living_sessions(reader.session, reader.actor.id, reader.now)
        return [OwnSession.of(row, reader.actor.session) for row in rows]


@strawberry.type
class OwnSessionMutations:
    @mutation(returns=SessionsEnded, once=True, prepare=prove_self, prepared="proof")
    def end_my_sessions(
        self,
        password: str,
        proof: Proof,
        totp: str | None = None,
        session_id: UUID | None = None,
    ) -> EndOwnSessions:
        return EndOwnSessions(
            credential=proof.credential, totp_step=proof.totp_step, session_id=session_id
        )
