"""Series that are forecast, each forecast of them, and how right it was."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "forecasts"
down_revision: str | None = "preferences"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = True

_COMPUTING = sa.text("state = 'COMPUTING'")
_TRUTH_IS_DUE = sa.text("truth_due_at IS NOT NULL")


def upgrade() -> None:
    _series()
    _forecast()
    _score()


def downgrade() -> None:
    for table in ("forecast_score", "forecast", "forecast_series"):
        op.drop_table(table)


def _series() -> None:
    op.create_table(
        "forecast_series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=True),
        sa.Column("measure", sa.String(10), nullable=False),
        sa.Column("step", sa.String(4), nullable=False),
        sa.Column("encounter_class", sa.String(10), nullable=True),
        sa.Column("specialty", sa.String(32), nullable=True),
        sa.Column("device_kind", sa.String(11), nullable=True),
        sa.Column("place_key", sa.String(200), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("kept_up", sa.Boolean(), nullable=False),
        sa.Column("fallback", sa.String(32), nullable=True),
        sa.Column("fallback_since", UtcTime(), nullable=True),
        sa.Column("drift", sa.Boolean(), nullable=False),
        sa.Column("scored_steps", sa.Integer(), nullable=False),
        sa.Column("mase", sa.Integer(), nullable=True),
        sa.Column("engine_mase", sa.Integer(), nullable=True),
        sa.Column("naive_mase", sa.Integer(), nullable=True),
        sa.Column("mean_mase", sa.Integer(), nullable=True),
        sa.Column("inside_80", sa.Integer(), nullable=True),
        sa.Column("inside_95", sa.Integer(), nullable=True),
        sa.Column("scored_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "measure IN ('CENSUS', 'ARRIVALS', 'ADMISSIONS', 'DISCHARGES', 'DEVICE_USE')",
            name="measure_known",
        ),
        sa.CheckConstraint("step IN ('DAY', 'HOUR')", name="step_known"),
        sa.CheckConstraint(
            "encounter_class IN ('INPATIENT', 'EMERGENCY', 'OUTPATIENT', 'PREADMIT',"
            " 'OBSTETRICS', 'RECURRING', 'OTHER')",
            name="encounter_class_known",
        ),
        sa.CheckConstraint("horizon >= 1", name="horizon_from_one"),
        sa.CheckConstraint(
            "measure = 'ADMISSIONS' OR (encounter_class IS NULL AND specialty IS NULL)",
            name="class_and_specialty_of_admissions",
        ),
        sa.CheckConstraint("measure = 'DEVICE_USE' OR device_kind IS NULL", name="kind_of_devices"),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("place_key", name="series_once"),
    )
    op.create_index("forecast_series_of_hospital", "forecast_series", ["hospital_id", "id"])


def _forecast() -> None:
    op.create_table(
        "forecast",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", UtcTime(), nullable=False),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("as_of", UtcTime(), nullable=True),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("made_at", UtcTime(), nullable=True),
        sa.Column("model", sa.String(32), nullable=True),
        sa.Column("window_since", UtcTime(), nullable=True),
        sa.Column("window_steps", sa.Integer(), nullable=True),
        sa.Column("history_hash", sa.String(64), nullable=True),
        sa.Column("scale", sa.Float(), nullable=True),
        sa.Column("quantiles", sa.JSON(), nullable=False),
        sa.Column("engine", sa.JSON(), nullable=False),
        sa.Column("naive", sa.JSON(), nullable=False),
        sa.Column("mean", sa.JSON(), nullable=False),
        sa.Column("backtest", sa.JSON(), nullable=False),
        sa.Column("failure", sa.String(32), nullable=True),
        sa.Column("truth_due_at", UtcTime(), nullable=True),
        sa.CheckConstraint("state IN ('COMPUTING', 'READY', 'FAILED')", name="state_known"),
        sa.CheckConstraint("horizon >= 1", name="horizon_from_one"),
        sa.CheckConstraint("(state = 'READY') = (model IS NOT NULL)", name="ready_has_a_model"),
        sa.CheckConstraint("(state = 'FAILED') = (failure IS NOT NULL)", name="failed_says_why"),
        sa.ForeignKeyConstraint(["series_id"], ["forecast_series.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_forecast_under_way", "forecast", ["series_id"], unique=True,
        sqlite_where=_COMPUTING, postgresql_where=_COMPUTING,
    )  # fmt: skip
    op.create_index("forecast_of_series", "forecast", ["series_id", "made_at"])
    op.create_index("forecast_of_hospital", "forecast", ["hospital_id", "id"])
    op.create_index(
        "forecast_truth_due", "forecast", ["truth_due_at"],
        sqlite_where=_TRUTH_IS_DUE, postgresql_where=_TRUTH_IS_DUE,
    )  # fmt: skip


def _score() -> None:
    op.create_table(
        "forecast_score",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("forecast_id", sa.Uuid(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=True),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("inside_80", sa.Integer(), nullable=False),
        sa.Column("inside_95", sa.Integer(), nullable=False),
        sa.Column("scaled_error", sa.Float(), nullable=False),
        sa.Column("engine_error", sa.Float(), nullable=False),
        sa.Column("engine_bias", sa.Float(), nullable=False),
        sa.Column("naive_error", sa.Float(), nullable=False),
        sa.Column("mean_error", sa.Float(), nullable=False),
        sa.Column("scored_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "0 <= inside_80 AND inside_80 <= inside_95 AND inside_95 <= steps",
            name="inside_of_the_steps",
        ),
        sa.ForeignKeyConstraint(["forecast_id"], ["forecast.id"]),
        sa.ForeignKeyConstraint(["series_id"], ["forecast_series.id"]),
        sa.ForeignKeyConstraint(["hospital_id"], ["hospital.id"]),
        sa.ForeignKeyConstraint(["ward_id"], ["ward.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("forecast_id", name="one_score_per_forecast"),
    )
    op.create_index("forecast_score_of_week", "forecast_score", ["series_id", "week"])
    op.create_index("forecast_score_in_time", "forecast_score", ["hospital_id", "scored_at"])
