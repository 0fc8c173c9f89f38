"""Break-glass grants and their history."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "break_glass"
down_revision: str | None = "doctor_wishes"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_STATES = "'REQUESTED', 'ACTIVE', 'EXPIRED', 'REVOKED', 'REVIEW_DUE', 'JUSTIFIED', 'UNJUSTIFIED'"
_REASONS = "'LIFE_THREATENING', 'URGENT_CARE', 'COVERING', 'MASS_CASUALTY', 'SYSTEM_FAULT', 'OTHER'"


def upgrade() -> None:
    _break_glass()
    op.create_table(
        "break_glass_step",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), sa.ForeignKey("break_glass.id"), nullable=False),
        sa.Column("state", sa.String(11), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(f"state IN ({_STATES})", name="state_known"),
    )
    op.create_index("steps_of_break_glass", "break_glass_step", ["grant_id", "id"])


def downgrade() -> None:
    op.drop_table("break_glass_step")
    op.drop_table("break_glass")


def _break_glass() -> None:
    op.create_table(
        "break_glass",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("ward_id", sa.Uuid(), sa.ForeignKey("ward.id"), nullable=True),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("target", sa.String(7), nullable=False),
        sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=True),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("reason_code", sa.String(16), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(11), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("review_by", UtcTime(), nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", UtcTime(), nullable=True),
        sa.Column("finding", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("target IN ('PATIENT', 'WARD')", name="target_known"),
        sa.CheckConstraint(f"reason_code IN ({_REASONS})", name="reason_code_known"),
        sa.CheckConstraint(f"state IN ({_STATES})", name="state_known"),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.CheckConstraint("(target = 'PATIENT') = (patient_id IS NOT NULL)", name="of_a_patient"),
        sa.CheckConstraint("(patient_id IS NULL) = (subject IS NULL)", name="patient_has_subject"),
        sa.CheckConstraint("target <> 'WARD' OR ward_id IS NOT NULL", name="of_a_ward"),
        sa.CheckConstraint("reviewed_by <> account_id", name="nobody_judges_their_own"),
        sa.CheckConstraint(
            "(state IN ('JUSTIFIED', 'UNJUSTIFIED')) = (reviewed_by IS NOT NULL)",
            name="judged_by_somebody",
        ),
    )
    _one_active("one_grant_per_patient", "patient_id", "PATIENT")
    _one_active("one_grant_per_ward", "ward_id", "WARD")
    op.create_index("break_glass_by_state", "break_glass", ["state", "id"])
    op.create_index("break_glass_of_account", "break_glass", ["account_id", "id"])


def _one_active(name: str, column: str, target: str) -> None:
    open_ones = sa.text(f"state = 'ACTIVE' AND target = '{target}'")
    op.create_index(name, "break_glass", ["account_id", column], unique=True,
                    sqlite_where=open_ones, postgresql_where=open_ones)  # fmt: skip
