"""Commands on patients: register, change, number and merge them."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from domain.patients.directive_model import ConsentDirective
from domain.patients.identity import (
    Identifier,
    Identity,
    add_identifier,
    retire_identifier,
    seal_identity,
)
from domain.patients.model import Encounter, Patient, PatientIdentifier, Sex
from domain.patients.states import IN_BED, LIVE
from domain.places.commands import replace_given
from domain.places.model import Hospital
from domain.places.times import expect_version, store
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.ids import new_id
from kit.work import Scope, Work

EARLIEST_BIRTH = date(1890, 1, 1)


@dataclass(frozen=True, kw_only=True)
class RegisterPatient(Command[Patient]):
    """Enter a person in a hospital's register. Identity is sealed before it is stored."""

    action = "patient.register"

    hospital_id: UUID
    identity: Identity
    identifiers: tuple[Identifier, ...] = ()
    sex: Sex = Sex.UNKNOWN
    birth_date: date | None = None
    weight_g: int | None = None
    privacy: bool = False
    sensitivity: tuple[str, ...] = ()

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> Patient:
        _require_body(work, self.birth_date, self.weight_g)
        patient = Patient(
            id=new_id(), hospital_id=self.hospital_id, sex=self.sex, birth_date=self.birth_date,
            weight_g=self.weight_g, privacy=self.privacy,
            sensitivity=sorted(set(self.sensitivity)),
        )  # fmt: skip
        seal_identity(work, patient, self.identity)
        store(work, patient)
        for identifier in self.identifiers:
            add_identifier(work, patient, identifier)
        work.subjects.add(patient.subject)
        work.emit("PatientRegistered", patient.scope, patient=patient.id)
        return patient


@dataclass(frozen=True, kw_only=True)
class UpdatePatient(Command[Patient]):
    """Change what is known about a patient. What is left out stays, an empty text clears."""

    action = "patient.update"

    patient_id: UUID
    identity: Identity | None = None
    sex: Sex | None = None
    birth_date: date | None = None
    weight_g: int | None = None
    privacy: bool | None = None
    sensitivity: tuple[str, ...] | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Patient, self.patient_id).scope

    def apply(self, work: Work) -> Patient:
        patient = present_patient(work, self.patient_id)
        expect_version(patient, self.version)
        _require_body(work, self.birth_date, self.weight_g)
        if self.identity is not None:
            seal_identity(work, patient, self.identity)
        replace_given(patient, sex=self.sex, birth_date=self.birth_date,
                      weight_g=self.weight_g, privacy=self.privacy)  # fmt: skip
        if self.sensitivity is not None:
            patient.sensitivity = sorted(set(self.sensitivity))
        tell_changed(work, patient)
        return patient


@dataclass(frozen=True, kw_only=True)
class AddIdentifier(Command[Patient]):
    """Give a patient one more number."""

    action = "patient.update"

    patient_id: UUID
    identifier: Identifier

    def scope(self, work: Work) -> Scope:
        return work.get(Patient, self.patient_id).scope

    def apply(self, work: Work) -> Patient:
        patient = present_patient(work, self.patient_id)
        add_identifier(work, patient, self.identifier)
        tell_changed(work, patient)
        return patient


@dataclass(frozen=True, kw_only=True)
class RetireIdentifier(Command[PatientIdentifier]):
    """Take a number from a patient, because it is wrong or no longer used."""

    action = "patient.update"

    patient_id: UUID
    identifier: Identifier

    def scope(self, work: Work) -> Scope:
        return work.get(Patient, self.patient_id).scope

    def apply(self, work: Work) -> PatientIdentifier:
        patient = present_patient(work, self.patient_id)
        taken = retire_identifier(work, patient, self.identifier.system, self.identifier.value,
                                  work.now)  # fmt: skip
        tell_changed(work, patient)
        return taken


@dataclass(frozen=True, kw_only=True)
class MergePatients(Command[Patient]):
    """Make two records of one person one: encounters, numbers and directives go to the survivor."""

    action = "patient.merge"

    survivor_id: UUID
    merged_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Patient, self.survivor_id).scope

    def apply(self, work: Work) -> Patient:
        survivor = present_patient(work, self.survivor_id)
        merged = present_patient(work, self.merged_id)
        if survivor.id == merged.id or survivor.hospital_id != merged.hospital_id:
            raise Invalid("name two records of one hospital", field="mergedId")
        _require_one_bed(work, survivor, merged)
        encounters = select(Encounter).where(Encounter.patient_id == merged.id)
        for encounter in work.session.exec(encounters):
            encounter.patient_id = survivor.id
        numbers = select(PatientIdentifier).where(PatientIdentifier.patient_id == merged.id)
        for number in work.session.exec(numbers):
            number.patient_id = survivor.id
        said = select(ConsentDirective).where(ConsentDirective.patient_id == merged.id)
        for directive in work.session.exec(said):
            directive.patient_id = survivor.id
        merged.merged_into = survivor.id
        work.session.flush()
        work.subjects.update((survivor.subject, merged.subject))
        work.emit("PatientsMerged", survivor.scope, survivor=survivor.id, merged=merged.id)
        tell_changed(work, survivor)
        return survivor


def present_patient(work: Work, patient_id: UUID) -> Patient:
    """The patient. Raises Conflict that names the survivor of a merge, or says ERASED."""
    patient = work.get(Patient, patient_id)
    work.subjects.add(patient.subject)
    if patient.erased_at is not None:
        raise Conflict("this person was erased; register anew", reason="ERASED",
                       blocking=patient.id)  # fmt: skip
    if patient.merged_into is not None:
        raise Conflict(f"this record was merged into {patient.merged_into}; use that one",
                       reason="PATIENT_MERGED", blocking=patient.merged_into)  # fmt: skip
    return patient


def tell_changed(work: Work, patient: Patient) -> None:
    """Wake the screens of the hospital and of the wards where the patient is."""
    work.emit("PatientChanged", patient.scope, patient=patient.id)
    wards = work.session.exec(
        select(Encounter.ward_id)
        .where(Encounter.patient_id == patient.id, col(Encounter.status).in_(LIVE))
        .distinct()
    )
    for ward_id in wards:
        if ward_id is not None:
            work.emit("PatientChanged", Scope(patient.hospital_id, ward_id), patient=patient.id)


def _require_one_bed(work: Work, survivor: Patient, merged: Patient) -> None:
    """One person lies in one bed: two records in two beds are two people."""
    lying = work.session.exec(
        select(Encounter).where(
            col(Encounter.patient_id).in_([survivor.id, merged.id]),
            col(Encounter.status).in_(IN_BED),
        )
    ).all()
    if len({encounter.patient_id for encounter in lying}) == 2:
        other = next(one for one in lying if one.patient_id == merged.id)
        raise Conflict("both records lie in a bed now, so they are two people",
                       reason="BOTH_IN_BED", blocking=other.id)  # fmt: skip


def _require_body(work: Work, birth_date: date | None, weight_g: int | None) -> None:
    if birth_date is not None and not EARLIEST_BIRTH <= birth_date <= work.now.date():
        raise Invalid("a birth date lies between 1890 and today", field="birthDate")
    if weight_g is not None and not 100 <= weight_g <= 700_000:
        raise Invalid("a weight is 100 g to 700 kg", field="weightG")
