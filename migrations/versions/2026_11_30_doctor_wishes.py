"""Which doctors patients would like, and which must not treat them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "doctor_wishes"
down_revision: str | None = "roster_news"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_PRESENT = sa.text("until IS NULL")
_WISHED = sa.text("until IS NULL AND word = 'WISHED'")


def upgrade() -> None:
    op.create_table(
        "doctor_wish",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), sa.ForeignKey("encounter.id"), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff_member.id"), nullable=False),
        sa.Column("word", sa.String(8), nullable=False),
        sa.CheckConstraint("word IN ('WISHED', 'EXCLUDED', 'NONE')", name="word_known"),
        sa.CheckConstraint("since < until", name="since_before_until"),
    )
    op.create_index("one_word_per_doctor", "doctor_wish", ["encounter_id", "staff_id"],
                    unique=True, sqlite_where=_PRESENT, postgresql_where=_PRESENT)  # fmt: skip
    op.create_index("one_wished_doctor", "doctor_wish", ["encounter_id"], unique=True,
                    sqlite_where=_WISHED, postgresql_where=_WISHED)  # fmt: skip
    op.create_index("doctor_wish_in_time", "doctor_wish", ["encounter_id", "since"])


def downgrade() -> None:
    op.drop_table("doctor_wish")
