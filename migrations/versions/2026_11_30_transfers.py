"""Transfers between hospitals with every step, consent to them, and switches of approval mode."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "transfers"
down_revision: str | None = "rosters"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

STATES = (
    "'REQUESTED', 'UNDER_REVIEW', 'INFO_NEEDED', 'ESCALATED', 'ACCEPTED', 'BED_HELD',"
    " 'IN_TRANSIT', 'ARRIVED', 'COMPLETED', 'DECLINED', 'CANCELLED', 'DIED'"
)
CLOSED = "'COMPLETED', 'DECLINED', 'CANCELLED', 'DIED'"
PROMISED = "'ACCEPTED', 'BED_HELD', 'IN_TRANSIT', 'ARRIVED', 'COMPLETED'"
REASONS = (
    "'CAPACITY', 'SPECIALTY', 'HIGHER_CARE', 'LOWER_CARE', 'ISOLATION', 'EQUIPMENT', 'NEARER_HOME'"
)
LEVELS = "'ICU', 'HDU', 'WARD', 'ED', 'AMU', 'THEATRE', 'LOUNGE'"
CAUSES = "'DANGER_TO_LIFE', 'UNCONSCIOUS', 'NO_PROXY_REACHED', 'EVACUATION'"
MODE_REASONS = "'MASS_CASUALTY', 'OUTBREAK', 'DISASTER', 'CAPACITY', 'EXERCISE', 'STAND_DOWN'"
OPEN = sa.text("until IS NULL")


def upgrade() -> None:
    _transfer()
    _transfer_step()
    _consent()
    _mode_switch()


def downgrade() -> None:
    for table in ("approval_mode_switch", "consent", "transfer_step", "transfer"):
        op.drop_table(table)


def _spell() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
    ]


def _transfer() -> None:
    op.create_table(
        "transfer",
        *_spell(),
        *_sides(),
        *_told(),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("put_at", UtcTime(), nullable=True),
        sa.Column("answer_by", UtcTime(), nullable=True),
        sa.Column("accepted_at", UtcTime(), nullable=True),
        sa.Column("end_reason", sa.String(32), nullable=True),
        *_checks(),
    )
    op.create_index("one_open_transfer_per_encounter", "transfer", ["encounter_id"], unique=True,
                    sqlite_where=OPEN, postgresql_where=OPEN)  # fmt: skip
    op.create_index("one_transfer_per_receiving_encounter", "transfer",
                    ["receiving_encounter_id"], unique=True)  # fmt: skip
    op.create_index("transfers_out", "transfer", ["from_hospital_id", "id"])
    op.create_index("transfers_in", "transfer", ["to_hospital_id", "id"])
    op.create_index("transfers_to_answer", "transfer", ["answer_by"], sqlite_where=OPEN,
                    postgresql_where=OPEN)  # fmt: skip


def _sides() -> list[sa.Column[object]]:
    return [
        sa.Column("from_hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("to_hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), sa.ForeignKey("encounter.id"), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column(
            "receiving_encounter_id", sa.Uuid(), sa.ForeignKey("encounter.id"), nullable=True
        ),
        sa.Column("receiving_subject", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Uuid(), sa.ForeignKey("bed_request.id"), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("urgency", sa.String(9), nullable=False),
        sa.Column("reason", sa.String(11), nullable=False),
        sa.Column("needed_by", UtcTime(), nullable=True),
    ]


def _told() -> list[sa.Column[object]]:
    return [
        sa.Column("sex", sa.String(1), nullable=False),
        sa.Column("age_band", sa.String(8), nullable=True),
        sa.Column("specialty", sa.String(32), nullable=True),
        sa.Column("care_level", sa.String(7), nullable=False),
        sa.Column("isolation", sa.String(10), nullable=False),
        sa.Column("side_room", sa.String(9), nullable=False),
        sa.Column("required_equipment", sa.JSON(), nullable=False),
        sa.Column("info_topics", sa.JSON(), nullable=False),
    ]


def _checks() -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(f"state IN ({STATES})", name="state_known"),
        sa.CheckConstraint("urgency IN ('EMERGENCY', 'URGENT', 'ROUTINE')", name="urgency_known"),
        sa.CheckConstraint(f"reason IN ({REASONS})", name="reason_known"),
        sa.CheckConstraint("sex IN ('F', 'M', 'U')", name="sex_known"),
        sa.CheckConstraint(f"care_level IN ({LEVELS})", name="care_level_known"),
        sa.CheckConstraint(
            "isolation IN ('NONE', 'CONTACT', 'DROPLET', 'AIRBORNE', 'PROTECTIVE')",
            name="isolation_known",
        ),
        sa.CheckConstraint(
            "side_room IN ('NONE', 'PREFERRED', 'REQUIRED', 'FORBIDDEN')", name="side_room_known"
        ),
        sa.CheckConstraint("since <= until", name="since_before_until"),
        sa.CheckConstraint("from_hospital_id <> to_hospital_id", name="two_hospitals"),
        sa.CheckConstraint(
            f"(until IS NULL) = (state NOT IN ({CLOSED}))", name="open_transfers_have_no_end"
        ),
        sa.CheckConstraint(
            f"receiving_encounter_id IS NOT NULL OR state NOT IN ({PROMISED})",
            name="accepted_patients_are_expected",
        ),
        sa.CheckConstraint(
            "end_reason IS NOT NULL OR state NOT IN ('DECLINED', 'CANCELLED')",
            name="an_end_has_its_reason",
        ),
    ]


def _transfer_step() -> None:
    op.create_table(
        "transfer_step",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), sa.ForeignKey("transfer.id"), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.CheckConstraint(f"state IN ({STATES})", name="state_known"),
    )
    op.create_index("steps_of_transfer", "transfer_step", ["transfer_id", "id"])


def _consent() -> None:
    op.create_table(
        "consent",
        *_spell(),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), sa.ForeignKey("encounter.id"), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("word", sa.String(10), nullable=False),
        sa.Column("said_by", sa.String(8), nullable=False),
        sa.Column("cause", sa.String(16), nullable=True),
        sa.CheckConstraint("word IN ('GIVEN', 'REFUSED', 'OVERRIDDEN')", name="word_known"),
        sa.CheckConstraint(
            "said_by IN ('PATIENT', 'GUARDIAN', 'PROXY', 'COURT', 'STAFF')", name="said_by_known"
        ),
        sa.CheckConstraint(f"cause IN ({CAUSES})", name="cause_known"),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.CheckConstraint(
            "(word = 'OVERRIDDEN') = (cause IS NOT NULL)", name="an_override_has_its_cause"
        ),
        sa.CheckConstraint(
            "(word = 'OVERRIDDEN') = (said_by = 'STAFF')", name="staff_consent_to_nothing_else"
        ),
    )
    op.create_index("one_consent_per_encounter", "consent", ["encounter_id"], unique=True,
                    sqlite_where=OPEN, postgresql_where=OPEN)  # fmt: skip
    op.create_index("consent_in_time", "consent", ["encounter_id", "since"])


def _mode_switch() -> None:
    op.create_table(
        "approval_mode_switch",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("mode", sa.String(9), nullable=False),
        sa.Column("reason", sa.String(13), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("switched_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("mode IN ('PEACETIME', 'SURGE')", name="mode_known"),
        sa.CheckConstraint(f"reason IN ({MODE_REASONS})", name="reason_known"),
    )
    op.create_index("mode_switches_of_hospital", "approval_mode_switch", ["hospital_id", "id"])
