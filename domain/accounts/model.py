"""Accounts, the roles they hold, and the sessions and tokens they act through."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel
from sqlmodel._compat import SQLModelConfig

from kit.rows import Row, UtcTime, one_of, words
from kit.sealed import Sealed, SealedColumn, SealedPlace
from kit.work import NETWORK, ActorKind, Scope

LEDGERED: dict[str, Any] = {"info": {"ledger": True}}  # text that is never personal
NO_TENANT = UUID(int=0)  # accounts belong to the network, not to a hospital
LOGIN_NAME_LENGTH = 64


class Account(Row, table=True):
    """Someone or something that can act. Its id is the subject of its sealed fields."""

    model_config = SQLModelConfig(arbitrary_types_allowed=True)  # Sealed

    __table_args__: Any = (
        one_of("kind", ActorKind),
        CheckConstraint("kind <> 'SYSTEM'", name="no_system_accounts"),
        CheckConstraint("(kind = 'PERSON') = (login_name IS NOT NULL)", name="people_log_in"),
        CheckConstraint("credential >= 1", name="credential_counts"),
    )

    kind: ActorKind = Field(sa_type=words(ActorKind))
    login_name: str | None = Field(default=None, max_length=LOGIN_NAME_LENGTH, unique=True)
    title: str | None = Field(default=None, max_length=120)  # what a device or service is
    password_hash: str | None = Field(default=None, max_length=200)
    must_change: bool = False  # somebody else chose the password
    credential: int = 1  # counts changes of password, TOTP and standing
    totp_secret: Sealed | None = Field(default=None, sa_type=SealedColumn)
    totp_confirmed: bool = False
    totp_step: int | None = Field(default=None, sa_type=BigInteger)  # the last one used
    made_at: datetime = Field(sa_type=UtcTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcTime)

    def totp_place(self) -> SealedPlace:
        return SealedPlace(NO_TENANT, "account", "totp_secret", self.id, self.id)


class AccessRole(SQLModel, table=True):
    """A role there is, and the kind of account that may hold it. Written by migrations only."""

    __tablename__ = "access_role"

    slug: str = Field(primary_key=True, max_length=40)
    holder: str = Field(max_length=8)
    totp: bool = False  # held only by people who log in with one-time codes


class PolicyRule(SQLModel, table=True):
    """What a role may or may never do. Written by migrations only."""

    __tablename__ = "policy_rule"
    __table_args__: Any = (
        CheckConstraint("eft IN ('allow', 'deny')", name="eft_known"),
        CheckConstraint("length(action) > 2", name="action_given"),
    )

    role: str = Field(primary_key=True, foreign_key="access_role.slug", max_length=40)
    action: str = Field(primary_key=True, max_length=60)
    eft: str = Field(primary_key=True, max_length=5)


class PolicyPurpose(SQLModel, table=True):
    """A purpose of use that a role may state for an action that needs one. Written by migrations
    only."""

    __tablename__ = "policy_purpose"

    role: str = Field(primary_key=True, foreign_key="access_role.slug", max_length=40)
    action: str = Field(primary_key=True, max_length=60)
    purpose: str = Field(primary_key=True, max_length=16)


class RoleExclusion(SQLModel, table=True):
    """Two roles that nobody holds together. Written by migrations only."""

    __tablename__ = "role_exclusion"
    __table_args__: Any = (CheckConstraint("role < other", name="pair_in_order"),)

    role: str = Field(primary_key=True, foreign_key="access_role.slug", max_length=40)
    other: str = Field(primary_key=True, foreign_key="access_role.slug", max_length=40)


class AuthzEpoch(SQLModel, table=True):
    """Counts changes, so that every process notices within a second that rights changed."""

    __tablename__ = "authz_epoch"

    name: str = Field(primary_key=True, max_length=16)
    epoch: int = Field(sa_type=BigInteger, nullable=False)


class RoleBinding(Row, table=True):
    """A role that an account holds in a place, from `valid_from` until before `valid_until`."""

    __tablename__ = "role_binding"
    __table_args__: Any = (
        CheckConstraint("ward_id IS NULL OR hospital_id IS NOT NULL", name="ward_has_hospital"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="valid_in_order"),
        CheckConstraint("granted_by <> user_id", name="not_by_oneself"),
        Index("role_binding_of_user", "user_id"),
    )

    user_id: UUID = Field(foreign_key="account.id")
    role: str = Field(foreign_key="access_role.slug", max_length=40, sa_column_kwargs=LEDGERED)
    hospital_id: UUID | None = None
    ward_id: UUID | None = None
    valid_from: datetime = Field(sa_type=UtcTime)
    valid_until: datetime | None = Field(default=None, sa_type=UtcTime)
    granted_by: UUID

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class SessionEnd(StrEnum):
    """Why a session ended."""

    LOGGED_OUT = "LOGGED_OUT"
    IDLE = "IDLE"
    TOO_LONG = "TOO_LONG"
    REUSED = "REUSED"  # a spent refresh token came back: somebody copied it
    REVOKED = "REVOKED"
    ACCOUNT = "ACCOUNT"  # the account was disabled or its credentials changed


class AuthSession(Row, table=True):
    """One log-in and everything refreshed from it: ends as a whole."""

    __tablename__ = "auth_session"
    __table_args__: Any = (
        one_of("end_reason", SessionEnd),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="end_has_reason"),
        Index("auth_session_of_account", "account_id"),
        Index("auth_session_ended", "ended_at"),
    )

    account_id: UUID = Field(foreign_key="account.id")
    credential: int
    started_at: datetime = Field(sa_type=UtcTime)
    last_used_at: datetime = Field(sa_type=UtcTime)
    latest_end: datetime = Field(sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    end_reason: SessionEnd | None = Field(default=None, sa_type=words(SessionEnd))

    @property
    def scope(self) -> Scope:
        return NETWORK


class RefreshToken(Row, table=True):
    """One refresh token of a session, by its SHA-256; spent once."""

    __tablename__ = "refresh_token"

    digest: bytes = Field(unique=True)
    session_id: UUID = Field(foreign_key="auth_session.id", index=True)
    spent_at: datetime | None = Field(default=None, sa_type=UtcTime)


class BearerToken(Row, table=True):
    """A long token of a ward screen or a service, by its SHA-256. Shown once, when made."""

    __tablename__ = "bearer_token"
    __table_args__: Any = (
        UniqueConstraint("digest", name="bearer_digest_once"),
        CheckConstraint("expires_at > made_at", name="expires_later"),
        Index("bearer_token_of_account", "account_id"),
        Index("bearer_token_revoked", "revoked_at"),
    )

    account_id: UUID = Field(foreign_key="account.id")
    digest: bytes
    operations: str = Field(max_length=40, sa_column_kwargs=LEDGERED)  # an allow-list, or "*"
    device: bytes | None = None  # SHA-256 of the secret of the device that used it first
    made_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)


class LoginFailure(Row, table=True):
    """Failed log-ins under one name, known or unknown: the name is kept as a keyed hash."""

    __tablename__ = "login_failure"

    name_key: bytes = Field(unique=True)
    failures: int
    last_at: datetime = Field(sa_type=UtcTime)
    blocked_until: datetime | None = Field(default=None, sa_type=UtcTime)
