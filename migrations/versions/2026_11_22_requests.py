"""Who waits for a bed, and which beds are held for them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "requests"
down_revision: str | None = "beds"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_PRESENT = sa.text("until IS NULL")


def upgrade() -> None:
    _bed_request()
    _request_phase()
    _bed_hold()


def downgrade() -> None:
    for table in (
        "bed_hold",
        "request_phase",
        "bed_request",
    ):
        op.drop_table(table)


def _bed_request() -> None:
    op.create_table(
        "bed_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("from_ward_id", sa.Uuid(), nullable=True),
        sa.Column("target_ward_id", sa.Uuid(), nullable=True),
        sa.Column("encounter_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("needed_by", UtcTime(), nullable=True),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("end_reason", sa.String(32), nullable=True),
        sa.CheckConstraint(
            "(until IS NULL) = (state IN ('REQUESTED','ACTIVE','PROPOSED','HELD','IN_TRANSIT'))",
            name="open_requests_have_no_end",
        ),
        sa.CheckConstraint(
            "state IN ('REQUESTED', 'ACTIVE', 'PROPOSED', 'HELD', 'IN_TRANSIT', 'FULFILLED', 'CANCELLED', 'EXPIRED')",
            name="state_known",
        ),
        sa.CheckConstraint("priority BETWEEN 0 AND 9", name="priority_known"),
        sa.CheckConstraint("since <= until", name="since_before_until"),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"]),
        sa.ForeignKeyConstraint(["from_ward_id"], ["ward.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["target_ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_open_request_per_encounter",
        "bed_request",
        ["encounter_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "open_requests_of_hospital",
        "bed_request",
        ["hospital_id", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )


def _request_phase() -> None:
    op.create_table(
        "request_phase",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("from_ward_id", sa.Uuid(), nullable=True),
        sa.Column("target_ward_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("needed_by", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["from_ward_id"], ["ward.id"]),
        sa.ForeignKeyConstraint(["target_ward_id"], ["ward.id"]),
        sa.CheckConstraint(
            "state IN ('REQUESTED', 'ACTIVE', 'PROPOSED', 'HELD', 'IN_TRANSIT', 'FULFILLED', 'CANCELLED', 'EXPIRED')",
            name="state_known",
        ),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["request_id"], ["bed_request.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_phase_per_request",
        "request_phase",
        ["request_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index("request_phase_in_time", "request_phase", ["request_id", "since"])


def _bed_hold() -> None:
    op.create_table(
        "bed_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("bed_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(17), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.CheckConstraint("(until IS NULL) = (state = 'ACTIVE')", name="active_holds_have_no_end"),
        sa.CheckConstraint("kind IN ('EMPTY', 'PENDING_DISCHARGE')", name="kind_known"),
        sa.CheckConstraint(
            "state IN ('ACTIVE', 'CONSUMED', 'RELEASED', 'EXPIRED')", name="state_known"
        ),
        sa.CheckConstraint("since < expires_at", name="expires_later"),
        sa.CheckConstraint("since <= until", name="since_before_until"),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"]),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["request_id"], ["bed_request.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("bed_hold_in_time", "bed_hold", ["ward_id", "since"])
    op.create_index(
        "one_active_hold_per_bed",
        "bed_hold",
        ["bed_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "one_active_hold_per_request",
        "bed_hold",
        ["request_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
