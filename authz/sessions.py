"""Who is asking: tokens turned into actors, and sessions that ended forgotten within a second.

Reads the tables of domain/accounts by plain SQL; nothing here writes.
"""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from authz.tokens import LIFETIME, AccessTokens, NotAuthentic
from kit.clock import Clock
from kit.db import reading
from kit.rows import UtcTime
from kit.work import Actor, ActorKind

BEARER = "wgt_"  # long tokens of screens and services
REFRESH = "wgr_"  # refresh tokens; both prefixes let scanners find one that leaked
ANY_OPERATION = "*"
_REMEMBERED = 20_000
# An ended session matters while an access token of it could be alive; a transaction that ended
# one may have begun earlier than it becomes visible.
_OVERLAP = timedelta(seconds=30)
_MATTERS = LIFETIME + _OVERLAP

_SESSION = sa.table("auth_session", sa.column("id", sa.Uuid), sa.column("ended_at", UtcTime))
_BEARER = sa.table(
    "bearer_token",
    sa.column("id", sa.Uuid),
    sa.column("account_id", sa.Uuid),
    sa.column("digest", sa.LargeBinary),
    sa.column("operations"),
    sa.column("device", sa.LargeBinary),
    sa.column("expires_at", UtcTime),
    sa.column("revoked_at", UtcTime),
)
_ACCOUNT = sa.table(
    "account", sa.column("id", sa.Uuid), sa.column("kind"), sa.column("disabled_at", UtcTime)
)


@dataclass(frozen=True, slots=True)
class Pass:
    """Proof of who acts, good until `expires_at` or until its session ends."""

    actor: Actor
    expires_at: datetime
    operations: str = ANY_OPERATION  # the allow-list of a ward screen
    unbound: bool = False  # a screen's token that is not tied to a device yet: asked for each time


def new_secret(prefix: str) -> str:
    """256 random bits, told once."""
    return prefix + secrets.token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    """What is stored of a secret. It has 256 random bits, so a plain SHA-256 keeps it."""
    return hashlib.sha256(secret.encode()).digest()


class Gate:
    """Lets tokens in. Safe from any thread; `refresh` it at least every second."""

    def __init__(self, engine: Engine, tokens: AccessTokens, clock: Clock) -> None:
        self._engine, self._tokens, self._clock = engine, tokens, clock
        self._passes: OrderedDict[bytes, Pass] = OrderedDict()
        self._ended: dict[UUID, datetime] = {}
        self._revoked: dict[UUID, datetime] = {}
        self._seen_until: datetime | None = None

    def admit(self, token: str) -> Pass:
        """Who sent the token. Raises NotAuthentic; looks most long tokens up once.

        A screen that has been bound sends its device's secret behind a point: `wgt_….secret`.
        """
        key = digest_of(token)
        known = self._passes.get(key)
        if known is None:
            known = self._bearer(token) if token.startswith(BEARER) else self._access(token)
            if not known.unbound:
                self._passes[key] = known
            while len(self._passes) > _REMEMBERED:
                self._passes.popitem(last=False)
        if not self.holds(known):
            self._passes.pop(key, None)
            raise NotAuthentic
        return known

    def holds(self, known: Pass) -> bool:
        """False once the pass has run out or its session has ended: for every event on a socket."""
        session = known.actor.session
        over = session in self._ended or session in self._revoked
        return self._clock() < known.expires_at and not over

    def refresh(self, connection: Connection) -> None:
        """Learn which sessions and long tokens ended since the last time."""
        now = self._clock()
        since = (self._seen_until or now - _MATTERS) - _OVERLAP
        sessions = sa.select(_SESSION.c.id, _SESSION.c.ended_at).where(_SESSION.c.ended_at >= since)
        bearers = sa.select(_BEARER.c.id, _BEARER.c.revoked_at).where(_BEARER.c.revoked_at >= since)
        ended = self._ended | dict(tuple(row) for row in connection.execute(sessions))
        self._ended = {row_id: at for row_id, at in ended.items() if at >= now - _MATTERS}
        # Long tokens outlive any fixed time, and few are revoked: these are kept.
        self._revoked |= dict(tuple(row) for row in connection.execute(bearers))
        self._seen_until = now
        # After the marks above: a pass that slips in now is stopped by them.
        for key, known in list(self._passes.items()):
            if not self.holds(known):
                self._passes.pop(key, None)

    def _access(self, token: str) -> Pass:
        claims = self._tokens.check(token, self._clock())
        actor = Actor(claims.account, claims.kind, session=claims.session)
        return Pass(actor, claims.expires_at)

    def _bearer(self, token: str) -> Pass:
        secret, _, device = token.partition(".")
        asked = (
            sa.select(
                _BEARER.c.id, _BEARER.c.account_id, _ACCOUNT.c.kind, _BEARER.c.operations,
                _BEARER.c.device, _BEARER.c.expires_at,
            )
            .join_from(_BEARER, _ACCOUNT, _ACCOUNT.c.id == _BEARER.c.account_id)
            .where(
                _BEARER.c.digest == digest_of(secret),
                _BEARER.c.revoked_at.is_(None),
                _ACCOUNT.c.disabled_at.is_(None),
            )
        )  # fmt: skip
        with reading(self._engine) as session:
            row = session.connection().execute(asked).one_or_none()
        if row is None or not _same_device(row.device, device):
            raise NotAuthentic
        actor = Actor(row.account_id, ActorKind(row.kind), session=row.id)
        unbound = actor.kind is ActorKind.SCREEN and row.device is None
        return Pass(actor, row.expires_at, row.operations, unbound)


def _same_device(stored: bytes | None, device: str) -> bool:
    return stored is None or secrets.compare_digest(bytes(stored), digest_of(device))
