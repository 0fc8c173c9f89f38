"""How an accepted patient becomes known to the receiving hospital: under its own key and number.

What was sealed for the sending hospital is opened in this one transaction and sealed again for
the receiving one, so neither can open the other's copy. The ledger names both and the fields.
"""

from typing import Any

from sqlalchemy import and_
from sqlmodel import col, select

from domain.patients.commands import (
    Identifier,
    Identity,
    RegisterEncounter,
    RegisterPatient,
    StatePlacementNeed,
)
from domain.patients.episodes import present_need
from domain.patients.identity import identifier_place, patient_place
from domain.patients.model import Encounter, EncounterStatus, Patient, PatientIdentifier
from domain.transfers.model import Transfer
from domain.transfers.sides import across
from kit.blind import shared
from kit.work import Work

CARRIED = ("NATIONAL",)  # numbers that mean the same in every hospital; record numbers do not
TOLD = ("family_zh", "given_zh", "family_en", "given_en", "phone", "address")
NEEDS = (
    "isolation", "organism", "side_room", "care_level", "required_equipment",
    "preferred_equipment", "needs_supervision", "falls_risk", "immunosuppressed", "end_of_life",
    "infection",
)  # fmt: skip


def expect_person(work: Work, transfer: Transfer, sent: Encounter) -> Encounter:
    """A PLANNED encounter at the receiving hospital, of the same person with the same needs."""
    there = across(work, transfer.from_hospital_id)
    patient = _known_here(work, transfer, sent) or _registered(work, transfer, there, sent)
    expected = work.perform(RegisterEncounter(
        patient_id=patient.id, status=EncounterStatus.PLANNED, specialty=sent.specialty,
        encounter_class=sent.encounter_class,
    ))  # fmt: skip
    need = present_need(there, sent.id)
    if need is not None:
        stated: dict[str, Any] = {name: getattr(need, name) for name in NEEDS}
        lists = ("required_equipment", "preferred_equipment")
        stated |= {name: tuple(stated[name]) for name in lists}
        work.perform(StatePlacementNeed(encounter_id=expected.id, **stated))
    return expected


def _known_here(work: Work, transfer: Transfer, sent: Encounter) -> Patient | None:
    """The person's own record here, found by a number that means the same everywhere."""
    theirs = and_(
        col(PatientIdentifier.patient_id) == sent.patient_id,
        col(PatientIdentifier.system).in_(CARRIED),
        col(PatientIdentifier.retired_at).is_(None),
    )
    return work.session.exec(
        select(Patient)
        .join(PatientIdentifier, col(PatientIdentifier.patient_id) == col(Patient.id))
        .where(
            PatientIdentifier.hospital_id == transfer.to_hospital_id,
            col(PatientIdentifier.system).in_(CARRIED),
            shared(PatientIdentifier, "blind", theirs),
            col(PatientIdentifier.retired_at).is_(None),
            col(Patient.merged_into).is_(None),
        )
    ).first()


def _registered(work: Work, transfer: Transfer, there: Work, sent: Encounter) -> Patient:
    person = there.get(Patient, sent.patient_id)
    return work.perform(RegisterPatient(
        hospital_id=transfer.to_hospital_id, sex=person.sex, birth_date=person.birth_date,
        weight_g=person.weight_g, privacy=person.privacy, sensitivity=tuple(person.sensitivity),
        identity=Identity(**{name: _opened(work, person, name) for name in TOLD}),
        identifiers=tuple(_numbers(work, person)),
    ))  # fmt: skip


def _opened(work: Work, person: Patient, column: str) -> str | None:
    sealed = getattr(person, column)
    return None if sealed is None else work.open(sealed, patient_place(person, column))


def _numbers(work: Work, person: Patient) -> list[Identifier]:
    rows = work.session.exec(
        select(PatientIdentifier).where(
            PatientIdentifier.patient_id == person.id,
            col(PatientIdentifier.system).in_(CARRIED),
            col(PatientIdentifier.retired_at).is_(None),
        )
    )
    return [
        Identifier(system=row.system, value=work.open(row.value, identifier_place(row)))
        for row in rows
    ]
