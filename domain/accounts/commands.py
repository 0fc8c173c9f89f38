"""What can be done to accounts."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import select

from domain.accounts.endings import credentials_changed, revoke_tokens, rights_changed
from domain.accounts.model import Account
from domain.accounts.queries import require_not_the_last
from domain.accounts.rules import login_name, title
from kit.command import Command
from kit.errors import Conflict, Denied, Invalid
from kit.work import NETWORK, ActorKind, Scope, Work


@dataclass(frozen=True, kw_only=True)
class CreateAccount(Command[Account]):
    """Make an account for a person or a service. It has no role and may do nothing yet."""

    action = "account.create"
    privileged = True

    kind: ActorKind = ActorKind.PERSON
    login_name: str | None = None
    title: str | None = None
    password_hash: str | None = field(default=None, repr=False)
    must_change: bool = True  # at the first log-in: the maker knows the password

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Account:
        if self.kind not in (ActorKind.PERSON, ActorKind.SERVICE):
            raise Invalid("accounts are made for a PERSON or a SERVICE", field="kind",
                          allowed=("PERSON", "SERVICE"))  # fmt: skip
        person = self.kind is ActorKind.PERSON
        account = Account(kind=self.kind, made_at=work.now)
        if person:
            account.login_name = free_login_name(work, self.login_name or "")
            account.password_hash, account.must_change = self.password_hash, self.must_change
        elif self.login_name or self.password_hash:
            raise Invalid("a service has tokens, no password", field="loginName")
        if self.title or not person:
            account.title = title(self.title or "")
        work.add(account)
        work.emit("AccountCreated", NETWORK, account=account.id)
        return account

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), "password_hash": None}  # salted: another one each time


@dataclass(frozen=True, kw_only=True)
class DisableAccount(Command[Account]):
    """Stop an account at once: its sessions and tokens end, its roles rest."""

    action = "account.disable"
    privileged = True

    account_id: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Account:
        account = work.get(Account, self.account_id)
        if account.id == work.actor.id:
            raise Denied("nobody disables their own account", reason="OWN_ACCOUNT")
        if account.disabled_at is None:
            require_not_the_last(work.session, account.id, work.now)
            account.disabled_at = work.now
            credentials_changed(work, account)
            work.note(tokens=revoke_tokens(work, account.id))
            rights_changed(work)
            work.emit("AccountDisabled", NETWORK, account=account.id)
        return account


@dataclass(frozen=True, kw_only=True)
class EnableAccount(Command[Account]):
    """Let a disabled account log in again; what had ended stays ended."""

    action = "account.enable"
    privileged = True

    account_id: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Account:
        account = work.get(Account, self.account_id)
        account.disabled_at = None
        rights_changed(work)
        work.emit("AccountEnabled", NETWORK, account=account.id)
        return account


def free_login_name(work: Work, text: str) -> str:
    """The name in its one spelling. Raises Conflict if somebody has it."""
    name = login_name(text)
    if work.session.exec(select(Account.id).where(Account.login_name == name)).first():
        raise Conflict("this login name is taken; choose another", reason="LOGIN_NAME_TAKEN",
                       field="loginName")  # fmt: skip
    return name
