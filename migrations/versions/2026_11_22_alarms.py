"""To be filled."""

from collections.abc import Sequence

revision: str = "alarms"
down_revision: str | None = "alarm_rules"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None: ...


def downgrade() -> None: ...
