"""A plan can be called off while it is computed."""

from collections.abc import Sequence

from alembic import op

revision: str = "plan_cancelling"
down_revision: str | None = "pressure"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False

BEFORE = (
    "COMPUTING", "READY", "APPROVED", "PARTLY_APPROVED", "EXECUTING", "EXECUTED",
    "PARTLY_EXECUTED", "REJECTED", "EXPIRED", "SUPERSEDED", "FAILED",
)  # fmt: skip


def upgrade() -> None:
    _states((*BEFORE[:-1], "CANCELLED", BEFORE[-1]))


def downgrade() -> None:
    op.execute("UPDATE proposal SET state = 'SUPERSEDED' WHERE state = 'CANCELLED'")
    _states(BEFORE)


def _states(known: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{state}'" for state in known)
    with op.batch_alter_table("proposal") as batch:
        batch.drop_constraint("state_known", type_="check")
        batch.create_check_constraint("state_known", f"state IN ({listed})")
