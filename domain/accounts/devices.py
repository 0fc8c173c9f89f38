"""Long tokens: of ward screens, for one ward and one shift, and of services."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import select

from domain.accounts.endings import rights_changed
from domain.accounts.model import Account, BearerToken, RoleBinding
from domain.accounts.rules import (
    LONGEST_SERVICE_DAYS,
    SCREEN_LIFETIME,
    SCREEN_OPERATIONS,
    SCREEN_ROLE,
    digest,
    require_enabled,
    title,
)
from domain.places.model import Ward
from kit.command import Command
from kit.errors import Conflict, Denied, Invalid
from kit.work import NETWORK, ActorKind, Scope, Work


@dataclass(frozen=True, slots=True)
class Issued:
    """A long token, told once."""

    token: BearerToken
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class IssueScreenToken(Command[Issued]):
    """Let a screen show one ward for twelve hours: its board, and nothing else."""

    action = "screen.issue"

    ward_id: UUID
    title: str
    secret: str = field(repr=False)

    def scope(self, work: Work) -> Scope:
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> Issued:
        ward = work.get(Ward, self.ward_id)
        ends = work.now + SCREEN_LIFETIME
        screen = Account(kind=ActorKind.SCREEN, title=title(self.title), made_at=work.now)
        work.add(screen)
        work.session.flush()  # role and token point to it
        work.add(RoleBinding(
            user_id=screen.id, role=SCREEN_ROLE, hospital_id=ward.hospital_id, ward_id=ward.id,
            valid_from=work.now, valid_until=ends, granted_by=work.actor.id,
        ))  # fmt: skip
        token = BearerToken(
            account_id=screen.id, digest=digest(self.secret), operations=SCREEN_OPERATIONS,
            made_at=work.now, expires_at=ends,
        )  # fmt: skip
        work.add(token)
        rights_changed(work)
        work.emit("ScreenTokenIssued", NETWORK, token=token.id, ward=ward.id)
        return Issued(token, self.secret)

    def payload(self) -> dict[str, Any]:
        return {"ward_id": str(self.ward_id), "title": self.title}


@dataclass(frozen=True, kw_only=True)
class IssueServiceToken(Command[Issued]):
    """Make a token for a service account. What it may do is for its roles to say."""

    action = "service.issue"
    privileged = True

    account_id: UUID
    days: int = 90
    secret: str = field(repr=False)

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Issued:
        account = work.get(Account, self.account_id)
        require_enabled(account)
        if account.kind is not ActorKind.SERVICE:
            raise Invalid("only a service has such a token", field="accountId")
        if not 1 <= self.days <= LONGEST_SERVICE_DAYS:
            raise Invalid(f"a token lives 1 to {LONGEST_SERVICE_DAYS} days", field="days")
        token = BearerToken(
            account_id=account.id, digest=digest(self.secret), operations="*",
            made_at=work.now, expires_at=work.now + timedelta(days=self.days),
        )  # fmt: skip
        work.add(token)
        return Issued(token, self.secret)

    def payload(self) -> dict[str, Any]:
        return {"account_id": str(self.account_id), "days": self.days}


@dataclass(frozen=True, kw_only=True)
class BindDevice(Command[BearerToken]):
    """Tie a screen's token to the device that first used it; elsewhere it is worth nothing."""

    action = "screen.bind"

    device: str = field(repr=False)  # a secret that the device made and keeps

    def scope(self, work: Work) -> Scope:
        return _place(work, work.actor.id)

    def apply(self, work: Work) -> BearerToken:
        token = work.get(BearerToken, work.actor.session or UUID(int=0))
        if token.account_id != work.actor.id or len(self.device) < 32:
            raise Denied("this is no token of a device", reason="NO_DEVICE")
        if token.device is not None and token.device != digest(self.device):
            raise Conflict("the token belongs to another device", reason="OTHER_DEVICE")
        token.device = digest(self.device)
        return token

    def payload(self) -> dict[str, Any]:
        return {"device": digest(self.device).hex()}


@dataclass(frozen=True, kw_only=True)
class RevokeToken(Command[BearerToken]):
    """Make a long token worthless at once."""

    action = "token.revoke"

    token_id: UUID

    def scope(self, work: Work) -> Scope:
        return _place(work, work.get(BearerToken, self.token_id).account_id)

    def apply(self, work: Work) -> BearerToken:
        token = work.get(BearerToken, self.token_id)
        if token.revoked_at is None:
            token.revoked_at = work.now
            work.emit("TokenRevoked", NETWORK, token=token.id)
        return token


def _place(work: Work, account_id: UUID) -> Scope:
    """A screen's ward; a service belongs to the network."""
    asked = select(RoleBinding).where(
        RoleBinding.user_id == account_id, RoleBinding.role == SCREEN_ROLE
    )
    binding = work.session.exec(asked).first()
    return binding.scope if binding else NETWORK
