"""Reads of accounts, roles and tokens."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from domain.accounts.model import (
    AccessRole,
    Account,
    AuthSession,
    BearerToken,
    LoginFailure,
    RoleBinding,
    RoleExclusion,
)
from domain.accounts.rules import IDLE, folded_name
from domain.places.reach import by_keyset, within
from kit.errors import Conflict, NotFound
from kit.work import NETWORK, Scope

IRREPLACEABLE = ("security-administrator", "system-administrator")  # somebody must be left


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a log-in is checked against."""

    account: Account | None  # None: nobody of this name, or nobody who may log in
    failure: LoginFailure | None


def credentials(session: Session, login_name: str, name_key: bytes) -> Credentials:
    """For the log-in only: the account of the name and the failures stored against the name."""
    asked = select(Account).where(
        Account.login_name == folded_name(login_name), col(Account.disabled_at).is_(None)
    )
    return Credentials(session.exec(asked).one_or_none(), failure_of(session, name_key))


def failure_of(session: Session, name_key: bytes) -> LoginFailure | None:
    """What is stored against a name, which may be nobody's."""
    return session.exec(select(LoginFailure).where(LoginFailure.name_key == name_key)).one_or_none()


def accounts(
    session: Session, scopes: Sequence[Scope], *, first: int, after: UUID | None = None
) -> Sequence[Account]:
    """Accounts by id; they belong to the network, so only a right there shows them."""
    if NETWORK not in scopes:
        return []
    asked = select(Account).where(by_keyset(Account.id, after)).order_by(col(Account.id))
    return session.exec(asked.limit(first)).all()


def account(session: Session, scopes: Sequence[Scope], account_id: UUID) -> Account:
    """Raises NotFound for an unknown and for a foreign one alike."""
    found = session.get(Account, account_id) if NETWORK in scopes else None
    if found is None:
        raise NotFound.of("account", account_id)
    return found


def bindings_of(
    session: Session, scopes: Sequence[Scope], account_ids: Sequence[UUID], at: datetime
) -> Sequence[RoleBinding]:
    """Roles in force now or later, within the scopes."""
    asked = select(RoleBinding).where(
        col(RoleBinding.user_id).in_(account_ids),
        within(scopes, RoleBinding.hospital_id, RoleBinding.ward_id),
        not_over(at),
    )
    return session.exec(asked.order_by(col(RoleBinding.id))).all()


def living_sessions(session: Session, account_id: UUID, at: datetime) -> Sequence[AuthSession]:
    """Those that a refresh would still carry on."""
    asked = select(AuthSession).where(
        AuthSession.account_id == account_id,
        col(AuthSession.ended_at).is_(None),
        col(AuthSession.last_used_at) >= at - IDLE,
        col(AuthSession.latest_end) > at,
    )
    return session.exec(asked.order_by(col(AuthSession.id))).all()


def living_tokens(session: Session, account_id: UUID, at: datetime) -> Sequence[BearerToken]:
    asked = select(BearerToken).where(
        BearerToken.account_id == account_id,
        col(BearerToken.revoked_at).is_(None),
        col(BearerToken.expires_at) > at,
    )
    return session.exec(asked.order_by(col(BearerToken.id))).all()


def not_over(at: datetime) -> ColumnElement[bool]:
    """Bindings in force now or later."""
    return or_(col(RoleBinding.valid_until).is_(None), col(RoleBinding.valid_until) > at)


def excluded_by(session: Session, account_id: UUID, role: str, at: datetime) -> str | None:
    """A role of the account, anywhere, that may not be held together with this one."""
    held = select(RoleBinding.role).where(RoleBinding.user_id == account_id, not_over(at))
    roles = set(session.exec(held))
    pairs = session.exec(
        select(RoleExclusion).where(or_(RoleExclusion.role == role, RoleExclusion.other == role))  # type: ignore[arg-type]  # SQLModel columns are typed as their values
    )
    others = {pair.other if pair.role == role else pair.role for pair in pairs}
    return min(roles & others, default=None)


def role_named(session: Session, role: str) -> AccessRole:
    """Raises NotFound."""
    found = session.get(AccessRole, role)
    if found is None:
        raise NotFound.of("role", role)
    return found


def require_not_the_last(
    session: Session, account_id: UUID, at: datetime, roles: Sequence[str] = IRREPLACEABLE
) -> None:
    """Raise Conflict if nobody else could administer accounts or roles any more."""
    for role in set(roles) & set(IRREPLACEABLE):
        holders = select(RoleBinding.user_id).join(
            Account, col(Account.id) == col(RoleBinding.user_id)
        ).where(
            RoleBinding.role == role, col(RoleBinding.hospital_id).is_(None),
            col(RoleBinding.valid_from) <= at, not_over(at), col(Account.disabled_at).is_(None),
        )  # fmt: skip
        if set(session.exec(holders)) == {account_id}:
            raise Conflict(f"this is the last {role}; let another one hold the role first",
                           reason="LAST_ADMINISTRATOR", blocking=account_id)  # fmt: skip


def accounts_among(session: Session, subjects: Collection[UUID]) -> frozenset[UUID]:
    """Which of these surrogates are accounts, whose id is the subject of their sealed fields."""
    return frozenset(session.exec(select(Account.id).where(col(Account.id).in_(subjects))))
