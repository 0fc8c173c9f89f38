"""Devices: what they are, how they prove who they are, where they are attached, what they measure.

What a device says about itself (last seen, battery, clock) is telemetry: `DeviceStatus` is written
by batches, without versions and without ledger entries. Everything else changes by commands.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.places.model import LEDGERED
from domain.places.times import Spell, in_order
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope


class DeviceKind(StrEnum):
    MONITOR = "MONITOR"
    VENTILATOR = "VENTILATOR"
    PUMP = "PUMP"
    THERMOMETER = "THERMOMETER"
    OXIMETER = "OXIMETER"
    GAS_SENSOR = "GAS_SENSOR"
    BED_SENSOR = "BED_SENSOR"
    GATEWAY = "GATEWAY"  # speaks for others behind it
    OTHER = "OTHER"


class Protocol(StrEnum):
    MQTT = "MQTT"
    HL7 = "HL7"
    FHIR = "FHIR"
    FILE = "FILE"


class DeviceState(StrEnum):
    REGISTERED = "REGISTERED"  # not heard of since it was registered or came back from maintenance
    ACTIVE = "ACTIVE"
    STALE = "STALE"  # silent for longer than it should be
    LOST = "LOST"  # silent for so long that somebody must look for it
    MAINTENANCE = "MAINTENANCE"
    RETIRED = "RETIRED"


class CredentialKind(StrEnum):
    PASSWORD = "PASSWORD"  # noqa: S105 - a word, not a password
    CERTIFICATE = "CERTIFICATE"


PRESENT = text("until IS NULL")
IN_FORCE = text("revoked_at IS NULL")


class Device(Row, table=True):
    """`ward_id` is its home; where it is used is told by its attachment."""

    __table_args__ = (
        one_of("kind", DeviceKind),
        one_of("protocol", Protocol),
        one_of("state", DeviceState),
        UniqueConstraint("hospital_id", "code", name="device_code_in_hospital"),
        CheckConstraint("silent_after_s BETWEEN 5 AND 604800", name="silence_of_use"),
        CheckConstraint("lost_factor BETWEEN 1 AND 10000", name="loss_after_silence"),
        CheckConstraint("(state = 'RETIRED') = (retired_at IS NOT NULL)", name="retired_at_a_time"),
        Index("devices_of_ward", "hospital_id", "ward_id"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    code: str = Field(max_length=64, sa_column_kwargs=LEDGERED)  # A-Z a-z 0-9 . _ - only
    kind: DeviceKind = Field(sa_type=words(DeviceKind))
    protocol: Protocol = Field(sa_type=words(Protocol))
    model: str = Field(default="", max_length=120, sa_column_kwargs=LEDGERED)  # maker and type
    serial: str = Field(default="", max_length=64, sa_column_kwargs=LEDGERED)
    state: DeviceState = Field(default=DeviceState.REGISTERED, sa_type=words(DeviceState))
    state_since: datetime | None = Field(default=None, sa_type=UtcTime)  # None: as registered
    gateway_id: UUID | None = Field(default=None, foreign_key="device.id")
    silent_after_s: int = 60  # longer without a message is silence
    lost_factor: int = 10  # STALE for so many times silent_after_s is lost
    registered_at: datetime = Field(sa_type=UtcTime)
    retired_at: datetime | None = Field(default=None, sa_type=UtcTime)
    calibrated_at: datetime | None = Field(default=None, sa_type=UtcTime)
    calibration_due_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class DeviceCredential(Row, table=True):
    """By what a device logs in at the broker. The secret itself is shown once and never kept."""

    __tablename__ = "device_credential"
    __table_args__ = (
        one_of("kind", CredentialKind),
        Index("one_password_per_device", "device_id", unique=True,
              sqlite_where=text("revoked_at IS NULL AND kind = 'PASSWORD'"),
              postgresql_where=text("revoked_at IS NULL AND kind = 'PASSWORD'")),
        Index("credentials_in_force", "device_id", sqlite_where=IN_FORCE,
              postgresql_where=IN_FORCE),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    device_id: UUID = Field(foreign_key="device.id")
    kind: CredentialKind = Field(sa_type=words(CredentialKind))
    verifier: str = Field(max_length=200)  # Mosquitto's $7$ form, or a certificate's SHA-256
    issued_at: datetime = Field(sa_type=UtcTime)
    issued_by: UUID
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)


class DeviceAttachment(Spell, table=True):
    """A device at a bed, or in a room, from when to when."""

    __tablename__ = "device_attachment"
    __table_args__ = (
        in_order(strictly=True),
        CheckConstraint("bed_id IS NULL OR room_id IS NOT NULL", name="a_bed_is_in_a_room"),
        Index("one_attachment_per_device", "device_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("attachments_in_time", "device_id", "since"),
        Index("attachments_of_bed", "bed_id", "since"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    room_id: UUID | None = Field(default=None, foreign_key="room.id")
    bed_id: UUID | None = Field(default=None, foreign_key="bed.id")
    device_id: UUID = Field(foreign_key="device.id")

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class DeviceMetric(Row, table=True):
    """What a device of this hospital calls a metric, its unit, and its technical range."""

    __tablename__ = "device_metric"
    __table_args__ = (
        UniqueConstraint("device_id", "alias", name="alias_once_per_device"),
        CheckConstraint("low <= high", name="range_in_order"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    device_id: UUID = Field(foreign_key="device.id")
    alias: str = Field(max_length=64, sa_column_kwargs=LEDGERED)  # as the device sends it
    metric: str = Field(max_length=40, sa_column_kwargs=LEDGERED)  # domain/readings/metrics.csv
    unit: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)
    low: float | None = None  # in the metric's canonical unit
    high: float | None = None


class DeviceStatus(SQLModel, table=True):
    """Telemetry about the device itself; times by the server's clock but `measured_at`."""

    __tablename__ = "device_status"

    device_id: UUID = Field(primary_key=True, foreign_key="device.id")
    hospital_id: UUID = Field(foreign_key="hospital.id")
    seen_at: datetime = Field(sa_type=UtcTime)
    measured_at: datetime | None = Field(default=None, sa_type=UtcTime)
    battery_percent: int | None = None
    skew_ms: int | None = None  # median of received minus measured
    messages: int = Field(default=0, sa_type=BigInteger)
    readings: int = Field(default=0, sa_type=BigInteger)
