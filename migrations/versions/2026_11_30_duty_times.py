"""Finds who is on duty now in a hospital without walking through what is over."""

from collections.abc import Sequence

from alembic import op

revision: str = "duty_times"
down_revision: str | None = "admissions"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False


def upgrade() -> None:
    op.create_index("duties_of_hospital", "duty", ["hospital_id", "until"])


def downgrade() -> None:
    op.drop_index("duties_of_hospital", "duty")
