"""To be filled."""

from collections.abc import Sequence

revision: str = "alarm_rules"
down_revision: str | None = "readings"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None: ...


def downgrade() -> None: ...
