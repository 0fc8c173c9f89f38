"""Backups that were sent to a store far away are on record too."""

from collections.abc import Sequence

from alembic import op

revision: str = "backups_sent"
down_revision: str | None = "ledger_search"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False


def upgrade() -> None:
    _acts("'MADE', 'REHEARSED', 'SENT'")


def downgrade() -> None:
    op.execute("DELETE FROM backup_run WHERE act = 'SENT'")
    _acts("'MADE', 'REHEARSED'")


def _acts(known: str) -> None:
    with op.batch_alter_table("backup_run") as batch:
        batch.drop_constraint("act_known", type_="check")
        batch.create_check_constraint("act_known", f"act IN ({known})")
