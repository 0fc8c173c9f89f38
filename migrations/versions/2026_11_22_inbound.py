"""Messages that came in and what became of them; the senders' codes for places."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime
from kit.sealed import SealedColumn

revision: str = "inbound"
down_revision: str | None = "plans"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_FIRST = sa.text("state <> 'DUPLICATE'")


def upgrade() -> None:
    _inbound_message()
    _inbound_spot()


def downgrade() -> None:
    op.drop_table("inbound_spot")
    op.drop_table("inbound_message")


def _inbound_message() -> None:
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("door", sa.String(5), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("control_id", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("visit", sa.LargeBinary(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event_at", UtcTime(), nullable=True),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("body", SealedColumn(), nullable=True),
        sa.Column("original", SealedColumn(), nullable=True),
        sa.Column("codec", sa.String(10), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("reason", sa.String(40), nullable=True),
        sa.Column("reason_text", sa.String(300), nullable=True),
        sa.Column("reason_field", sa.String(40), nullable=True),
        sa.Column("spot", sa.String(120), nullable=True),
        sa.Column("remarks", sa.JSON(), nullable=False),
        sa.Column("effects", sa.JSON(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("encounter_id", sa.Uuid(), nullable=True),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("settled_at", UtcTime(), nullable=False),
        sa.Column("settled_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("door IN ('HL7', 'STAYS')", name="door_known"),
        sa.CheckConstraint(
            "state IN ('APPLIED', 'DUPLICATE', 'PARKED', 'REJECTED', 'DISCARDED')",
            name="state_known",
        ),
        sa.CheckConstraint(
            "(state = 'DUPLICATE') = (duplicate_of IS NOT NULL)", name="names_first"
        ),
        sa.CheckConstraint(
            "(state IN ('PARKED', 'REJECTED')) = (reason IS NOT NULL)", name="waits_for_a_reason"
        ),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"]),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"]),
        sa.ForeignKeyConstraint(["duplicate_of"], ["inbound_message.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_effect_per_message",
        "inbound_message",
        ["hospital_id", "source", "control_id", "digest"],
        unique=True,
        sqlite_where=_FIRST,
        postgresql_where=_FIRST,
    )
    op.create_index("inbound_by_state", "inbound_message", ["hospital_id", "state", "event_at"])
    op.create_index("inbound_of_visit", "inbound_message", ["hospital_id", "visit"])


def _inbound_spot() -> None:
    op.create_table(
        "inbound_spot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_code", sa.String(40), nullable=False),
        sa.Column("room_code", sa.String(40), nullable=False),
        sa.Column("bed_code", sa.String(40), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("bed_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hospital_id", "ward_code", "room_code", "bed_code", name="spot_once"),
    )
