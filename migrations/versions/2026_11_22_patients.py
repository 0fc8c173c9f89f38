"""Patients with sealed identity, encounters, needs and care assignments."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime
from kit.sealed import SealedColumn

revision: str = "patients"
down_revision: str | None = "places"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_PRESENT = sa.text("until IS NULL")


def upgrade() -> None:
    _patient()
    _patient_identifier()
    _encounter()
    _encounter_phase()
    _expected_discharge()
    _placement_need()
    _care_assignment()


def downgrade() -> None:
    for table in (
        "care_assignment",
        "placement_need",
        "expected_discharge",
        "encounter_phase",
        "encounter",
        "patient_identifier",
        "patient",
    ):
        op.drop_table(table)


def _patient() -> None:
    op.create_table(
        "patient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("family_zh", SealedColumn(), nullable=True),
        sa.Column("given_zh", SealedColumn(), nullable=True),
        sa.Column("family_en", SealedColumn(), nullable=True),
        sa.Column("given_en", SealedColumn(), nullable=True),
        sa.Column("initials", SealedColumn(), nullable=True),
        sa.Column("phone", SealedColumn(), nullable=True),
        sa.Column("address", SealedColumn(), nullable=True),
        sa.Column("notes", SealedColumn(), nullable=True),
        sa.Column("family_zh_blind", sa.LargeBinary(), nullable=True),
        sa.Column("family_en_blind", sa.LargeBinary(), nullable=True),
        sa.Column("sex", sa.String(1), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("privacy", sa.Boolean(), nullable=False),
        sa.Column("sensitivity", sa.JSON(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.CheckConstraint("sex IN ('F', 'M', 'U')", name="sex_known"),
        sa.CheckConstraint("merged_into <> id", name="not_merged_into_itself"),
        sa.CheckConstraint("weight_g BETWEEN 100 AND 700000", name="weight_of_a_person"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["merged_into"], ["patient.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subject"),
    )
    op.create_index("patient_by_family_en", "patient", ["hospital_id", "family_en_blind"])
    op.create_index("patient_by_family_zh", "patient", ["hospital_id", "family_zh_blind"])


def _patient_identifier() -> None:
    op.create_table(
        "patient_identifier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("system", sa.String(64), nullable=False),
        sa.Column("value", SealedColumn(), nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("identifiers_of_patient", "patient_identifier", ["patient_id"])
    op.create_index(
        "one_patient_per_identifier",
        "patient_identifier",
        ["hospital_id", "system", "blind"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )


def _encounter() -> None:
    op.create_table(
        "encounter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("encounter_class", sa.String(10), nullable=False),
        sa.Column("status", sa.String(23), nullable=False),
        sa.Column("specialty", sa.String(32), nullable=True),
        sa.Column("visit_number", SealedColumn(), nullable=True),
        sa.Column("visit_blind", sa.LargeBinary(), nullable=True),
        sa.Column("arrived_at", UtcTime(), nullable=True),
        sa.Column("medically_ready_at", UtcTime(), nullable=True),
        sa.Column("discharge_ordered_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("disposition", sa.String(32), nullable=True),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "encounter_class IN ('INPATIENT', 'EMERGENCY', 'OUTPATIENT', 'PREADMIT', 'OBSTETRICS', 'RECURRING', 'OTHER')",
            name="encounter_class_known",
        ),
        sa.CheckConstraint(
            "status IN ('PLANNED', 'ARRIVED', 'ADMITTED', 'ON_LEAVE', 'DISCHARGE_PENDING', 'DISCHARGED', 'DIED', 'LEFT_WITHOUT_BEING_SEEN', 'ENTERED_IN_ERROR')",
            name="status_known",
        ),
        sa.CheckConstraint(
            "ward_id IS NOT NULL OR status NOT IN ('ARRIVED', 'ADMITTED', 'ON_LEAVE', 'DISCHARGE_PENDING')",
            name="a_live_encounter_is_somewhere",
        ),
        sa.CheckConstraint("moves >= 0", name="moves_not_negative"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("encounter_by_status", "encounter", ["hospital_id", "status", "id"])
    op.create_index("encounters_of_patient", "encounter", ["patient_id"])
    op.create_index(
        "one_encounter_per_visit_number",
        "encounter",
        ["hospital_id", "visit_blind"],
        unique=True,
        sqlite_where=sa.text("visit_blind IS NOT NULL AND status <> 'ENTERED_IN_ERROR'"),
        postgresql_where=sa.text("visit_blind IS NOT NULL AND status <> 'ENTERED_IN_ERROR'"),
    )


def _encounter_phase() -> None:
    op.create_table(
        "encounter_phase",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(23), nullable=False),
        sa.CheckConstraint(
            "status IN ('PLANNED', 'ARRIVED', 'ADMITTED', 'ON_LEAVE', 'DISCHARGE_PENDING', 'DISCHARGED', 'DIED', 'LEFT_WITHOUT_BEING_SEEN', 'ENTERED_IN_ERROR')",
            name="status_known",
        ),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("encounter_phase_in_time", "encounter_phase", ["encounter_id", "since"])
    op.create_index(
        "one_phase_per_encounter",
        "encounter_phase",
        ["encounter_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )


def _expected_discharge() -> None:
    op.create_table(
        "expected_discharge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), nullable=False),
        sa.Column("expected_at", UtcTime(), nullable=True),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("expected_discharge_in_time", "expected_discharge", ["encounter_id", "since"])
    op.create_index(
        "one_expected_discharge",
        "expected_discharge",
        ["encounter_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )


def _placement_need() -> None:
    op.create_table(
        "placement_need",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("isolation", sa.String(10), nullable=False),
        sa.Column("organism", sa.String(64), nullable=True),
        sa.Column("side_room", sa.String(9), nullable=False),
        sa.Column("care_level", sa.String(7), nullable=False),
        sa.Column("required_equipment", sa.JSON(), nullable=False),
        sa.Column("preferred_equipment", sa.JSON(), nullable=False),
        sa.Column("needs_supervision", sa.Boolean(), nullable=False),
        sa.Column("falls_risk", sa.Boolean(), nullable=False),
        sa.Column("immunosuppressed", sa.Boolean(), nullable=False),
        sa.Column("end_of_life", sa.Boolean(), nullable=False),
        sa.Column("infection", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "care_level IN ('ICU', 'HDU', 'WARD', 'ED', 'AMU', 'THEATRE', 'LOUNGE')",
            name="care_level_known",
        ),
        sa.CheckConstraint(
            "isolation IN ('NONE', 'CONTACT', 'DROPLET', 'AIRBORNE', 'PROTECTIVE')",
            name="isolation_known",
        ),
        sa.CheckConstraint(
            "side_room IN ('NONE', 'PREFERRED', 'REQUIRED', 'FORBIDDEN')", name="side_room_known"
        ),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_need_per_encounter",
        "placement_need",
        ["encounter_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index("placement_need_in_time", "placement_need", ["encounter_id", "since"])


def _care_assignment() -> None:
    op.create_table(
        "care_assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.CheckConstraint("since <= until", name="since_before_until"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("care_of_encounter", "care_assignment", ["encounter_id"])
    op.create_index(
        "one_care_per_person",
        "care_assignment",
        ["account_id", "encounter_id"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
