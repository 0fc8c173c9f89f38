"""How sessions, tokens and rights end, wherever that is decided."""

from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from domain.accounts.model import Account, AuthSession, AuthzEpoch, BearerToken, SessionEnd
from kit.errors import NotFound
from kit.work import ActorKind, Work


def end_session(work: Work, session: AuthSession, reason: SessionEnd) -> None:
    if session.ended_at is None:
        session.ended_at, session.end_reason = work.now, reason


def end_sessions(
    work: Work, account_id: UUID, reason: SessionEnd, *, but: UUID | None = None
) -> int:
    """End every open session of the account, `but` one; how many."""
    open_ones = select(AuthSession).where(
        AuthSession.account_id == account_id, col(AuthSession.ended_at).is_(None)
    )
    ending = [session for session in work.session.exec(open_ones) if session.id != but]
    for session in ending:
        end_session(work, session, reason)
    return len(ending)


def revoke_tokens(work: Work, account_id: UUID) -> int:
    """Revoke every long token of the account; how many."""
    living = select(BearerToken).where(
        BearerToken.account_id == account_id, col(BearerToken.revoked_at).is_(None)
    )
    revoked = work.session.exec(living).all()
    for token in revoked:
        token.revoked_at = work.now
    return len(revoked)


def credentials_changed(work: Work, account: Account, *, keep: UUID | None = None) -> None:
    """Nothing that was opened with the old credentials lives on, but the session `keep`."""
    account.credential += 1
    end_sessions(work, account.id, SessionEnd.ACCOUNT, but=keep)
    if keep is not None and (kept := work.session.get(AuthSession, keep)):
        kept.credential = account.credential


def rights_changed(work: Work) -> None:
    """Tell every process, within a second, to read roles and bindings again."""
    work.session.connection().execute(
        update(AuthzEpoch)
        .where(col(AuthzEpoch.name) == "rights")
        .values(epoch=AuthzEpoch.epoch + 1)
    )


def own_account(work: Work) -> Account:
    """The account of the person who acts. Raises NotFound for programs and devices."""
    account = work.session.get(Account, work.actor.id)
    if account is None or account.kind is not ActorKind.PERSON:
        raise NotFound.of("account", work.actor.id)
    return account
