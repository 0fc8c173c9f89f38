"""Solver runs, plans, their items, and what people decided."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "plans"
down_revision: str | None = "outbox"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

PLAN_STATES = (
    "'COMPUTING', 'READY', 'APPROVED', 'PARTLY_APPROVED', 'EXECUTING', 'EXECUTED',"
    " 'PARTLY_EXECUTED', 'REJECTED', 'EXPIRED', 'SUPERSEDED', 'FAILED'"
)
ITEM_STATES = (
    "'PROPOSED', 'UNPLACED', 'AWAITING_SECOND', 'APPROVED', 'REJECTED', 'EXECUTED', 'STALE'"
)


def upgrade() -> None:
    _solver_run()
    _proposal()
    _proposal_item()
    _approval()


def downgrade() -> None:
    for table in ("approval", "proposal_item", "proposal", "solver_run"):
        op.drop_table(table)


def _solver_run() -> None:
    op.create_table(
        "solver_run",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("ward_id", sa.Uuid(), sa.ForeignKey("ward.id"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("problem", sa.LargeBinary(), nullable=False),
        sa.Column("problem_hash", sa.String(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("time_limit_ms", sa.Integer(), nullable=False),
        sa.Column("gap_limit_ppm", sa.Integer(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("solver", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("objective", sa.BigInteger(), nullable=True),
        sa.Column("bound", sa.BigInteger(), nullable=True),
        sa.Column("gap_ppm", sa.BigInteger(), nullable=True),
        sa.Column("build_ms", sa.Integer(), nullable=True),
        sa.Column("wall_ms", sa.Integer(), nullable=True),
        sa.Column("answer_hash", sa.String(), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
    )
    op.create_index("ix_solver_run_hospital_id", "solver_run", ["hospital_id"])


def _proposal() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("ward_id", sa.Uuid(), sa.ForeignKey("ward.id"), nullable=True),
        sa.Column("run_id", sa.Uuid(), sa.ForeignKey("solver_run.id"), nullable=False, unique=True),
        sa.Column("state", sa.String(15), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", UtcTime(), nullable=False),
        sa.Column("as_of", UtcTime(), nullable=False),
        sa.Column("ready_at", UtcTime(), nullable=True),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.CheckConstraint(f"state IN ({PLAN_STATES})", name="state_known"),
    )
    op.create_index("proposal_by_hospital", "proposal", ["hospital_id", "id"])
    op.create_index("proposal_by_state", "proposal", ["state"])


def _proposal_item() -> None:
    op.create_table(
        "proposal_item",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), sa.ForeignKey("proposal.id"), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), sa.ForeignKey("bed_request.id"), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("from_bed_id", sa.Uuid(), nullable=True),
        sa.Column("to_bed_id", sa.Uuid(), sa.ForeignKey("bed.id"), nullable=True),
        sa.Column("planned_bed_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(15), nullable=False),
        sa.Column("penalty", sa.Integer(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.Column("waived", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("alternatives", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(f"state IN ({ITEM_STATES})", name="state_known"),
        sa.CheckConstraint(
            "(to_bed_id IS NULL) = (state = 'UNPLACED') OR state = 'REJECTED'",
            name="placed_items_have_a_bed",
        ),
        sa.UniqueConstraint("proposal_id", "request_id", name="one_item_per_request"),
    )
    op.create_index("ix_proposal_item_proposal_id", "proposal_item", ["proposal_id"])


def _approval() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), sa.ForeignKey("proposal.id"), nullable=False),
        sa.Column("item_id", sa.Uuid(), sa.ForeignKey("proposal_item.id"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("override_reason", sa.String(), nullable=True),
        sa.Column("chosen_bed_id", sa.Uuid(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.UniqueConstraint("item_id", "account_id", name="one_decision_per_person"),
    )
    op.create_index("ix_approval_proposal_id", "approval", ["proposal_id"])
