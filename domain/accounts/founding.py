"""The first three administrators, made on the command line of an empty house."""

from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from domain.accounts.commands import free_login_name
from domain.accounts.endings import rights_changed
from domain.accounts.model import AccessRole, Account, RoleBinding
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import NETWORK, ActorKind, Scope, Work

FOUNDING_ROLES = ("system-administrator", "security-administrator", "compliance-officer")


@dataclass(frozen=True, slots=True)
class Founder:
    """A person to be: the password's hash and a one-time-code secret that they were shown."""

    role: str
    login_name: str
    password_hash: str = field(repr=False)
    totp_secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class FoundAdministrators(Command[tuple[Account, ...]]):
    """Make the first system, security and compliance administrators: three different people."""

    action = "account.found"
    privileged = True

    founders: tuple[Founder, ...]

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> tuple[Account, ...]:
        if sorted(founder.role for founder in self.founders) != sorted(FOUNDING_ROLES):
            raise Invalid(f"name one person each for {', '.join(FOUNDING_ROLES)}", field="founders")
        held = select(RoleBinding.id).join(AccessRole).where(col(AccessRole.totp).is_(True))
        if work.session.exec(held).first() is not None:
            raise Conflict("there are administrators; they make the next ones",
                           reason="ALREADY_FOUNDED")  # fmt: skip
        made = tuple(self._person(work, founder) for founder in self.founders)
        rights_changed(work)
        return made

    def payload(self) -> dict[str, Any]:
        return {founder.role: founder.login_name for founder in self.founders}

    @staticmethod
    def _person(work: Work, founder: Founder) -> Account:
        account = Account(
            kind=ActorKind.PERSON, login_name=free_login_name(work, founder.login_name),
            password_hash=founder.password_hash, must_change=True, made_at=work.now,
        )  # fmt: skip
        account.totp_secret = work.seal(founder.totp_secret, account.totp_place())
        account.totp_confirmed = True
        work.add(account)
        work.session.flush()  # the role points to it
        work.add(RoleBinding(
            user_id=account.id, role=founder.role, valid_from=work.now, granted_by=work.actor.id,
        ))  # fmt: skip
        return account
