"""Accounts, roles, sessions and tokens, and one encryption key per person."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from authz.policy import adopt
from kit.rows import UtcTime

revision: str = "accounts"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_KINDS = "kind IN ('PERSON', 'SERVICE', 'SCREEN', 'SYSTEM')"
_ENDS = "'LOGGED_OUT', 'IDLE', 'TOO_LONG', 'REUSED', 'REVOKED', 'ACCOUNT'"


def upgrade() -> None:
    _accounts()
    _policy()
    _bindings()
    _sessions()
    _bearers()
    _subject_keys()
    op.execute("INSERT INTO authz_epoch (name, epoch) VALUES ('rights', 1)")
    adopt(op.get_bind())


def downgrade() -> None:
    for table in (
        "subject_key", "login_failure", "bearer_token", "refresh_token", "auth_session",
        "role_binding", "role_exclusion", "policy_rule", "access_role", "authz_epoch", "account",
    ):  # fmt: skip
        op.drop_table(table)


def _row() -> tuple[sa.Column[Any], sa.Column[Any]]:
    return (
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _accounts() -> None:
    op.create_table(
        "account",
        *_row(),
        sa.Column("kind", sa.String(7), nullable=False),
        sa.Column("login_name", sa.String(64), unique=True),
        sa.Column("title", sa.String(120)),
        sa.Column("password_hash", sa.String(200)),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("credential", sa.Integer, nullable=False),
        sa.Column("totp_secret", sa.LargeBinary),
        sa.Column("totp_confirmed", sa.Boolean, nullable=False),
        sa.Column("totp_step", sa.BigInteger),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.Column("disabled_at", UtcTime),
        sa.CheckConstraint(_KINDS, name="kind_known"),
        sa.CheckConstraint("kind <> 'SYSTEM'", name="no_system_accounts"),
        sa.CheckConstraint("(kind = 'PERSON') = (login_name IS NOT NULL)", name="people_log_in"),
        sa.CheckConstraint("credential >= 1", name="credential_counts"),
    )


def _policy() -> None:
    op.create_table(
        "access_role",
        sa.Column("slug", sa.String(40), primary_key=True),
        sa.Column("holder", sa.String(8), nullable=False),
        sa.Column("totp", sa.Boolean, nullable=False),
    )
    op.create_table(
        "policy_rule",
        sa.Column("role", sa.String(40), sa.ForeignKey("access_role.slug"), primary_key=True),
        sa.Column("action", sa.String(60), primary_key=True),
        sa.Column("eft", sa.String(5), primary_key=True),
        sa.CheckConstraint("eft IN ('allow', 'deny')", name="eft_known"),
        sa.CheckConstraint("length(action) > 2", name="action_given"),
    )
    op.create_table(
        "role_exclusion",
        sa.Column("role", sa.String(40), sa.ForeignKey("access_role.slug"), primary_key=True),
        sa.Column("other", sa.String(40), sa.ForeignKey("access_role.slug"), primary_key=True),
        sa.CheckConstraint("role < other", name="pair_in_order"),
    )
    op.create_table(
        "authz_epoch",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("epoch", sa.BigInteger, nullable=False),
    )


def _bindings() -> None:
    op.create_table(
        "role_binding",
        *_row(),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("role", sa.String(40), sa.ForeignKey("access_role.slug"), nullable=False),
        sa.Column("hospital_id", sa.Uuid),
        sa.Column("ward_id", sa.Uuid),
        sa.Column("valid_from", UtcTime, nullable=False),
        sa.Column("valid_until", UtcTime),
        sa.Column("granted_by", sa.Uuid, nullable=False),
        sa.CheckConstraint("ward_id IS NULL OR hospital_id IS NOT NULL", name="ward_has_hospital"),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name="valid_in_order"
        ),
        sa.CheckConstraint("granted_by <> user_id", name="not_by_oneself"),
    )
    op.create_index("role_binding_of_user", "role_binding", ["user_id"])


def _sessions() -> None:
    op.create_table(
        "auth_session",
        *_row(),
        sa.Column("account_id", sa.Uuid, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("credential", sa.Integer, nullable=False),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("last_used_at", UtcTime, nullable=False),
        sa.Column("latest_end", UtcTime, nullable=False),
        sa.Column("ended_at", UtcTime),
        sa.Column("end_reason", sa.String(10)),
        sa.CheckConstraint(f"end_reason IN ({_ENDS})", name="end_reason_known"),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="end_has_reason"),
    )
    op.create_index("auth_session_of_account", "auth_session", ["account_id"])
    op.create_index("auth_session_ended", "auth_session", ["ended_at"])
    op.create_table(
        "refresh_token",
        *_row(),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("session_id", sa.Uuid, sa.ForeignKey("auth_session.id"), nullable=False),
        sa.Column("spent_at", UtcTime),
    )
    op.create_index("ix_refresh_token_session_id", "refresh_token", ["session_id"])
    op.create_table(
        "login_failure",
        *_row(),
        sa.Column("name_key", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", UtcTime, nullable=False),
        sa.Column("blocked_until", UtcTime),
    )


def _bearers() -> None:
    op.create_table(
        "bearer_token",
        *_row(),
        sa.Column("account_id", sa.Uuid, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("operations", sa.String(40), nullable=False),
        sa.Column("device", sa.LargeBinary),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("revoked_at", UtcTime),
        sa.UniqueConstraint("digest", name="bearer_digest_once"),
        sa.CheckConstraint("expires_at > made_at", name="expires_later"),
    )
    op.create_index("bearer_token_of_account", "bearer_token", ["account_id"])
    op.create_index("bearer_token_revoked", "bearer_token", ["revoked_at"])


def _subject_keys() -> None:
    op.create_table(
        "subject_key",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("kek_version", sa.Integer, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("blind_version", sa.Integer, nullable=False),
        sa.Column("blind_check", sa.LargeBinary, nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.UniqueConstraint("subject", "generation", name="one_key_per_turn"),
    )
