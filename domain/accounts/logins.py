"""Log-ins: a session is one proof of identity and everything refreshed from it.

Passwords and codes are checked before the command, off the transaction.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import select

from domain.accounts.credentials import login_refused, require_credential, use_code
from domain.accounts.endings import (
    credentials_changed,
    end_session,
    end_sessions,
    revoke_tokens,
)
from domain.accounts.model import Account, AuthSession, LoginFailure, RefreshToken, SessionEnd
from domain.accounts.queries import failure_of
from domain.accounts.rules import ABSOLUTE, IDLE, digest
from kit.command import Command
from kit.errors import Denied, NotFound
from kit.work import NETWORK, Scope, Work


@dataclass(frozen=True, slots=True)
class Opened:
    """A session and its newest refresh token, told once; none if the session has just ended."""

    session: AuthSession
    refresh: str | None = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class StartSession(Command[Opened]):
    """Log in. Answers with an access token for ten minutes and a refresh token."""

    action = "session.start"

    account_id: UUID
    credential: int
    totp_step: int | None = None  # of the one-time code that was checked
    name_key: bytes
    rehashed: str | None = field(default=None, repr=False)
    new_hash: str | None = field(default=None, repr=False)  # of the password chosen at the log-in
    refresh: str = field(repr=False)

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Opened:
        account = work.get(Account, self.account_id)
        require_credential(account, self.credential)
        if account.disabled_at is not None:
            raise login_refused()
        use_code(account, self.totp_step)
        self._use_password(work, account)
        failure = failure_of(work.session, self.name_key)
        if failure is not None:
            work.session.delete(failure)
        session = AuthSession(
            account_id=account.id, credential=account.credential, started_at=work.now,
            last_used_at=work.now, latest_end=work.now + ABSOLUTE,
        )  # fmt: skip
        work.add(session)
        work.session.flush()  # the token's foreign key points to it
        work.add(RefreshToken(digest=digest(self.refresh), session_id=session.id))
        work.note(account=str(account.id))
        return Opened(session, self.refresh)

    def payload(self) -> dict[str, Any]:
        return {"account_id": str(self.account_id), "totp_step": self.totp_step}

    def _use_password(self, work: Work, account: Account) -> None:
        if self.new_hash is not None:
            account.password_hash, account.must_change = self.new_hash, False
            credentials_changed(work, account)
        elif account.must_change:
            raise must_change_password()
        elif self.rehashed is not None:
            account.password_hash = self.rehashed


@dataclass(frozen=True, kw_only=True)
class RefuseLogin(Command[None]):
    """Record a failed log-in and how long the name has to wait."""

    action = "session.refuse"

    name_key: bytes
    failures: int
    blocked_until: datetime | None

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> None:
        known = failure_of(work.session, self.name_key)
        if known is None:
            known = LoginFailure(name_key=self.name_key, failures=0, last_at=work.now)
            work.add(known)
        # Another process may have counted too: the higher count and the later end stand.
        known.failures = max(self.failures, known.failures + 1)
        known.last_at = work.now
        ends = [at for at in (known.blocked_until, self.blocked_until) if at is not None]
        known.blocked_until = max(ends, default=None)
        work.note(failures=known.failures)


@dataclass(frozen=True, kw_only=True)
class RefreshSession(Command[Opened]):
    """Exchange a refresh token for new tokens. A token that was spent before ends the session."""

    action = "session.refresh"

    presented: str = field(repr=False)
    replacement: str = field(repr=False)

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Opened:
        token, session = self._found(work)
        work.note(account=str(session.account_id))
        if session.ended_at is not None:
            raise log_in_again()
        account = work.get(Account, session.account_id)
        reason = _over(token, session, account, work.now)
        if reason is not None:  # an ending is a change: it must commit, so nothing is raised
            end_session(work, session, reason)
            return Opened(session, None)
        token.spent_at, session.last_used_at = work.now, work.now
        work.add(RefreshToken(digest=digest(self.replacement), session_id=session.id))
        return Opened(session, self.replacement)

    def payload(self) -> dict[str, Any]:
        return {"presented": digest(self.presented).hex()}

    def _found(self, work: Work) -> tuple[RefreshToken, AuthSession]:
        asked = select(RefreshToken).where(RefreshToken.digest == digest(self.presented))
        token = work.session.exec(asked).one_or_none()
        if token is None:
            raise log_in_again()
        return token, work.get(AuthSession, token.session_id)


@dataclass(frozen=True, kw_only=True)
class EndSession(Command[AuthSession]):
    """Log out."""

    action = "session.end"

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> AuthSession:
        session = work.session.get(AuthSession, work.actor.session or UUID(int=0))
        if session is None or session.account_id != work.actor.id:
            raise NotFound.of("session", work.actor.session)
        end_session(work, session, SessionEnd.LOGGED_OUT)
        return session


@dataclass(frozen=True, kw_only=True)
class RevokeSessions(Command[Account]):
    """End every session and token of an account; the person may log in again."""

    action = "session.revoke"
    privileged = True

    account_id: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Account:
        account = work.get(Account, self.account_id)
        work.note(
            sessions=end_sessions(work, account.id, SessionEnd.REVOKED),
            tokens=revoke_tokens(work, account.id),
        )
        return account


def must_change_password() -> Denied:
    return Denied("somebody else chose this password; log in with a new one beside it",
                  reason="PASSWORD_MUST_CHANGE")  # fmt: skip


def log_in_again() -> Denied:
    return Denied("the session is over; log in again", reason="SESSION_OVER")


def _over(
    token: RefreshToken, session: AuthSession, account: Account, now: datetime
) -> SessionEnd | None:
    if token.spent_at is not None:
        return SessionEnd.REUSED
    if account.disabled_at is not None or account.credential != session.credential:
        return SessionEnd.ACCOUNT
    if now >= session.latest_end:
        return SessionEnd.TOO_LONG
    if now - session.last_used_at > IDLE:
        return SessionEnd.IDLE
    return None
