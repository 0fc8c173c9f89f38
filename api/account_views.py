"""Accounts, roles and tokens as administrators see them, and one's own."""

from datetime import datetime
from typing import Any, Self

import strawberry

from api.context import Info
from api.sight import CLASS, Sight, View, classified
from authz.classes import DataClass
from domain.accounts.credentials import Enrolment
from domain.accounts.devices import Issued
from domain.accounts.logins import Opened, log_in_again
from domain.accounts.model import Account, AuthSession, BearerToken, RoleBinding
from kit.work import ActorKind

strawberry.enum(ActorKind)

_GENERAL: Any = {CLASS: DataClass.GENERAL}


def _signed(opened: AuthSession, info: Info) -> tuple[str, datetime]:
    return info.context.app.tokens.sign(
        opened.account_id, opened.id, ActorKind.PERSON, opened.credential, opened.last_used_at
    )


def _access_token(root: strawberry.Parent["Tokens"], info: Info) -> str:
    """For the Authorization header, ten minutes long."""
    return _signed(root.opened, info)[0]


def _expires_at(root: strawberry.Parent["Tokens"], info: Info) -> datetime:
    """When the access token ends; the session itself lasts twelve hours at most."""
    return _signed(root.opened, info)[1]


@classified(DataClass.GENERAL)
@strawberry.type
class Tokens:
    """What a log-in answers with. Send the access token; exchange the refresh token once."""

    session_id: strawberry.ID
    refresh_token: str
    opened: strawberry.Private[AuthSession]
    access_token: str = strawberry.field(resolver=_access_token, metadata=_GENERAL)
    expires_at: datetime = strawberry.field(resolver=_expires_at, metadata=_GENERAL)

    @classmethod
    def of(cls, result: Opened, sight: Sight) -> Self:
        """Raises Denied for a session that the command had to end."""
        if result.refresh is None:
            raise log_in_again()
        return cls(
            session_id=strawberry.ID(str(result.session.id)),
            refresh_token=result.refresh,
            opened=result.session,
        )


@classified(DataClass.GENERAL)
@strawberry.type
class SessionOver:
    """A session that has ended."""

    session_id: strawberry.ID
    ended_at: datetime | None

    @classmethod
    def of(cls, row: AuthSession, sight: Sight) -> Self:
        return cls(session_id=strawberry.ID(str(row.id)), ended_at=row.ended_at)


@classified(DataClass.GENERAL)
@strawberry.type
class TotpEnrolment:
    """A one-time-code secret, shown once: scan `uri` as a QR code, then confirm with a code."""

    secret: str
    account_id: strawberry.ID

    @classmethod
    def of(cls, result: Enrolment, sight: Sight) -> Self:
        return cls(secret=result.secret, account_id=strawberry.ID(str(result.account_id)))


@classified(DataClass.GENERAL)
@strawberry.type
class IssuedToken:
    """A long token of a screen or a service, shown once."""

    id: strawberry.ID
    account_id: strawberry.ID
    token: str
    expires_at: datetime

    @classmethod
    def of(cls, result: Issued, sight: Sight) -> Self:
        return cls(
            id=strawberry.ID(str(result.token.id)),
            account_id=strawberry.ID(str(result.token.account_id)),
            token=result.secret,
            expires_at=result.token.expires_at,
        )


@classified(DataClass.ACCOUNTS)
@strawberry.type(name="RoleBinding")
class BindingView(View):
    """A role, where it holds and until when."""

    id: strawberry.ID
    account_id: strawberry.ID
    role: str
    hospital_id: strawberry.ID | None
    ward_id: strawberry.ID | None
    valid_from: datetime
    valid_until: datetime | None
    granted_by: strawberry.ID

    @classmethod
    def of(cls, row: RoleBinding, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            account_id=strawberry.ID(str(row.user_id)),
            role=row.role,
            hospital_id=strawberry.ID(str(row.hospital_id)) if row.hospital_id else None,
            ward_id=strawberry.ID(str(row.ward_id)) if row.ward_id else None,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            granted_by=strawberry.ID(str(row.granted_by)),
        )


@classified(DataClass.ACCOUNTS)
@strawberry.type(name="LongToken")
class LongTokenView(View):
    """A long token without its secret."""

    id: strawberry.ID
    account_id: strawberry.ID
    operations: str
    device_bound: bool
    expires_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: BearerToken, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            account_id=strawberry.ID(str(row.account_id)),
            operations=row.operations,
            device_bound=row.device is not None,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )


@classified(DataClass.ACCOUNTS)
@strawberry.type(name="Account")
class AccountView(View):
    """Someone or something that can act."""

    id: strawberry.ID
    kind: ActorKind
    login_name: str | None
    title: str | None
    one_time_codes: bool
    made_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, row: Account, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            kind=row.kind,
            login_name=row.login_name,
            title=row.title,
            one_time_codes=row.totp_confirmed,
            made_at=row.made_at,
            disabled_at=row.disabled_at,
        )


@classified(DataClass.GENERAL)
@strawberry.type
class OwnRole:
    """A role of one's own; without a place it holds in the whole network."""

    role: str
    hospital_id: strawberry.ID | None
    ward_id: strawberry.ID | None
    valid_until: datetime | None


@classified(DataClass.GENERAL)
@strawberry.type
class OwnAccount:
    """Whoever asks, as the house knows them."""

    id: strawberry.ID
    kind: ActorKind
    login_name: str | None
    title: str | None
    one_time_codes: bool
    roles: list[OwnRole]

    @classmethod
    def of(cls, row: Account, sight: Sight) -> Self:
        return cls.with_roles(row, ())

    @classmethod
    def with_roles(cls, row: Account, bindings: Any) -> Self:
        return cls(
            id=strawberry.ID(str(row.id)),
            kind=row.kind,
            login_name=row.login_name,
            title=row.title,
            one_time_codes=row.totp_confirmed,
            roles=[
                OwnRole(
                    role=b.role,
                    hospital_id=strawberry.ID(str(b.hospital_id)) if b.hospital_id else None,
                    ward_id=strawberry.ID(str(b.ward_id)) if b.ward_id else None,
                    valid_until=b.valid_until,
                )
                for b in bindings
            ],
        )
