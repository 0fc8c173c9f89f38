"""What people are to be told of their roster, and deliveries that are about it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "roster_news"
down_revision: str | None = "legal_holds"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False

_UNTOLD = sa.text("told_at IS NULL")
_PUBLICATION = sa.text("kind = 'PUBLISHED'")
_CHANGE_UNTOLD = sa.text("kind = 'CHANGED' AND told_at IS NULL")
_INBOX = sa.text("channel = 'IN_APP'")


def upgrade() -> None:
    _roster_news()
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("roster_news_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key("delivery_of_roster_news", "roster_news", ["roster_news_id"],
                                 ["id"])  # fmt: skip
        batch.create_check_constraint("one_subject", "alarm_id IS NULL OR roster_news_id IS NULL")
    op.create_index("news_told_once_per_contact", "delivery", ["roster_news_id", "contact_id"],
                    unique=True)  # fmt: skip
    op.create_index("news_told_once_in_the_inbox", "delivery", ["roster_news_id", "account_id"],
                    unique=True, sqlite_where=_INBOX, postgresql_where=_INBOX)  # fmt: skip


def _roster_news() -> None:
    op.create_table(
        "roster_news",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.Column(f"{name}_id", sa.Uuid(), sa.ForeignKey(f"{table}.id"), nullable=False)
            for name, table in (("hospital", "hospital"), ("ward", "ward"), ("roster", "roster"),
                                ("staff", "staff_member"))
        ),
        sa.Column("kind", sa.String(9), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("told_at", UtcTime(), nullable=True),
        sa.CheckConstraint("kind IN ('PUBLISHED', 'CHANGED')", name="kind_known"),
    )  # fmt: skip
    for name, condition in (("published_once_to_each", _PUBLICATION),
                            ("one_untold_change_of_each", _CHANGE_UNTOLD)):  # fmt: skip
        op.create_index(name, "roster_news", ["roster_id", "staff_id"], unique=True,
                        sqlite_where=condition, postgresql_where=condition)  # fmt: skip
    op.create_index("news_to_tell", "roster_news", ["hospital_id"],
                    sqlite_where=_UNTOLD, postgresql_where=_UNTOLD)  # fmt: skip


def downgrade() -> None:
    """What was about a roster goes with it: it would look like a test of the contact."""
    op.execute("DELETE FROM delivery WHERE roster_news_id IS NOT NULL")
    op.drop_index("news_told_once_in_the_inbox", "delivery")
    op.drop_index("news_told_once_per_contact", "delivery")
    with op.batch_alter_table("delivery") as batch:
        batch.drop_constraint("one_subject", type_="check")
        batch.drop_constraint("delivery_of_roster_news", type_="foreignkey")
        batch.drop_column("roster_news_id")
    op.drop_table("roster_news")
