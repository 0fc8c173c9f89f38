"""Devices, their credentials, attachments and metrics; the doors that their messages come by."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from kit.rows import UtcTime

revision: str = "devices"
down_revision: str | None = "inbound"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False

_PRESENT = sa.text("until IS NULL")
_IN_FORCE = sa.text("revoked_at IS NULL")
_PASSWORD = sa.text("revoked_at IS NULL AND kind = 'PASSWORD'")
_KINDS = (
    "'MONITOR', 'VENTILATOR', 'PUMP', 'THERMOMETER', 'OXIMETER', 'GAS_SENSOR', 'BED_SENSOR',"
    " 'GATEWAY', 'OTHER'"
)
_DOORS_BEFORE = "door IN ('HL7', 'STAYS')"
_DOORS = "door IN ('HL7', 'STAYS', 'MQTT', 'FHIR', 'FILE')"


def upgrade() -> None:
    _device()
    _device_credential()
    _device_attachment()
    _device_metric()
    _device_status()
    _doors(_DOORS)


def downgrade() -> None:
    op.execute("DELETE FROM inbound_message WHERE door NOT IN ('HL7', 'STAYS')")
    _doors(_DOORS_BEFORE)
    for table in (
        "device_status",
        "device_metric",
        "device_attachment",
        "device_credential",
        "device",
    ):
        op.drop_table(table)


def _doors(known: str) -> None:
    with op.batch_alter_table("inbound_message") as batch:
        batch.drop_constraint("door_known", type_="check")
        batch.create_check_constraint("door_known", known)


def _row() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
    ]


def _device() -> None:
    op.create_table(
        "device",
        *_row(),
        sa.Column("ward_id", sa.Uuid(), sa.ForeignKey("ward.id"), nullable=True),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(11), nullable=False),
        sa.Column("protocol", sa.String(4), nullable=False),
        sa.Column("model", sa.String(120), nullable=False),
        sa.Column("serial", sa.String(64), nullable=False),
        sa.Column("state", sa.String(11), nullable=False),
        sa.Column("state_since", UtcTime(), nullable=True),
        sa.Column("gateway_id", sa.Uuid(), sa.ForeignKey("device.id"), nullable=True),
        sa.Column("silent_after_s", sa.Integer(), nullable=False),
        sa.Column("lost_factor", sa.Integer(), nullable=False),
        sa.Column("registered_at", UtcTime(), nullable=False),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.Column("calibrated_at", UtcTime(), nullable=True),
        sa.Column("calibration_due_at", UtcTime(), nullable=True),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name="kind_known"),
        sa.CheckConstraint("protocol IN ('MQTT', 'HL7', 'FHIR', 'FILE')", name="protocol_known"),
        sa.CheckConstraint(
            "state IN ('REGISTERED', 'ACTIVE', 'STALE', 'LOST', 'MAINTENANCE', 'RETIRED')",
            name="state_known",
        ),
        sa.CheckConstraint("silent_after_s BETWEEN 5 AND 604800", name="silence_of_use"),
        sa.CheckConstraint("lost_factor BETWEEN 1 AND 10000", name="loss_after_silence"),
        sa.CheckConstraint(
            "(state = 'RETIRED') = (retired_at IS NOT NULL)", name="retired_at_a_time"
        ),
        sa.UniqueConstraint("hospital_id", "code", name="device_code_in_hospital"),
    )
    op.create_index("devices_of_ward", "device", ["hospital_id", "ward_id"])


def _device_credential() -> None:
    op.create_table(
        "device_credential",
        *_row(),
        sa.Column("device_id", sa.Uuid(), sa.ForeignKey("device.id"), nullable=False),
        sa.Column("kind", sa.String(11), nullable=False),
        sa.Column("verifier", sa.String(200), nullable=False),
        sa.Column("issued_at", UtcTime(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.CheckConstraint("kind IN ('PASSWORD', 'CERTIFICATE')", name="kind_known"),
    )
    op.create_index("one_password_per_device", "device_credential", ["device_id"], unique=True,
                    sqlite_where=_PASSWORD, postgresql_where=_PASSWORD)  # fmt: skip
    op.create_index("credentials_in_force", "device_credential", ["device_id"],
                    sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE)  # fmt: skip


def _device_attachment() -> None:
    op.create_table(
        "device_attachment",
        *_row(),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), sa.ForeignKey("ward.id"), nullable=False),
        sa.Column("room_id", sa.Uuid(), sa.ForeignKey("room.id"), nullable=True),
        sa.Column("bed_id", sa.Uuid(), sa.ForeignKey("bed.id"), nullable=True),
        sa.Column("device_id", sa.Uuid(), sa.ForeignKey("device.id"), nullable=False),
        sa.CheckConstraint("since < until", name="since_before_until"),
        sa.CheckConstraint("bed_id IS NULL OR room_id IS NOT NULL", name="a_bed_is_in_a_room"),
    )
    op.create_index("one_attachment_per_device", "device_attachment", ["device_id"], unique=True,
                    sqlite_where=_PRESENT, postgresql_where=_PRESENT)  # fmt: skip
    op.create_index("attachments_in_time", "device_attachment", ["device_id", "since"])
    op.create_index("attachments_of_bed", "device_attachment", ["bed_id", "since"])


def _device_metric() -> None:
    op.create_table(
        "device_metric",
        *_row(),
        sa.Column("device_id", sa.Uuid(), sa.ForeignKey("device.id"), nullable=False),
        sa.Column("alias", sa.String(64), nullable=False),
        sa.Column("metric", sa.String(40), nullable=False),
        sa.Column("unit", sa.String(32), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.CheckConstraint("low <= high", name="range_in_order"),
        sa.UniqueConstraint("device_id", "alias", name="alias_once_per_device"),
    )


def _device_status() -> None:
    op.create_table(
        "device_status",
        sa.Column("device_id", sa.Uuid(), sa.ForeignKey("device.id"), primary_key=True),
        sa.Column("hospital_id", sa.Uuid(), sa.ForeignKey("hospital.id"), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("measured_at", UtcTime(), nullable=True),
        sa.Column("battery_percent", sa.Integer(), nullable=True),
        sa.Column("skew_ms", sa.Integer(), nullable=True),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("readings", sa.BigInteger(), nullable=False),
    )
