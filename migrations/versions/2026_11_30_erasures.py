"""The erasure of a person: who asked, who approved, and whose keys nobody may have any more."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "erasures"
down_revision: str | None = "key_rotations"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_OPEN = sa.text("state IN ('REQUESTED', 'APPROVED')")


def upgrade() -> None:
    op.create_table(
        "erased_subject",
        sa.Column("subject", sa.Uuid(), primary_key=True),
        sa.Column("at", UtcTime(), nullable=False),
    )
    op.create_index("ix_erased_subject_at", "erased_subject", ["at"])
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("reason", sa.String(12), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", UtcTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.Column("destroyed_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('PERSON_ASKED', 'TIME_OVER', 'COURT_ORDER', 'MISTAKE')",
            name="reason_known",
        ),
        sa.CheckConstraint(
            "state IN ('REQUESTED', 'CANCELLED', 'APPROVED', 'DONE')", name="state_known"
        ),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_when"),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (state = 'REQUESTED')", name="decided_by_somebody"
        ),
        sa.CheckConstraint("state = 'CANCELLED' OR decided_by <> requested_by", name="four_eyes"),
        sa.CheckConstraint("state <> 'DONE' OR destroyed_at IS NOT NULL", name="done_is_destroyed"),
    )
    op.create_index(
        "one_erasure_at_a_time", "erasure", ["patient_id"], unique=True,
        sqlite_where=_OPEN, postgresql_where=_OPEN,
    )  # fmt: skip
    op.create_index("erasures_by_state", "erasure", ["state", "id"])
    op.add_column("patient", sa.Column("erased_at", UtcTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("patient", "erased_at")
    op.drop_table("erasure")
    op.drop_table("erased_subject")
