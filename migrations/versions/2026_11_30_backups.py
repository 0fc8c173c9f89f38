"""What became of backups and of the rehearsals of their restore."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "backups"
down_revision: str | None = "duty_times"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "backup_run",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("act", sa.String(9), nullable=False),
        sa.Column("fault", sa.String(7), nullable=True),
        sa.Column("file", sa.String(80), nullable=False),
        sa.Column("size_bytes", _NUMBER, nullable=False),
        sa.Column("leaves", _NUMBER, nullable=False),
        sa.Column("took_ms", _NUMBER, nullable=False),
        sa.CheckConstraint("act IN ('MADE', 'REHEARSED')", name="act_known"),
        sa.CheckConstraint(
            "fault IN ('NO_KEY', 'STORAGE', 'REFUSED', 'FAULT')", name="fault_known"
        ),
        sa.CheckConstraint("size_bytes >= 0 AND leaves >= 0 AND took_ms >= 0", name="counts"),
    )
    op.create_index("backup_runs_by_act", "backup_run", ["act", "id"])


def downgrade() -> None:
    op.drop_table("backup_run")
