"""People who work in a hospital, and the rules they are planned by."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime
from kit.sealed import SealedColumn

revision: str = "staff"
down_revision: str | None = "plan_kinds"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

# name, table, column that may be in one place at a time, from, until, PostgreSQL's range, what counts
APART = (
    (
        "contracts_of_a_person_overlap", "contract", "staff_id", "from_day", "until_day",
        "daterange", "id IS NOT NULL",
    ),
)  # fmt: skip


def upgrade() -> None:
    _staff_member()
    _staff_skill()
    _contract()
    _absence()
    _staffing_policy()
    _ratio_policy()
    postgres = op.get_bind().dialect.name == "postgresql"
    for judge in APART:
        (_exclude if postgres else _keep_apart)(*judge)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":  # there PostgreSQL's go with their tables
        for name, *_ in APART:
            op.execute(f"DROP TRIGGER {name}_new")
            op.execute(f"DROP TRIGGER {name}_changed")
    for table in (
        "ratio_policy",
        "staffing_policy",
        "absence",
        "contract",
        "staff_skill",
        "staff_member",
    ):
        op.drop_table(table)


def _staff_member() -> None:
    op.create_table(
        "staff_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("home_ward_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("profession", sa.String(10), nullable=False),
        sa.Column("specialty", sa.String(32), nullable=True),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("family_zh", SealedColumn(), nullable=True),
        sa.Column("given_zh", SealedColumn(), nullable=True),
        sa.Column("family_en", SealedColumn(), nullable=True),
        sa.Column("given_en", SealedColumn(), nullable=True),
        sa.Column("phone", SealedColumn(), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "profession IN ('DOCTOR', 'NURSE', 'ASSISTANT', 'MIDWIFE', 'THERAPIST', 'TECHNICIAN')",
            name="profession_known",
        ),
        sa.CheckConstraint("joined_on < left_on", name="joined_before_left"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["home_ward_id"], ["ward.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hospital_id", "number", name="staff_number_in_hospital"),
        sa.UniqueConstraint("subject"),
    )
    op.create_index(
        "one_member_per_account",
        "staff_member",
        ["hospital_id", "account_id"],
        unique=True,
        sqlite_where=sa.text("account_id IS NOT NULL"),
        postgresql_where=sa.text("account_id IS NOT NULL"),
    )
    op.create_index("staff_of_account", "staff_member", ["account_id"])
    op.create_index("staff_of_ward", "staff_member", ["home_ward_id"])


def _staff_skill() -> None:
    op.create_table(
        "staff_skill",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(40), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name="level_one_to_five"),
        sa.CheckConstraint("valid_from < expires_on", name="valid_before_expiry"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("staff_id", "skill", name="a_skill_once_per_person"),
    )


def _contract() -> None:
    op.create_table(
        "contract",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("weekly_minutes", sa.Integer(), nullable=False),
        sa.Column("most_weekly_minutes", sa.Integer(), nullable=False),
        sa.Column("most_nights_in_28", sa.Integer(), nullable=False),
        sa.Column("most_weekends_in_28", sa.Integer(), nullable=False),
        sa.CheckConstraint("from_day < until_day", name="from_before_until"),
        sa.CheckConstraint("most_nights_in_28 BETWEEN 0 AND 28", name="nights_in_four_weeks"),
        sa.CheckConstraint("most_weekends_in_28 BETWEEN 0 AND 5", name="weekends_in_four_weeks"),
        sa.CheckConstraint(
            "most_weekly_minutes BETWEEN weekly_minutes AND 5040", name="a_cap_above_the_hours"
        ),
        sa.CheckConstraint("weekly_minutes BETWEEN 0 AND 3600", name="at_most_sixty_hours"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("contracts_of_person", "contract", ["staff_id", "from_day"])


def _absence() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('VACATION', 'SICK', 'TRAINING', 'PARENTAL', 'UNPAID')", name="kind_known"
        ),
        sa.CheckConstraint("from_day < until_day", name="from_before_until"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("absences_of_person", "absence", ["staff_id", "from_day"])


def _staffing_policy() -> None:
    op.create_table(
        "staffing_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("labour_rules", sa.String(16), nullable=False),
        sa.Column("wish_deadline_days", sa.Integer(), nullable=False),
        sa.Column("swaps_need_planner", sa.Boolean(), nullable=False),
        sa.Column("forecast_percent", sa.Integer(), nullable=False),
        sa.CheckConstraint("forecast_percent IN (50, 90)", name="forecast_quantile"),
        sa.CheckConstraint("wish_deadline_days BETWEEN 0 AND 90", name="wish_deadline"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hospital_id"),
    )


def _ratio_policy() -> None:
    op.create_table(
        "ratio_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=True),
        sa.Column("care_level", sa.String(7), nullable=False),
        sa.Column("patients_per_nurse", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "care_level IN ('ICU', 'HDU', 'WARD', 'ED', 'AMU', 'THEATRE', 'LOUNGE')",
            name="care_level_known",
        ),
        sa.CheckConstraint("patients_per_nurse BETWEEN 1 AND 99", name="patients_per_nurse_count"),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ratio_policies", "ratio_policy", ["hospital_id", "care_level", "since"])


def _exclude(
    name: str, table: str, column: str, first: str, last: str, span: str, counted: str
) -> None:
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist"
        f" (uuid_span({column}, {column}, '[]') WITH &&, {span}({first}, {last}) WITH &&)"
        f" WHERE ({counted})"
    )


def _keep_apart(
    name: str, table: str, column: str, first: str, last: str, span: str, counted: str
) -> None:
    overlap = (
        f"NEW.{counted} AND EXISTS (SELECT 1 FROM {table} o WHERE o.{counted}"
        f" AND o.{column} = NEW.{column} AND o.id <> NEW.id"
        f" AND (NEW.{last} IS NULL OR o.{first} < NEW.{last})"
        f" AND (o.{last} IS NULL OR o.{last} > NEW.{first}))"
    )
    for event, when in (("new", "INSERT"), ("changed", "UPDATE")):
        op.execute(
            f"CREATE TRIGGER {name}_{event} BEFORE {when} ON {table} WHEN {overlap}"
            f" BEGIN SELECT RAISE(ABORT, '{name}'); END"
        )
