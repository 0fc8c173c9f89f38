"""Elective admissions that wait for a date, and theatre sessions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "admissions"
down_revision: str | None = "forecast_rules"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

OPEN = sa.text("state IN ('WAITING', 'DATED')")


def upgrade() -> None:
    op.create_table(
        "admission_request",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), sa.ForeignKey("encounter.id"), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("specialty", sa.String(32), nullable=False),
        sa.Column("earliest", sa.Date(), nullable=False),
        sa.Column("latest", sa.Date(), nullable=False),
        sa.Column("nights", sa.Integer(), nullable=False),
        sa.Column("theatre_minutes", sa.Integer(), nullable=False),
        sa.Column("theatre_day", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("ward_id", sa.Uuid(), sa.ForeignKey("ward.id"), nullable=True),
        sa.Column("room_id", sa.Uuid(), sa.ForeignKey("room.id"), nullable=True),
        sa.Column("told_at", UtcTime(), nullable=True),
        sa.Column("requested_at", UtcTime(), nullable=False),
        sa.Column("end_reason", sa.String(32), nullable=True),
        *_checks(),
    )
    op.create_index("one_open_admission_per_encounter", "admission_request", ["encounter_id"],
                    unique=True, sqlite_where=OPEN, postgresql_where=OPEN)  # fmt: skip
    op.create_index("admissions_of_hospital", "admission_request", ["hospital_id", "state", "id"])
    op.create_table(
        "theatre_session",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("specialty", sa.String(32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 0 AND 20000", name="minutes_of_all_theatres"),
        sa.UniqueConstraint("hospital_id", "specialty", "day", name="one_session_per_day"),
    )


def downgrade() -> None:
    op.drop_table("theatre_session")
    op.drop_table("admission_request")


def _checks() -> list[sa.CheckConstraint]:
    words = "'WAITING', 'DATED', 'CAME', 'CANCELLED'"
    return [
        sa.CheckConstraint(f"state IN ({words})", name="state_known"),
        sa.CheckConstraint("earliest <= latest", name="window_in_order"),
        sa.CheckConstraint("nights BETWEEN 1 AND 365", name="nights_of_a_stay"),
        sa.CheckConstraint("theatre_minutes BETWEEN 0 AND 1440", name="minutes_of_a_day"),
        sa.CheckConstraint("theatre_day BETWEEN 0 AND 30", name="theatre_day_of_the_stay"),
        sa.CheckConstraint("priority BETWEEN 0 AND 9", name="priority_known"),
        sa.CheckConstraint(
            "state <> 'DATED' OR (planned_on IS NOT NULL AND ward_id IS NOT NULL"
            " AND room_id IS NOT NULL AND told_at IS NOT NULL)",
            name="dated_requests_have_a_place",
        ),
        sa.CheckConstraint("planned_on BETWEEN earliest AND latest", name="planned_in_the_window"),
    ]
