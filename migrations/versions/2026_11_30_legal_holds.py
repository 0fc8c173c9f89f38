"""Legal holds: what is neither erased nor pruned until two people lift it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "legal_holds"
down_revision: str | None = "travel_times"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=True),
        sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=True),
        sa.Column("first_leaf", _NUMBER, nullable=True),
        sa.Column("last_leaf", _NUMBER, nullable=True),
        sa.Column("reason", sa.String(13), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("placed_at", UtcTime(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", UtcTime(), nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('LITIGATION', 'INVESTIGATION', 'REGULATOR', 'COMPLAINT')",
            name="reason_known",
        ),
        sa.CheckConstraint(
            "(patient_id IS NULL) = (first_leaf IS NOT NULL)", name="one_thing_held"
        ),
        sa.CheckConstraint(
            "(patient_id IS NULL) = (hospital_id IS NULL)", name="patient_somewhere"
        ),
        sa.CheckConstraint("first_leaf >= 0", name="from_a_leaf"),
        sa.CheckConstraint("last_leaf IS NULL OR last_leaf >= first_leaf", name="leaves_in_order"),
        sa.CheckConstraint("(asked_by IS NULL) = (asked_at IS NULL)", name="asked_when"),
        sa.CheckConstraint("(lifted_by IS NULL) = (lifted_at IS NULL)", name="lifted_when"),
        sa.CheckConstraint(
            "lifted_by IS NULL OR (asked_by IS NOT NULL AND lifted_by <> asked_by)",
            name="lifted_by_two",
        ),
    )
    op.create_index("legal_holds_of_patient", "legal_hold", ["patient_id"])


def downgrade() -> None:
    op.drop_table("legal_hold")
