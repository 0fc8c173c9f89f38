"""How many people approve what: a hospital's own rules, and approvals by policy."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "approval_policy"
down_revision: str | None = "plan_cancelling"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

IN_FORCE = sa.text("state = 'IN_FORCE'")


def upgrade() -> None:
    op.create_table(
        "approval_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("mode", sa.String(9), nullable=False),
        sa.Column("effect", sa.String(13), nullable=False),
        sa.Column("above", sa.Integer(), nullable=True),
        sa.Column("approvals", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", UtcTime(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        *_rules(),
        sa.UniqueConstraint("hospital_id", "revision", name="one_rule_per_revision"),
    )
    op.create_index(
        "one_approval_rule_in_force", "approval_rule", ["hospital_id", "kind", "mode", "effect"],
        unique=True, sqlite_where=IN_FORCE, postgresql_where=IN_FORCE,
    )  # fmt: skip
    with op.batch_alter_table("approval") as batch:
        batch.add_column(sa.Column("policy", sa.String(), nullable=True))


def _rules() -> list[sa.CheckConstraint]:
    checks = {
        "mode_known": "mode IN ('PEACETIME', 'SURGE')",
        "effect_known": "effect IN ('ORDINARY', 'MOVES_PATIENT', 'WAIVES_RULE', 'COST_ABOVE',"
        " 'CHANGED')",
        "state_known": "state IN ('PROPOSED', 'IN_FORCE', 'REPLACED')",
        "approvals_known": "approvals BETWEEN 0 AND 2",
        "a_person_where_one_is_needed": "approvals > 0 OR (mode = 'PEACETIME' AND effect NOT IN"
        " ('WAIVES_RULE', 'CHANGED'))",
        "above_with_cost": "(above IS NULL) = (effect <> 'COST_ABOVE')",
        "above_not_negative": "above >= 0",
        "four_eyes": "confirmed_by <> proposed_by",
        "confirmed_when": "(confirmed_by IS NULL) = (confirmed_at IS NULL)",
        "in_force_is_confirmed": "state = 'PROPOSED' OR confirmed_by IS NOT NULL OR"
        " state = 'REPLACED'",
    }
    return [sa.CheckConstraint(rule, name=name) for name, rule in checks.items()]


def downgrade() -> None:
    with op.batch_alter_table("approval") as batch:
        batch.drop_column("policy")
    op.drop_table("approval_rule")
