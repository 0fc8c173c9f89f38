"""To be filled."""

from collections.abc import Sequence

revision: str = "outbound"
down_revision: str | None = "notices"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None: ...


def downgrade() -> None: ...
