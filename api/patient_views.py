"""What GraphQL shows of patients and their encounters."""

from datetime import date, datetime
from typing import Any, Self

import strawberry

from api.sight import Sight, View, classified, closed, shows
from authz.classes import DataClass
from domain.patients.identity import identifier_place, patient_place, visit_place
from domain.patients.model import (
    CareAssignment,
    Encounter,
    EncounterClass,
    EncounterStatus,
    ExpectedDischarge,
    Isolation,
    Patient,
    PatientIdentifier,
    PlacementNeed,
    Sex,
    SideRoom,
)
from domain.places.model import CareLevel

for _words in (EncounterClass, EncounterStatus, Isolation, Sex, SideRoom):
    strawberry.enum(_words)


@classified(DataClass.PLACEMENT)
@strawberry.type(name="Patient")
class PatientView(View):
    """A person in a hospital's register. Names open only to those who may see identity."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    hospital_id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    sex: Sex | None
    privacy: bool | None
    family_name_zh: str | None = shows(DataClass.IDENTITY)
    given_name_zh: str | None = shows(DataClass.IDENTITY)
    family_name_en: str | None = shows(DataClass.IDENTITY)
    given_name_en: str | None = shows(DataClass.IDENTITY)
    initials: str | None = shows(DataClass.INITIALS)
    birth_date: date | None = shows(DataClass.IDENTITY)
    phone: str | None = shows(DataClass.IDENTITY)
    address: str | None = shows(DataClass.IDENTITY)
    notes: str | None = shows(DataClass.IDENTITY)
    weight_g: int | None = shows(DataClass.CLINICAL, "grams")
    sensitivity: list[str] | None = shows(DataClass.PROTECTED)
    merged_into: strawberry.ID | None
    erased_at: datetime | None = shows(
        DataClass.PLACEMENT, "Since then nothing says who it was: every personal field is null."
    )

    @classmethod
    def of(cls, row: Patient, sight: Sight) -> Self:
        def identity(column: str) -> Any:
            return closed(getattr(row, column), patient_place(row, column))

        merged = row.merged_into
        return cls(
            sight=sight,
            subject=row.subject,
            id=strawberry.ID(str(row.id)),
            hospital_id=strawberry.ID(str(row.hospital_id)),
            version=row.version,
            sex=row.sex,
            privacy=row.privacy,
            family_name_zh=identity("family_zh"),
            given_name_zh=identity("given_zh"),
            family_name_en=identity("family_en"),
            given_name_en=identity("given_en"),
            initials=identity("initials"),
            birth_date=row.birth_date,
            phone=identity("phone"),
            address=identity("address"),
            notes=identity("notes"),
            weight_g=row.weight_g,
            sensitivity=list(row.sensitivity),
            merged_into=strawberry.ID(str(merged)) if merged else None,
            erased_at=row.erased_at,
        )


@classified(DataClass.IDENTITY)
@strawberry.type(name="Identifier")
class IdentifierView(View):
    """A number under which somebody knows the patient."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    system: str | None
    value: str | None

    @classmethod
    def of(cls, row: PatientIdentifier, sight: Sight) -> Self:
        return cls(
            sight=sight,
            subject=row.subject,
            id=strawberry.ID(str(row.id)),
            system=row.system,
            value=closed(row.value, identifier_place(row)),
        )


@classified(DataClass.PLACEMENT)
@strawberry.type(name="Encounter")
class EncounterView(View):
    """One hospital episode of a patient."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    hospital_id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    patient_id: strawberry.ID | None
    ward_id: strawberry.ID | None
    encounter_class: EncounterClass | None
    status: EncounterStatus | None
    specialty: str | None
    visit_number: str | None = shows(DataClass.IDENTITY)
    arrived_at: datetime | None
    medically_ready_at: datetime | None
    discharge_ordered_at: datetime | None
    ended_at: datetime | None
    disposition: str | None = shows(DataClass.CLINICAL)
    moves: int | None

    @classmethod
    def of(cls, row: Encounter, sight: Sight) -> Self:
        place = visit_place(row.hospital_id, row.id, row.subject)
        return cls(
            sight=sight,
            subject=row.subject,
            id=strawberry.ID(str(row.id)),
            hospital_id=strawberry.ID(str(row.hospital_id)),
            version=row.version,
            patient_id=strawberry.ID(str(row.patient_id)),
            ward_id=strawberry.ID(str(row.ward_id)) if row.ward_id else None,
            encounter_class=row.encounter_class,
            status=row.status,
            specialty=row.specialty,
            visit_number=closed(row.visit_number, place),
            arrived_at=row.arrived_at,
            medically_ready_at=row.medically_ready_at,
            discharge_ordered_at=row.discharge_ordered_at,
            ended_at=row.ended_at,
            disposition=row.disposition,
            moves=row.moves,
        )


@classified(DataClass.PLACEMENT)
@strawberry.type(name="PlacementNeed")
class NeedView(View):
    """What a bed must offer the patient."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    encounter_id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    isolation: Isolation | None = shows(DataClass.ISOLATION)
    organism: str | None = shows(DataClass.INFECTION)
    side_room: SideRoom | None
    care_level: CareLevel | None
    required_equipment: list[str] | None
    preferred_equipment: list[str] | None
    needs_supervision: bool | None
    falls_risk: bool | None
    immunosuppressed: bool | None = shows(DataClass.CLINICAL)
    end_of_life: bool | None = shows(DataClass.CLINICAL)
    infection: bool | None = shows(DataClass.INFECTION)
    since: datetime | None

    @classmethod
    def of(cls, row: PlacementNeed, sight: Sight) -> Self:
        return cls(
            sight=sight,
            subject=row.subject,
            id=strawberry.ID(str(row.id)),
            encounter_id=strawberry.ID(str(row.encounter_id)),
            version=row.version,
            isolation=row.isolation,
            organism=row.organism,
            side_room=row.side_room,
            care_level=row.care_level,
            required_equipment=list(row.required_equipment),
            preferred_equipment=list(row.preferred_equipment),
            needs_supervision=row.needs_supervision,
            falls_risk=row.falls_risk,
            immunosuppressed=row.immunosuppressed,
            end_of_life=row.end_of_life,
            infection=row.infection,
            since=row.since,
        )


@classified(DataClass.PLACEMENT)
@strawberry.type(name="ExpectedDischarge")
class ExpectedDischargeView(View):
    """When the patient was expected to leave, as somebody said it at `since`."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    encounter_id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    expected_at: datetime | None
    since: datetime | None
    said_by: strawberry.ID | None

    @classmethod
    def of(cls, row: ExpectedDischarge, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            encounter_id=strawberry.ID(str(row.encounter_id)),
            version=row.version,
            expected_at=row.expected_at,
            since=row.since,
            said_by=strawberry.ID(str(row.recorded_by)),
        )


@classified(DataClass.PLACEMENT)
@strawberry.type(name="CareAssignment")
class CareView(View):
    """Who treats a patient, from when to when."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    account_id: strawberry.ID | None
    encounter_id: strawberry.ID | None
    since: datetime | None
    until: datetime | None

    @classmethod
    def of(cls, row: CareAssignment, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            account_id=strawberry.ID(str(row.account_id)),
            encounter_id=strawberry.ID(str(row.encounter_id)),
            since=row.since,
            until=row.until,
        )
