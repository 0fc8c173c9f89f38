"""A second column for each blind index, so that the blind key can turn while people search."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "blind_turns"
down_revision: str | None = "ledger_segments"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False  # indexes are made and a column is looked at, row by row

_PLAIN = {
    "patient": ("family_zh_blind", "family_en_blind"),
    "staff_member": ("family_zh_blind", "family_en_blind"),
    "encounter": ("visit_blind",),
    "inbound_message": ("visit",),
}
_UNIQUE = (
    ("one_patient_per_other_identifier", "patient_identifier",
     ["hospital_id", "system", "blind_other"], "retired_at IS NULL"),
    ("one_encounter_per_other_visit_number", "encounter", ["hospital_id", "visit_blind_other"],
     "visit_blind_other IS NOT NULL AND status <> 'ENTERED_IN_ERROR'"),
    ("one_effect_per_other_message", "inbound_message",
     ["hospital_id", "source", "control_id", "digest_other"], "state <> 'DUPLICATE'"),
)  # fmt: skip
_SEARCHED = (
    ("patient_by_family_zh_other", "patient", ["hospital_id", "family_zh_blind_other"]),
    ("patient_by_family_en_other", "patient", ["hospital_id", "family_en_blind_other"]),
    ("inbound_of_other_visit", "inbound_message", ["hospital_id", "visit_other"]),
)
_NEEDED = (("patient_identifier", "blind", "found_by_something"),
           ("inbound_message", "digest", "has_a_digest"))  # fmt: skip
_SEALED = ("identity", "visit_number")
_KINDS = {True: "kind IN ('KEK', 'SUBJECT', 'BLIND')", False: "kind IN ('KEK', 'SUBJECT')"}


def upgrade() -> None:
    op.create_table(
        "blind_turn",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("asks", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("also", sa.Integer(), nullable=True),
        sa.CheckConstraint("id = 1", name="only_one"),
        sa.CheckConstraint("place IN (0, 1)", name="two_columns"),
        sa.CheckConstraint("also <> asks", name="two_versions"),
    )
    op.execute("INSERT INTO blind_turn (id, asks, place) VALUES (1, 1, 0)")
    for table, indexes in _PLAIN.items():
        for column in indexes:
            op.add_column(table, sa.Column(f"{column}_other", sa.LargeBinary(), nullable=True))
    for table, column, check in _NEEDED:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column(f"{column}_other", sa.LargeBinary(), nullable=True))
            batch.alter_column(column, existing_type=sa.LargeBinary(), nullable=True)
            batch.create_check_constraint(
                check, f"{column} IS NOT NULL OR {column}_other IS NOT NULL"
            )
    for column in _SEALED:
        op.add_column("inbound_message", sa.Column(column, sa.LargeBinary(), nullable=True))
    for name, table, columns, where in _UNIQUE:
        op.create_index(name, table, columns, unique=True, sqlite_where=sa.text(where),
                        postgresql_where=sa.text(where))  # fmt: skip
    for name, table, columns in _SEARCHED:
        op.create_index(name, table, columns)
    _kinds(blind=True)


def downgrade() -> None:
    """Only while the first blind key is searched by its first column; else nobody is found."""
    turn = sa.table("blind_turn", sa.column("asks"), sa.column("place"), sa.column("also"))
    standing = op.get_bind().execute(sa.select(turn.c.asks, turn.c.place, turn.c.also)).one()
    if tuple(standing) != (1, 0, None):
        raise RuntimeError("the blind key was rotated: this revision cannot be taken back")
    op.execute("DELETE FROM key_rotation WHERE kind = 'BLIND'")
    _kinds(blind=False)
    for name, table, _ in _SEARCHED:
        op.drop_index(name, table)
    for name, table, _, _ in _UNIQUE:
        op.drop_index(name, table)
    for column in _SEALED:
        op.drop_column("inbound_message", column)
    for table, column, check in _NEEDED:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(check, type_="check")
            batch.alter_column(column, existing_type=sa.LargeBinary(), nullable=False)
            batch.drop_column(f"{column}_other")
    for table, indexes in _PLAIN.items():
        for column in indexes:
            op.drop_column(table, f"{column}_other")
    op.drop_table("blind_turn")


def _kinds(*, blind: bool) -> None:
    with op.batch_alter_table("key_rotation") as batch:
        batch.drop_constraint("kind_known", type_="check")
        batch.create_check_constraint("kind_known", _KINDS[blind])
