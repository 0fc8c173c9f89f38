"""Passwords and one-time codes. Hashing and checking happen before the command, off the
transaction: a command carries the verdict and the account's `credential` it was reached for."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.accounts.endings import credentials_changed, own_account
from domain.accounts.model import Account
from kit.command import Command
from kit.errors import Conflict, Denied, Retry
from kit.work import NETWORK, Scope, Work


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A one-time-code secret, told once."""

    account_id: UUID
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ChangePassword(Command[Account]):
    """Replace one's own password. Every other session ends."""

    action = "password.change"

    credential: int
    totp_step: int | None = None  # of the one-time code that was checked
    password_hash: str = field(repr=False)

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Account:
        account = own_account(work)
        require_credential(account, self.credential)
        use_code(account, self.totp_step)
        account.password_hash, account.must_change = self.password_hash, False
        credentials_changed(work, account, keep=work.actor.session)
        return account

    def payload(self) -> dict[str, Any]:
        return {"credential": self.credential, "totp_step": self.totp_step}


@dataclass(frozen=True, kw_only=True)
class ResetPassword(Command[Account]):
    """Give somebody else a password for one log-in, at which they must change it."""

    action = "password.reset"
    privileged = True

    account_id: UUID
    password_hash: str = field(repr=False)

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Account:
        account = work.get(Account, self.account_id)
        if account.id == work.actor.id:
            raise Denied("change your own password with the old one", reason="OWN_ACCOUNT")
        if account.login_name is None:
            raise Conflict("a service has tokens, no password", reason="NO_PASSWORD")
        account.password_hash, account.must_change = self.password_hash, True
        credentials_changed(work, account)
        return account

    def payload(self) -> dict[str, Any]:
        return {"account_id": str(self.account_id)}


@dataclass(frozen=True, kw_only=True)
class EnrolTotp(Command[Enrolment]):
    """Begin with one-time codes: take the secret into an authenticator app, then confirm."""

    action = "totp.enrol"

    secret: str = field(repr=False)

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Enrolment:
        account = own_account(work)
        if account.totp_confirmed:
            raise Conflict("one-time codes are in use; have them reset first",
                           reason="TOTP_IN_USE")  # fmt: skip
        account.totp_secret = work.seal(self.secret, account.totp_place())
        return Enrolment(account.id, self.secret)

    def payload(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, kw_only=True)
class ConfirmTotp(Command[Account]):
    """Finish the enrolment with a code from the app; from now on each log-in needs one."""

    action = "totp.enrol"
    privileged = True

    step: int  # of the code that was checked
    credential: int

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Account:
        account = own_account(work)
        require_credential(account, self.credential)
        if account.totp_secret is None or account.totp_confirmed:
            raise Conflict("there is no enrolment to confirm", reason="NO_ENROLMENT")
        account.totp_confirmed, account.totp_step = True, self.step
        credentials_changed(work, account, keep=work.actor.session)
        return account


@dataclass(frozen=True, kw_only=True)
class ResetTotp(Command[Account]):
    """Take a lost authenticator from somebody else's account."""

    action = "totp.reset"
    privileged = True

    account_id: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Account:
        account = work.get(Account, self.account_id)
        if account.id == work.actor.id:
            raise Denied("nobody resets their own one-time codes", reason="OWN_ACCOUNT")
        account.totp_secret, account.totp_confirmed, account.totp_step = None, False, None
        credentials_changed(work, account)
        return account


def require_credential(account: Account, seen: int) -> None:
    """Raise Retry if the credentials changed since the password or code was checked."""
    if account.credential != seen:
        raise Retry("the account changed meanwhile; try again", reason="CREDENTIAL_CHANGED")


def use_code(account: Account, step: int | None) -> None:
    """Spend the code of a time step. Raises Denied where one is due and none is fresh."""
    if not account.totp_confirmed:
        return
    last = account.totp_step if account.totp_step is not None else -1
    if step is None or step <= last:
        raise login_refused()
    account.totp_step = step


def login_refused() -> Denied:
    """The same words whatever was wrong, so that nothing is learnt by trying."""
    return Denied("login name, password or code is not right", reason="LOGIN_REFUSED")
