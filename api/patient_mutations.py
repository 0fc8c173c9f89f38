"""Mutations on patients and their encounters."""

from datetime import date, datetime
from uuid import UUID

import strawberry

from api.mutation import mutation
from api.patient_views import (
    CareView,
    EncounterView,
    ExpectedDischargeView,
    IdentifierView,
    NeedView,
    PatientView,
)
from domain.patients import commands
from domain.patients.model import (
    EncounterClass,
    EncounterStatus,
    Isolation,
    Sex,
    SideRoom,
)
from domain.places.model import CareLevel


@strawberry.input
class IdentityInput:
    """Who a patient is. What is left out stays as it was, an empty text clears it."""

    family_name_zh: str | None = None
    given_name_zh: str | None = None
    family_name_en: str | None = None
    given_name_en: str | None = None
    phone: str | None = None
    address: str | None = None
    notes: str | None = None


@strawberry.input
class IdentifierInput:
    """A number in a system, such as MRN or NATIONAL."""

    system: str
    value: str


@strawberry.type
class PatientMutations:
    @mutation(returns=PatientView)
    def register_patient(
        self,
        hospital_id: UUID,
        identity: IdentityInput,
        identifiers: list[IdentifierInput] | None = None,
        sex: Sex = Sex.UNKNOWN,
        birth_date: date | None = None,
        weight_g: int | None = None,
        privacy: bool = False,
        sensitivity: list[str] | None = None,
    ) -> commands.RegisterPatient:
        return commands.RegisterPatient(
            hospital_id=hospital_id, identity=_identity(identity),
            identifiers=tuple(_identifier(one) for one in identifiers or ()), sex=sex,
            birth_date=birth_date, weight_g=weight_g, privacy=privacy,
            sensitivity=tuple(sensitivity or ()),
        )  # fmt: skip

    @mutation(returns=PatientView)
    def update_patient(
        self,
        patient_id: UUID,
        identity: IdentityInput | None = None,
        sex: Sex | None = None,
        birth_date: date | None = None,
        weight_g: int | None = None,
        privacy: bool | None = None,
        sensitivity: list[str] | None = None,
        version: int | None = None,
    ) -> commands.UpdatePatient:
        return commands.UpdatePatient(
            patient_id=patient_id, identity=_identity(identity) if identity else None, sex=sex,
            birth_date=birth_date, weight_g=weight_g, privacy=privacy,
            sensitivity=None if sensitivity is None else tuple(sensitivity), version=version,
        )  # fmt: skip

    @mutation(returns=PatientView)
    def add_identifier(
        self, patient_id: UUID, identifier: IdentifierInput
    ) -> commands.AddIdentifier:
        return commands.AddIdentifier(patient_id=patient_id, identifier=_identifier(identifier))

    @mutation(returns=IdentifierView)
    def retire_identifier(
        self, patient_id: UUID, identifier: IdentifierInput
    ) -> commands.RetireIdentifier:
        return commands.RetireIdentifier(patient_id=patient_id, identifier=_identifier(identifier))

    @mutation(returns=PatientView)
    def merge_patients(self, survivor_id: UUID, merged_id: UUID) -> commands.MergePatients:
        return commands.MergePatients(survivor_id=survivor_id, merged_id=merged_id)

    @mutation(returns=EncounterView)
    def register_encounter(
        self,
        patient_id: UUID,
        status: EncounterStatus = EncounterStatus.ARRIVED,
        ward_id: UUID | None = None,
        encounter_class: EncounterClass = EncounterClass.INPATIENT,
        specialty: str | None = None,
        visit_number: str | None = None,
        at: datetime | None = None,
    ) -> commands.RegisterEncounter:
        return commands.RegisterEncounter(
            patient_id=patient_id, status=status, ward_id=ward_id,
            encounter_class=encounter_class, specialty=specialty, visit_number=visit_number,
            at=at,
        )  # fmt: skip

    @mutation(returns=EncounterView)
    def update_encounter(
        self,
        encounter_id: UUID,
        encounter_class: EncounterClass | None = None,
        specialty: str | None = None,
        visit_number: str | None = None,
        version: int | None = None,
    ) -> commands.UpdateEncounter:
        return commands.UpdateEncounter(
            encounter_id=encounter_id, encounter_class=encounter_class, specialty=specialty,
            visit_number=visit_number, version=version,
        )  # fmt: skip

    @mutation(returns=NeedView)
    def state_placement_need(
        self,
        encounter_id: UUID,
        isolation: Isolation = Isolation.NONE,
        organism: str | None = None,
        side_room: SideRoom = SideRoom.NONE,
        care_level: CareLevel = CareLevel.WARD,
        required_equipment: list[str] | None = None,
        preferred_equipment: list[str] | None = None,
        needs_supervision: bool = False,
        falls_risk: bool = False,
        immunosuppressed: bool = False,
        end_of_life: bool = False,
        infection: bool = False,
        at: datetime | None = None,
        version: int | None = None,
    ) -> commands.StatePlacementNeed:
        return commands.StatePlacementNeed(
            encounter_id=encounter_id, isolation=isolation, organism=organism,
            side_room=side_room, care_level=care_level,
            required_equipment=tuple(required_equipment or ()),
            preferred_equipment=tuple(preferred_equipment or ()),
            needs_supervision=needs_supervision, falls_risk=falls_risk,
            immunosuppressed=immunosuppressed, end_of_life=end_of_life, infection=infection,
            at=at, version=version,
        )  # fmt: skip

    @mutation(returns=ExpectedDischargeView)
    def set_expected_discharge(
        self,
        encounter_id: UUID,
        expected_at: datetime | None = None,
        at: datetime | None = None,
        version: int | None = None,
    ) -> commands.SetExpectedDischarge:
        return commands.SetExpectedDischarge(
            encounter_id=encounter_id, expected_at=expected_at, at=at, version=version
        )

    @mutation(returns=EncounterView)
    def mark_medically_ready(
        self, encounter_id: UUID, ready: bool = True, at: datetime | None = None
    ) -> commands.MarkMedicallyReady:
        return commands.MarkMedicallyReady(encounter_id=encounter_id, ready=ready, at=at)

    @mutation(returns=CareView)
    def assign_care(
        self, account_id: UUID, encounter_id: UUID, at: datetime | None = None
    ) -> commands.AssignCare:
        return commands.AssignCare(account_id=account_id, encounter_id=encounter_id, at=at)

    @mutation(returns=CareView)
    def end_care(self, assignment_id: UUID, at: datetime | None = None) -> commands.EndCare:
        return commands.EndCare(assignment_id=assignment_id, at=at)


def _identity(given: IdentityInput) -> commands.Identity:
    return commands.Identity(
        family_zh=given.family_name_zh, given_zh=given.given_name_zh,
        family_en=given.family_name_en, given_en=given.given_name_en, phone=given.phone,
        address=given.address, notes=given.notes,
    )  # fmt: skip


def _identifier(given: IdentifierInput) -> commands.Identifier:
    return commands.Identifier(system=given.system, value=given.value)
