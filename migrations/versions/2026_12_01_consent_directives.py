"""What patients say about who may see them, and for what."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "consent_directives"
down_revision: str | None = "policy_purposes"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_PURPOSES = (
    "'TREAT', 'CAREMGT', 'HOPERAT', 'HQUALIMP', 'HCOMPL', 'HLEGAL', 'HPAYMT', 'HRESCH',"
    " 'HSYSADMIN', 'PATRQT', 'FAMRQT', 'PUBHLTH', 'ETREAT'"
)


def upgrade() -> None:
    op.create_table(
        "consent_directive",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("word", sa.String(6), nullable=False),
        sa.Column("purpose", sa.String(9), nullable=True),
        sa.Column("role", sa.String(40), sa.ForeignKey("access_role.slug"), nullable=True),
        sa.Column("ward_id", sa.Uuid(), sa.ForeignKey("ward.id"), nullable=True),
        sa.Column("said_by", sa.String(14), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("word IN ('DENY', 'PERMIT')", name="word_known"),
        sa.CheckConstraint(
            "said_by IN ('PATIENT', 'REPRESENTATIVE', 'AUTHORITY')", name="said_by_known"
        ),
        sa.CheckConstraint(f"purpose IN ({_PURPOSES})", name="purpose_known"),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.CheckConstraint(
            "(withdrawn_by IS NULL) = (withdrawn_at IS NULL)", name="withdrawn_when"
        ),
        sa.CheckConstraint(
            "word = 'DENY' OR purpose IS NOT NULL OR role IS NOT NULL OR ward_id IS NOT NULL",
            name="permits_somebody",
        ),
    )
    op.create_index("directives_of_patient", "consent_directive", ["patient_id"])
    op.create_index("directives_of_hospital", "consent_directive", ["hospital_id", "withdrawn_at"])


def downgrade() -> None:
    op.drop_table("consent_directive")
