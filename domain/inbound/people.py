"""From a sender's person and visit to our patient and encounter, registering the unknown."""

from uuid import UUID

from sqlmodel import col, select

from domain.inbound.doing import Doing
from domain.inbound.facts import Identifier, Name, Patient, Person, Visit
from domain.patients import commands
from domain.patients.commands import Identity, RegisterPatient, UpdatePatient
from domain.patients.identity import identifier_blind, visit_blind
from domain.patients.model import Encounter, EncounterClass, EncounterStatus, PatientIdentifier, Sex
from domain.patients.model import Patient as PatientRow
from kit.blind import same
from kit.errors import Conflict
from kit.work import Work

SEXES = {"F": Sex.FEMALE, "M": Sex.MALE}
CLASSES = {
    "I": EncounterClass.INPATIENT,
    "E": EncounterClass.EMERGENCY,
    "O": EncounterClass.OUTPATIENT,
    "P": EncounterClass.PREADMIT,
    "B": EncounterClass.OBSTETRICS,
    "R": EncounterClass.RECURRING,
}


def known_patient(
    work: Work, hospital_id: UUID, numbers: tuple[Identifier, ...], assigner: str
) -> PatientRow | None:
    """Who has these numbers here. Raises Conflict if they belong to different people."""
    found: dict[UUID, PatientRow] = {}
    for number in numbers:
        system = system_of(number, assigner)
        match = work.session.exec(
            select(PatientRow)
            .join(PatientIdentifier, col(PatientIdentifier.patient_id) == col(PatientRow.id))
            .where(
                PatientIdentifier.hospital_id == hospital_id,
                PatientIdentifier.system == system,
                same(
                    PatientIdentifier,
                    "blind",
                    identifier_blind(work.vault, system, number.value),
                ),
                col(PatientIdentifier.retired_at).is_(None),
            )
        ).first()
        if match is not None:
            found[match.id] = match
    if len(found) > 1:
        raise Conflict("the numbers in PID-3 belong to different patients here: merge or correct",
                       reason="IDENTIFIERS_DISAGREE", field="PID-3")  # fmt: skip
    return next(iter(found.values()), None)


def present(doing: Doing, person: Person) -> PatientRow:
    """The patient: as known, with the numbers that are new, or registered now."""
    numbers = _numbers(person, doing.assigner)
    known = known_patient(doing.work, doing.hospital_id, person.identifiers, doing.assigner)
    if known is None:
        known = doing.do(
            RegisterPatient(
                hospital_id=doing.hospital_id,
                identity=identity_of(person),
                sex=sex_of(person),
                birth_date=person.born,
                identifiers=numbers,
            )
        )
    else:
        for number in numbers:
            if not has_number(doing.work, known, number):
                doing.do(commands.AddIdentifier(patient_id=known.id, identifier=number))
    doing.patient = known
    return known


def update(doing: Doing, patient: PatientRow, person: Person) -> None:
    """Take over what the sender knows about the person; what it leaves out stays."""
    doing.do(
        UpdatePatient(
            patient_id=patient.id,
            identity=identity_of(person),
            birth_date=person.born,
            sex=SEXES.get(person.sex),
        )
    )


def has_number(work: Work, patient: PatientRow, number: commands.Identifier) -> bool:
    """True if the patient has this number already."""
    found = work.session.exec(
        select(PatientIdentifier.id).where(
            PatientIdentifier.patient_id == patient.id,
            PatientIdentifier.system == number.system,
            same(
                PatientIdentifier,
                "blind",
                identifier_blind(work.vault, number.system, number.value),
            ),
            col(PatientIdentifier.retired_at).is_(None),
        )
    )
    return found.first() is not None


def known_encounter(
    work: Work, hospital_id: UUID, told: Patient, patient: PatientRow | None
) -> Encounter | None:
    """By visit number; without one, by patient and time of admission, or the only live one."""
    if number := visit_number(told):
        return work.session.exec(
            select(Encounter).where(
                Encounter.hospital_id == hospital_id,
                same(Encounter, "visit_blind", visit_blind(work.vault, number)),
                Encounter.status != EncounterStatus.ERROR,
            )
        ).first()
    if patient is None:
        return None
    mine = work.session.exec(
        select(Encounter).where(
            Encounter.patient_id == patient.id, Encounter.status != EncounterStatus.ERROR
        )
    ).all()
    if told.visit.admitted_at is not None:
        return next((one for one in mine if one.arrived_at == told.visit.admitted_at), None)
    live = [one for one in mine if one.ended_at is None]
    return live[0] if len(live) == 1 else None


def visit_number(told: Patient) -> str:
    """PV1-19, else PID-18, else none."""
    number = told.visit.number or told.person.account
    return number.value if number else ""


def class_of(visit: Visit) -> EncounterClass:
    return CLASSES.get(visit.patient_class, EncounterClass.OTHER)


def sex_of(person: Person) -> Sex:
    return SEXES.get(person.sex, Sex.UNKNOWN)


def system_of(number: Identifier, assigner: str) -> str:
    """In which system a number is unique: its authority, else whoever sent it."""
    return number.authority or assigner


def identity_of(person: Person) -> Identity:
    """Names by script, the first of each; an empty field of the message says nothing."""
    zh = next((name for name in person.names if name.ideographic), None)
    en = next((name for name in person.names if not name.ideographic), None)
    return Identity(
        family_zh=_family(zh), given_zh=_given(zh), family_en=_family(en), given_en=_given(en),
        phone=person.phone or None, address=person.address or None,
    )  # fmt: skip


def _family(name: Name | None) -> str | None:
    return name.family if name else None


def _given(name: Name | None) -> str | None:
    return name.given if name else None


def _numbers(person: Person, assigner: str) -> tuple[commands.Identifier, ...]:
    return tuple(
        commands.Identifier(system=system_of(number, assigner), value=number.value)
        for number in person.identifiers
    )
