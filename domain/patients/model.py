"""Patients, their encounters, and what each needs of a bed.

Identity is sealed: the database holds ciphertext and keyed blind indexes, nothing readable.
`subject` is the random name under which the ledger and the key store know a person.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field
from sqlmodel._compat import SQLModelConfig

import domain.accounts.model  # noqa: F401 - CareAssignment points to its table
from domain.places.model import LEDGERED, CareLevel
from domain.places.times import Spell, in_order
from kit.blind import BlindColumn
from kit.rows import Row, UtcTime, one_of, words
from kit.sealed import Sealed, SealedColumn
from kit.work import Scope

PRESENT = text("until IS NULL")
FAMILY = ("family_zh_blind", "family_en_blind")  # blind indexes of a person's family name


class Sex(StrEnum):
    """Sex for placement; UNKNOWN shares a room with nobody."""

    FEMALE = "F"
    MALE = "M"
    UNKNOWN = "U"


class EncounterClass(StrEnum):
    INPATIENT = "INPATIENT"
    EMERGENCY = "EMERGENCY"
    OUTPATIENT = "OUTPATIENT"
    PREADMIT = "PREADMIT"
    OBSTETRICS = "OBSTETRICS"
    RECURRING = "RECURRING"
    OTHER = "OTHER"


class EncounterStatus(StrEnum):
    PLANNED = "PLANNED"
    ARRIVED = "ARRIVED"
    ADMITTED = "ADMITTED"
    ON_LEAVE = "ON_LEAVE"
    DISCHARGE_PENDING = "DISCHARGE_PENDING"
    DISCHARGED = "DISCHARGED"
    DIED = "DIED"
    LEFT = "LEFT_WITHOUT_BEING_SEEN"
    ERROR = "ENTERED_IN_ERROR"


class Isolation(StrEnum):
    NONE = "NONE"
    CONTACT = "CONTACT"
    DROPLET = "DROPLET"
    AIRBORNE = "AIRBORNE"
    PROTECTIVE = "PROTECTIVE"


class SideRoom(StrEnum):
    NONE = "NONE"
    PREFERRED = "PREFERRED"
    REQUIRED = "REQUIRED"
    FORBIDDEN = "FORBIDDEN"


class Patient(Row, table=True):
    model_config = SQLModelConfig(arbitrary_types_allowed=True)  # Sealed
    __table_args__ = (
        one_of("sex", Sex),
        CheckConstraint("weight_g BETWEEN 100 AND 700000", name="weight_of_a_person"),
        CheckConstraint("merged_into <> id", name="not_merged_into_itself"),
        Index("patient_by_family_zh", "hospital_id", "family_zh_blind"),
        Index("patient_by_family_en", "hospital_id", "family_en_blind"),
        Index("patient_by_family_zh_other", "hospital_id", "family_zh_blind_other"),
        Index("patient_by_family_en_other", "hospital_id", "family_en_blind_other"),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    subject: UUID = Field(default_factory=uuid4, unique=True)
    family_zh: Sealed | None = Field(default=None, sa_type=SealedColumn)
    given_zh: Sealed | None = Field(default=None, sa_type=SealedColumn)
    family_en: Sealed | None = Field(default=None, sa_type=SealedColumn)
    given_en: Sealed | None = Field(default=None, sa_type=SealedColumn)
    initials: Sealed | None = Field(default=None, sa_type=SealedColumn)
    phone: Sealed | None = Field(default=None, sa_type=SealedColumn)
    address: Sealed | None = Field(default=None, sa_type=SealedColumn)
    notes: Sealed | None = Field(default=None, sa_type=SealedColumn)
    family_zh_blind: bytes | None = Field(default=None, sa_type=BlindColumn)
    family_zh_blind_other: bytes | None = Field(default=None, sa_type=BlindColumn)
    family_en_blind: bytes | None = Field(default=None, sa_type=BlindColumn)
    family_en_blind_other: bytes | None = Field(default=None, sa_type=BlindColumn)
    sex: Sex = Field(default=Sex.UNKNOWN, sa_type=words(Sex))
    birth_date: date | None = None
    weight_g: int | None = None
    privacy: bool = False  # show nothing of this person on a screen
    sensitivity: list[str] = Field(default_factory=list, sa_type=JSON)  # labels, HL7 v3 codes
    merged_into: UUID | None = Field(default=None, foreign_key="patient.id")
    erased_at: datetime | None = Field(default=None, sa_type=UtcTime)  # who it was is forgotten

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)


class PatientIdentifier(Row, table=True):
    """A number under which somebody knows the patient; unique in its system while in use."""

    __tablename__ = "patient_identifier"
    model_config = SQLModelConfig(arbitrary_types_allowed=True)  # Sealed
    __table_args__ = (
        Index(
            "one_patient_per_identifier", "hospital_id", "system", "blind", unique=True,
            sqlite_where=text("retired_at IS NULL"), postgresql_where=text("retired_at IS NULL"),
        ),
        Index(
            "one_patient_per_other_identifier", "hospital_id", "system", "blind_other",
            unique=True,
            sqlite_where=text("retired_at IS NULL"), postgresql_where=text("retired_at IS NULL"),
        ),
        CheckConstraint("blind IS NOT NULL OR blind_other IS NOT NULL", name="found_by_something"),
        Index("identifiers_of_patient", "patient_id"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    patient_id: UUID = Field(foreign_key="patient.id")
    subject: UUID
    system: str = Field(max_length=64, sa_column_kwargs=LEDGERED)  # MRN, NATIONAL, an assigner
    value: Sealed = Field(sa_type=SealedColumn)
    blind: bytes | None = Field(default=None, sa_type=BlindColumn)
    blind_other: bytes | None = Field(default=None, sa_type=BlindColumn)
    retired_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Encounter(Row, table=True):
    """One episode in one hospital. `ward_id` is where the patient is, or is to arrive."""

    model_config = SQLModelConfig(arbitrary_types_allowed=True)  # Sealed
    __table_args__ = (
        one_of("status", EncounterStatus),
        one_of("encounter_class", EncounterClass),
        CheckConstraint(
            "ward_id IS NOT NULL OR status NOT IN"
            " ('ARRIVED', 'ADMITTED', 'ON_LEAVE', 'DISCHARGE_PENDING')",
            name="a_live_encounter_is_somewhere",
        ),
        CheckConstraint("moves >= 0", name="moves_not_negative"),
        Index(
            "one_encounter_per_visit_number", "hospital_id", "visit_blind", unique=True,
            sqlite_where=text("visit_blind IS NOT NULL AND status <> 'ENTERED_IN_ERROR'"),
            postgresql_where=text("visit_blind IS NOT NULL AND status <> 'ENTERED_IN_ERROR'"),
        ),
        Index(
            "one_encounter_per_other_visit_number", "hospital_id", "visit_blind_other",
            unique=True,
            sqlite_where=text("visit_blind_other IS NOT NULL AND status <> 'ENTERED_IN_ERROR'"),
            postgresql_where=text("visit_blind_other IS NOT NULL AND status <> 'ENTERED_IN_ERROR'"),
        ),
        Index("encounters_of_patient", "patient_id"),
        Index("encounter_by_status", "hospital_id", "status", "id"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    patient_id: UUID = Field(foreign_key="patient.id")
    subject: UUID
    encounter_class: EncounterClass = Field(
        default=EncounterClass.INPATIENT, sa_type=words(EncounterClass)
    )
    status: EncounterStatus = Field(sa_type=words(EncounterStatus))
    specialty: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)
    visit_number: Sealed | None = Field(default=None, sa_type=SealedColumn)
    visit_blind: bytes | None = Field(default=None, sa_type=BlindColumn)
    visit_blind_other: bytes | None = Field(default=None, sa_type=BlindColumn)
    arrived_at: datetime | None = Field(default=None, sa_type=UtcTime)
    medically_ready_at: datetime | None = Field(default=None, sa_type=UtcTime)
    discharge_ordered_at: datetime | None = Field(default=None, sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    disposition: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)
    moves: int = 0

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class EncounterPhase(Spell, table=True):
    """An encounter's status from when to when: history for any past moment."""

    __tablename__ = "encounter_phase"
    __table_args__ = (
        one_of("status", EncounterStatus),
        in_order(strictly=True),
        Index("one_phase_per_encounter", "encounter_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("encounter_phase_in_time", "encounter_id", "since"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")
    status: EncounterStatus = Field(sa_type=words(EncounterStatus))


class ExpectedDischarge(Spell, table=True):
    """When the patient was expected to leave, as somebody said it at `since`."""

    __tablename__ = "expected_discharge"
    __table_args__ = (
        in_order(strictly=True),
        Index("one_expected_discharge", "encounter_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("expected_discharge_in_time", "encounter_id", "since"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")
    expected_at: datetime | None = Field(default=None, sa_type=UtcTime)  # None: taken back


class PlacementNeed(Spell, table=True):
    """What a bed must offer this patient, as stated at `since`; a new statement replaces it."""

    __tablename__ = "placement_need"
    __table_args__ = (
        one_of("isolation", Isolation),
        one_of("side_room", SideRoom),
        one_of("care_level", CareLevel),
        in_order(strictly=True),
        Index("one_need_per_encounter", "encounter_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("placement_need_in_time", "encounter_id", "since"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")
    subject: UUID
    isolation: Isolation = Field(default=Isolation.NONE, sa_type=words(Isolation))
    organism: str | None = Field(default=None, max_length=64)  # group; class N, never ledgered
    side_room: SideRoom = Field(default=SideRoom.NONE, sa_type=words(SideRoom))
    care_level: CareLevel = Field(default=CareLevel.WARD, sa_type=words(CareLevel))
    required_equipment: list[str] = Field(default_factory=list, sa_type=JSON)
    preferred_equipment: list[str] = Field(default_factory=list, sa_type=JSON)
    needs_supervision: bool = False
    falls_risk: bool = False
    immunosuppressed: bool = False
    end_of_life: bool = False
    infection: bool = False  # infected, isolation not ordered


class CareAssignment(Spell, table=True):
    """Who treats whom, from when to when: opens the patient's record to that person."""

    __tablename__ = "care_assignment"
    __table_args__ = (
        in_order(),
        Index("one_care_per_person", "account_id", "encounter_id", unique=True,
              sqlite_where=PRESENT, postgresql_where=PRESENT),
        Index("care_of_encounter", "encounter_id"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    account_id: UUID = Field(foreign_key="account.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")
    subject: UUID
