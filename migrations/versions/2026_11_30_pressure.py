"""Levels of pressure that were declared, their action cards, and hospitals' own limits."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "pressure"
down_revision: str | None = "transfers"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

PRESENT = sa.text("until IS NULL")
REASONS = (
    "'DEMAND', 'FLOW', 'STAFFING', 'INFECTION', 'MAJOR_INCIDENT', 'UTILITIES', 'EXERCISE',"
    " 'STAND_DOWN'"
)
MEASURES = (
    "'occupancy', 'staffed_headroom', 'cleaning_turnaround', 'boarding_time', 'time_to_bed',"
    " 'waiting', 'ratio_compliance'"
)


def upgrade() -> None:
    _declaration()
    _tick()
    _threshold()


def downgrade() -> None:
    for table in ("pressure_threshold", "card_tick", "pressure_declaration"):
        op.drop_table(table)


def _declaration() -> None:
    op.create_table(
        "pressure_declaration",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("suggested", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(14), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.CheckConstraint(f"reason IN ({REASONS})", name="reason_known"),
        sa.CheckConstraint("since <= until", name="since_before_until"),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name="level_known"),
        sa.CheckConstraint("suggested BETWEEN 1 AND 4", name="suggested_known"),
        sa.CheckConstraint("since < ends_at", name="ends_later"),
        sa.CheckConstraint("level = 1 OR ends_at IS NOT NULL", name="no_pressure_for_ever"),
    )
    op.create_index("one_declaration_per_hospital", "pressure_declaration", ["hospital_id"],
                    unique=True, sqlite_where=PRESENT, postgresql_where=PRESENT)  # fmt: skip
    op.create_index("declarations_of_hospital", "pressure_declaration", ["hospital_id", "id"])


def _tick() -> None:
    op.create_table(
        "card_tick",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column(
            "declaration_id", sa.Uuid(), sa.ForeignKey("pressure_declaration.id"), nullable=False
        ),
        sa.Column("card", sa.String(32), nullable=False),
        sa.Column("done_at", UtcTime(), nullable=False),
        sa.Column("done_by", sa.Uuid(), nullable=False),
        sa.UniqueConstraint("declaration_id", "card", name="each_card_once"),
    )


def _threshold() -> None:
    op.create_table(
        "pressure_threshold",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("measure", sa.String(19), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("rise", sa.Float(), nullable=False),
        sa.Column("fall", sa.Float(), nullable=False),
        sa.CheckConstraint(f"measure IN ({MEASURES})", name="measure_known"),
        sa.CheckConstraint("level BETWEEN 2 AND 4", name="level_known"),
        sa.UniqueConstraint("hospital_id", "measure", "level", name="one_limit_per_level"),
    )
