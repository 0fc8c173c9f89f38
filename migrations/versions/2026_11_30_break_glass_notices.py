"""Deliveries that tell compliance of a break-glass, and the role it was opened under."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "break_glass_notices"
down_revision: str | None = "backups_sent"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False

_UNTOLD = sa.text("noticed_at IS NULL")
_INBOX = sa.text("channel = 'IN_APP'")
_ALONE = "break_glass_id IS NULL OR (alarm_id IS NULL AND roster_news_id IS NULL)"


def upgrade() -> None:
    """Nobody is told now of what was opened before there were such notices."""
    op.add_column("break_glass", sa.Column("role", sa.String(40), nullable=True))
    op.add_column("break_glass", sa.Column("noticed_at", UtcTime(), nullable=True))
    op.execute("UPDATE break_glass SET noticed_at = since")
    op.create_index("break_glass_to_tell", "break_glass", ["hospital_id"],
                    sqlite_where=_UNTOLD, postgresql_where=_UNTOLD)  # fmt: skip
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("break_glass_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key("delivery_of_break_glass", "break_glass", ["break_glass_id"],
                                 ["id"])  # fmt: skip
        batch.create_check_constraint("break_glass_alone", _ALONE)
    op.create_index("grant_told_once_per_contact", "delivery", ["break_glass_id", "contact_id"],
                    unique=True)  # fmt: skip
    op.create_index("grant_told_once_in_the_inbox", "delivery", ["break_glass_id", "account_id"],
                    unique=True, sqlite_where=_INBOX, postgresql_where=_INBOX)  # fmt: skip


def downgrade() -> None:
    """What was about a break-glass goes with it: it would look like a test of the contact."""
    op.execute("DELETE FROM delivery WHERE break_glass_id IS NOT NULL")
    op.drop_index("grant_told_once_in_the_inbox", "delivery")
    op.drop_index("grant_told_once_per_contact", "delivery")
    with op.batch_alter_table("delivery") as batch:
        batch.drop_constraint("break_glass_alone", type_="check")
        batch.drop_constraint("delivery_of_break_glass", type_="foreignkey")
        batch.drop_column("break_glass_id")
    op.drop_index("break_glass_to_tell", "break_glass")
    op.drop_column("break_glass", "noticed_at")
    op.drop_column("break_glass", "role")
