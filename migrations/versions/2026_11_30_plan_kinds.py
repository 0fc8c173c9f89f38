"""Plans of any kind, for a hospital or the network: items named by a key, scenarios, choices."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "plan_kinds"
down_revision: str | None = "outbound"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False

BED_ITEMS = "(to_bed_id IS NULL) = (state = 'UNPLACED') OR state = 'REJECTED'"
ANY_ITEMS = (
    "action <> 'HOLD_BED' OR state = 'REJECTED' OR (to_bed_id IS NULL) = (state = 'UNPLACED')"
)
NO_LONGER_NEEDED = ("hospital_id", "request_id", "encounter_id", "subject")


def upgrade() -> None:
    with op.batch_alter_table("solver_run") as batch:
        batch.alter_column("hospital_id", existing_type=sa.Uuid(), nullable=True)
    with op.batch_alter_table("proposal") as batch:
        batch.alter_column("hospital_id", existing_type=sa.Uuid(), nullable=True)
        batch.add_column(sa.Column("kind", sa.String(), nullable=True))
        batch.add_column(sa.Column("scenario", sa.JSON(), nullable=True))
    op.execute(
        "UPDATE proposal SET kind = (SELECT kind FROM solver_run WHERE solver_run.id = run_id)"
    )
    with op.batch_alter_table("proposal") as batch:
        batch.alter_column("kind", existing_type=sa.String(), nullable=False)
    with op.batch_alter_table("proposal_item") as batch:
        batch.add_column(sa.Column("key", sa.String(120), nullable=True))
        batch.add_column(sa.Column("action", sa.String(32), nullable=True))
        batch.add_column(sa.Column("step", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("detail", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("chosen", sa.JSON(), nullable=True))
    op.execute(
        f"UPDATE proposal_item SET key = {_request_text()}, action = 'HOLD_BED', step = 0,"
        " detail = '{}'"
    )
    _any_items()
    with op.batch_alter_table("approval") as batch:
        batch.add_column(sa.Column("chosen", sa.JSON(), nullable=True))


def _any_items() -> None:
    with op.batch_alter_table("proposal_item") as batch:
        batch.alter_column("key", existing_type=sa.String(120), nullable=False)
        batch.alter_column("action", existing_type=sa.String(32), nullable=False)
        batch.alter_column("step", existing_type=sa.Integer(), nullable=False)
        batch.alter_column("detail", existing_type=sa.JSON(), nullable=False)
        for column in NO_LONGER_NEEDED:
            batch.alter_column(column, existing_type=sa.Uuid(), nullable=True)
        batch.drop_constraint("placed_items_have_a_bed", type_="check")
        batch.create_check_constraint("placed_items_have_a_bed", ANY_ITEMS)
        batch.drop_constraint("one_item_per_request", type_="unique")
        batch.create_unique_constraint("one_item_per_key", ["proposal_id", "key"])


def downgrade() -> None:
    _forget_what_is_no_bed_plan()
    with op.batch_alter_table("approval") as batch:
        batch.drop_column("chosen")
    with op.batch_alter_table("proposal_item") as batch:
        batch.drop_constraint("one_item_per_key", type_="unique")
        batch.create_unique_constraint("one_item_per_request", ["proposal_id", "request_id"])
        batch.drop_constraint("placed_items_have_a_bed", type_="check")
        batch.create_check_constraint("placed_items_have_a_bed", BED_ITEMS)
        for column in NO_LONGER_NEEDED:
            batch.alter_column(column, existing_type=sa.Uuid(), nullable=False)
        for column in ("key", "action", "step", "detail", "chosen"):
            batch.drop_column(column)
    with op.batch_alter_table("proposal") as batch:
        batch.drop_column("scenario")
        batch.drop_column("kind")
        batch.alter_column("hospital_id", existing_type=sa.Uuid(), nullable=False)
    with op.batch_alter_table("solver_run") as batch:
        batch.alter_column("hospital_id", existing_type=sa.Uuid(), nullable=False)


def _forget_what_is_no_bed_plan() -> None:
    """The schema before knows bed plans of a hospital only."""
    other = "SELECT id FROM proposal WHERE kind <> 'beds' OR scenario IS NOT NULL"
    for table in ("approval", "proposal_item"):
        op.execute(f"DELETE FROM {table} WHERE proposal_id IN ({other})")
    op.execute("DELETE FROM proposal WHERE kind <> 'beds' OR scenario IS NOT NULL")
    op.execute("DELETE FROM solver_run WHERE id NOT IN (SELECT run_id FROM proposal)")


def _request_text() -> str:
    """The request's id as text with dashes; SQLite keeps 32 hexadecimal digits."""
    if op.get_bind().dialect.name == "postgresql":
        return "CAST(request_id AS TEXT)"
    parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return " || '-' || ".join(f"substr(request_id, {at}, {many})" for at, many in parts)
