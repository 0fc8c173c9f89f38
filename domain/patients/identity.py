"""Sealing and opening of who a patient is."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from domain.patients.model import Patient, PatientIdentifier
from domain.places.times import store
from kit.blind import Blinds, put, same
from kit.errors import Conflict, Invalid
from kit.ids import new_id
from kit.sealed import Sealed, SealedPlace, Vault
from kit.work import Work

LONGEST = {"phone": 64, "address": 500, "notes": 4000}  # characters; names: 120
SEALED_FIELDS = (
    "family_zh", "given_zh", "family_en", "given_en", "initials", "phone", "address", "notes",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who a patient is. None leaves a field as it was, an empty text clears it."""

    family_zh: str | None = None
    given_zh: str | None = None
    family_en: str | None = None
    given_en: str | None = None
    phone: str | None = None
    address: str | None = None
    notes: str | None = None


@dataclass(frozen=True, kw_only=True)
class Identifier:
    """A number in a system, such as MRN or NATIONAL."""

    system: str
    value: str


def patient_place(patient: Patient, column: str) -> SealedPlace:
    """Where a sealed field of a patient lives."""
    return SealedPlace(patient.hospital_id, "patient", column, patient.id, patient.subject)


def identifier_place(identifier: PatientIdentifier) -> SealedPlace:
    """Where the sealed value of an identifier lives."""
    return SealedPlace(identifier.hospital_id, "patient_identifier", "value", identifier.id,
                       identifier.subject)  # fmt: skip


def visit_place(hospital_id: UUID, encounter_id: UUID, subject: UUID) -> SealedPlace:
    """Where the sealed visit number of an encounter lives."""
    return SealedPlace(hospital_id, "encounter", "visit_number", encounter_id, subject)


def seal_identity(work: Work, patient: Patient, identity: Identity) -> None:
    """Seal the given fields into the patient, with blind indexes of the family names."""
    given = {f.name: _clean(f.name, getattr(identity, f.name)) for f in fields(identity)}
    for column, value in given.items():
        if value is not None:
            setattr(patient, column, _sealed(work, patient, column, value))
    for column in ("family_zh", "family_en"):
        value = given[column]
        if value is not None:
            put(patient, f"{column}_blind", family_blind(work.vault, column, value))
    names = ("family_zh", "given_zh", "family_en", "given_en")
    if any(given[name] is not None for name in names):
        whole = {name: _known(work, patient, name, given[name]) for name in names}
        patient.initials = _sealed(work, patient, "initials", initials_of(whole))


def initials_of(names: Mapping[str, str]) -> str:
    """What a screen may show: 王某某 in Chinese, else W. L."""
    if names["family_zh"]:
        return names["family_zh"] + "某" * min(len(names["given_zh"]), 2)
    parts = (names["given_en"], names["family_en"])
    return " ".join(f"{part[0].upper()}." for part in parts if part)


def family_blind(vault: Vault, column: str, name: str) -> Blinds | None:
    """The blind index of a family name; None for an empty one."""
    return vault.blind(name, f"patient.{column}") if name else None


def identifier_blind(vault: Vault, system: str, value: str) -> Blinds:
    """The blind index of a number: blanks and hyphens make no difference."""
    bare = "".join(mark for mark in value if not mark.isspace() and mark != "-")
    return vault.blind(f"{system}\n{bare}", "patient_identifier.value")


def visit_blind(vault: Vault, number: str) -> Blinds:
    """The blind index of a visit number."""
    return vault.blind(number.strip(), "encounter.visit_number")


def add_identifier(work: Work, patient: Patient, identifier: Identifier) -> None:
    """Give the patient a number. Raises Conflict if another patient here has it."""
    _require_identifier(identifier)
    blind = identifier_blind(work.vault, identifier.system, identifier.value)
    known = work.session.exec(
        select(PatientIdentifier).where(
            PatientIdentifier.hospital_id == patient.hospital_id,
            PatientIdentifier.system == identifier.system,
            same(PatientIdentifier, "blind", blind),
            col(PatientIdentifier.retired_at).is_(None),
        )
    ).first()
    if known is not None:
        if known.patient_id == patient.id:
            return
        raise Conflict(
            f"patient {known.patient_id} has this number in {identifier.system}; merge or correct",
            reason="IDENTIFIER_TAKEN", field="identifiers", blocking=known.patient_id,
        )  # fmt: skip
    key = new_id()
    place = SealedPlace(patient.hospital_id, "patient_identifier", "value", key, patient.subject)
    made = PatientIdentifier(
        id=key, hospital_id=patient.hospital_id, patient_id=patient.id, subject=patient.subject,
        system=identifier.system, value=work.seal(identifier.value.strip(), place),
    )  # fmt: skip
    put(made, "blind", blind)
    store(work, made)


def retire_identifier(
    work: Work, patient: Patient, system: str, value: str, at: datetime
) -> PatientIdentifier:
    """Take a number from the patient. Raises Conflict if it is not the patient's."""
    blind = identifier_blind(work.vault, system, value)
    known = work.session.exec(
        select(PatientIdentifier).where(
            PatientIdentifier.patient_id == patient.id, PatientIdentifier.system == system,
            same(PatientIdentifier, "blind", blind), col(PatientIdentifier.retired_at).is_(None),
        )
    ).first()  # fmt: skip
    if known is None:
        raise Conflict("the patient does not have this number", reason="NO_SUCH_IDENTIFIER",
                       field="value")  # fmt: skip
    known.retired_at = at
    return known


def _sealed(work: Work, patient: Patient, column: str, value: str) -> Sealed | None:
    return work.seal(value, patient_place(patient, column)) if value else None


def _known(work: Work, patient: Patient, column: str, given: str | None) -> str:
    if given is not None:
        return given
    sealed: Sealed | None = getattr(patient, column)
    return "" if sealed is None else work.open(sealed, patient_place(patient, column))


def _clean(column: str, value: str | None) -> str | None:
    if value is None:
        return None
    text = unicodedata.normalize("NFC", value).strip()
    longest = LONGEST.get(column, 120)
    if len(text) > longest:
        raise Invalid(f"at most {longest} characters", field=f"identity.{column}")
    if column != "notes" and any(unicodedata.category(mark) == "Cc" for mark in text):
        raise Invalid("no control characters", field=f"identity.{column}")
    return text


def _require_identifier(identifier: Identifier) -> None:
    if not (0 < len(identifier.system) <= 64 and identifier.system.isprintable()):
        raise Invalid("a system has 1 to 64 characters", field="identifiers.system")
    if not 0 < len(identifier.value.strip()) <= 64:
        raise Invalid("a number has 1 to 64 characters", field="identifiers.value")
