"""What a person does about their own log-ins: end one elsewhere, or all but this one."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.accounts.credentials import require_credential, use_code
from domain.accounts.endings import end_session, end_sessions, own_account
from domain.accounts.model import AuthSession, SessionEnd
from kit.command import Command
from kit.errors import NotFound
from kit.work import NETWORK, Scope, Work


@dataclass(frozen=True, slots=True)
class Ended:
    """How many sessions ended."""

    sessions: int


@dataclass(frozen=True, kw_only=True)
class EndOwnSessions(Command[Ended]):
    """End a session of one's own, or without `sessionId` all but this one.

    Takes the password again, and a one-time code where they are enrolled.
    """

    action = "session.end"

    credential: int
    totp_step: int | None = None  # of the one-time code that was checked
    session_id: UUID | None = None

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Ended:
        account = own_account(work)
        require_credential(account, self.credential)
        use_code(account, self.totp_step)
        if self.session_id is None:
            but = work.actor.session
            return Ended(end_sessions(work, account.id, SessionEnd.LOGGED_OUT, but=but))
        session = work.session.get(AuthSession, self.session_id)
        if session is None or session.account_id != account.id or session.ended_at is not None:
            raise NotFound.of("session", self.session_id)
        end_session(work, session, SessionEnd.LOGGED_OUT)
        return Ended(1)

    def payload(self) -> dict[str, Any]:
        return {"session_id": str(self.session_id) if self.session_id else None}
