"""Why a read is flagged. Names and numbers are compared by their blind indexes only.

A label (HL7 v3 CEL, EMP) or the privacy mark speaks for itself; an identifier in the system STAFF
that is the number of somebody who works there makes a colleague.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, col, select

from domain.accounts.model import Account, RoleBinding
from domain.break_glass.model import BreakGlass
from domain.patients.identity import identifier_blind
from domain.patients.model import CareAssignment, Encounter, Patient, PatientIdentifier
from domain.reviews.model import FlagKind
from domain.staff.model import StaffMember
from kit.blind import indexed
from kit.sealed import Vault
from kit.work import ActorKind

STAFF_SYSTEM = "STAFF"
CELEBRITY, EMPLOYEE = "CEL", "EMP"


@dataclass(frozen=True, slots=True)
class Read:
    """One disclosure as the record has it."""

    leaf: int
    at: datetime
    reader: UUID
    role: str
    subjects: tuple[UUID, ...]
    grants: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    kind: FlagKind
    hospital: UUID
    subject: UUID
    read: Read


@dataclass(frozen=True, slots=True)
class FlagRule:
    roles: frozenset[str]  # empty: whoever reads
    due: timedelta


@cache
def flag_rules() -> dict[FlagKind, FlagRule]:
    """By kind, from flags.csv. Raises ValueError for an unknown kind."""
    with Path(__file__).with_name("flags.csv").open(encoding="utf-8", newline="") as file:
        return {
            FlagKind(row["kind"]): FlagRule(
                frozenset(row["roles"].split()) - {"*"}, timedelta(hours=int(row["due_h"]))
            )
            for row in csv.DictReader(file)
        }


def flags_of(session: Session, vault: Vault, read: Read) -> Iterator[Flag]:
    """Of one read; none for programs, services and screens."""
    reader = session.get(Account, read.reader)
    if reader is None or reader.kind is not ActorKind.PERSON:
        return
    family = _family(session, read.reader)
    asked = select(Patient).where(col(Patient.subject).in_(read.subjects))
    for patient in session.exec(asked.order_by(col(Patient.id))):
        for kind in _kinds(session, vault, read, patient, family):
            roles = flag_rules()[kind].roles
            if not roles or read.role in roles:
                yield Flag(kind, patient.hospital_id, patient.subject, read)


def _kinds(
    session: Session, vault: Vault, read: Read, patient: Patient, family: frozenset[bytes]
) -> Iterator[FlagKind]:
    if EMPLOYEE in patient.sensitivity or _works_here(session, vault, patient):
        yield FlagKind.COLLEAGUE
    if patient.privacy or CELEBRITY in patient.sensitivity:
        yield FlagKind.VIP
    if family & (indexed(patient, "family_zh_blind") | indexed(patient, "family_en_blind")):
        yield FlagKind.SAME_FAMILY_NAME
    if _by_grant(session, read, patient):
        yield FlagKind.BREAK_GLASS
    elif not _related(session, read, patient):
        yield FlagKind.NO_CARE_RELATION


def _family(session: Session, account: UUID) -> frozenset[bytes]:
    """Blind indexes of the family name of whoever signs in with the account."""
    members = session.exec(select(StaffMember).where(StaffMember.account_id == account))
    return frozenset(
        one
        for member in members
        for name in ("family_zh_blind", "family_en_blind")
        for one in indexed(member, name)
    )


def _works_here(session: Session, vault: Vault, patient: Patient) -> bool:
    given = select(PatientIdentifier).where(
        PatientIdentifier.patient_id == patient.id, PatientIdentifier.system == STAFF_SYSTEM,
        col(PatientIdentifier.retired_at).is_(None),
    )  # fmt: skip
    blinds = {blind for one in session.exec(given) for blind in indexed(one, "blind")}
    if not blinds:
        return False
    numbers = select(StaffMember.number).where(StaffMember.hospital_id == patient.hospital_id)
    return any(
        identifier_blind(vault, STAFF_SYSTEM, one).sought in blinds for one in session.exec(numbers)
    )


def _by_grant(session: Session, read: Read, patient: Patient) -> bool:
    asked = select(BreakGlass.id).where(
        col(BreakGlass.id).in_(read.grants),
        or_(col(BreakGlass.subject) == patient.subject,
            col(BreakGlass.ward_id).in_(_wards(session, read, patient))),
    )  # fmt: skip
    return bool(read.grants) and session.exec(asked).first() is not None


def _related(session: Session, read: Read, patient: Patient) -> bool:
    """The reader treated the patient then, or had a role in the very ward where the patient was."""
    treats = select(CareAssignment.id).where(
        CareAssignment.account_id == read.reader, CareAssignment.subject == patient.subject,
        col(CareAssignment.since) <= read.at,
        or_(col(CareAssignment.until).is_(None), col(CareAssignment.until) > read.at),
    )  # fmt: skip
    if session.exec(treats).first() is not None:
        return True
    there = select(RoleBinding.id).where(
        RoleBinding.user_id == read.reader, col(RoleBinding.valid_from) <= read.at,
        or_(col(RoleBinding.valid_until).is_(None), col(RoleBinding.valid_until) > read.at),
        col(RoleBinding.ward_id).in_(_wards(session, read, patient)),
    )  # fmt: skip
    return session.exec(there).first() is not None


def _wards(session: Session, read: Read, patient: Patient) -> Sequence[UUID]:
    """Where the patient's encounters that had not ended before the read are, or last were."""
    asked = select(Encounter.ward_id).where(
        Encounter.subject == patient.subject,
        or_(col(Encounter.ended_at).is_(None), col(Encounter.ended_at) > read.at),
    )
    return [ward for ward in session.exec(asked) if ward is not None]
