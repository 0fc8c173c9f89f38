"""Messages to other systems, how far each has been told, and who brought an inbound message."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime
from kit.sealed import SealedColumn

revision: str = "outbound"
down_revision: str | None = "notices"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True


def upgrade() -> None:
    op.add_column("inbound_message", sa.Column("peer", sa.String(40), nullable=True))
    _outbound_peer()
    _outbound_bed()
    _outbound_message()


def downgrade() -> None:
    op.drop_table("outbound_message")
    op.drop_table("outbound_bed")
    op.drop_table("outbound_peer")
    op.drop_column("inbound_message", "peer")


def _outbound_peer() -> None:
    op.create_table(
        "outbound_peer",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("planned", sa.BigInteger(), nullable=False),
    )


def _outbound_bed() -> None:
    op.create_table(
        "outbound_bed",
        sa.Column("peer", sa.String(40), sa.ForeignKey("outbound_peer.name"), primary_key=True),
        sa.Column("bed_id", sa.Uuid(), sa.ForeignKey("bed.id"), primary_key=True),
        sa.Column("word", sa.String(1), nullable=False),
    )


def _outbound_message() -> None:
    op.create_table(
        "outbound_message",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("ward_id", sa.Uuid(), sa.ForeignKey("ward.id"), nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("trigger", sa.String(3), nullable=False),
        sa.Column("bed_id", sa.Uuid(), sa.ForeignKey("bed.id"), nullable=True),
        sa.Column("word", sa.String(1), nullable=True),
        sa.Column("encounter_id", sa.Uuid(), sa.ForeignKey("encounter.id"), nullable=True),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("facts", SealedColumn(), nullable=True),
        sa.Column("other_subject", sa.Uuid(), nullable=True),
        sa.Column("other_facts", SealedColumn(), nullable=True),
        sa.Column("happened_at", UtcTime(), nullable=False),
        sa.Column("planned_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(40), nullable=True),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('WAITING', 'DELIVERED', 'PARKED', 'DISCARDED')", name="state_known"
        ),
        sa.CheckConstraint("(state = 'PARKED') = (reason IS NOT NULL)", name="parked_for_a_reason"),
        sa.CheckConstraint("(state = 'WAITING') = (settled_at IS NULL)", name="settled_at_a_time"),
        sa.CheckConstraint("(trigger = 'A20') = (word IS NOT NULL)", name="a_bed_has_a_word"),
        sa.CheckConstraint("word IS NULL OR bed_id IS NOT NULL", name="a_word_has_a_bed"),
        sa.CheckConstraint("(trigger = 'A17') = (other_facts IS NOT NULL)", name="a_swap_has_two"),
        sa.UniqueConstraint("peer", "number", name="outbound_in_order"),
    )
    op.create_index("outbound_by_state", "outbound_message", ["peer", "state", "number"])
    op.create_index("outbound_of_hospital", "outbound_message", ["hospital_id", "state", "id"])
