"""Reads of patients and encounters, cut to the viewer's scopes. Sealed fields stay sealed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from domain.patients.model import (
    CareAssignment,
    Encounter,
    EncounterPhase,
    EncounterStatus,
    ExpectedDischarge,
    Patient,
    PatientIdentifier,
    PlacementNeed,
)
from domain.patients.states import LIVE
from domain.places.reach import by_keyset, within
from domain.places.times import during
from kit.blind import Blinds, among, same
from kit.work import Scope

PAGE = 101  # one more than a page, to know whether there is another


def _patient_in(scopes: Sequence[Scope]) -> ColumnElement[bool]:
    """A hospital's scope sees its patients, a ward's those who are in the ward."""
    seen_there = exists().where(
        col(Encounter.patient_id) == col(Patient.id),
        col(Encounter.status).in_(LIVE),
        within(scopes, col(Encounter.hospital_id), col(Encounter.ward_id)),
    )
    return or_(within(scopes, col(Patient.hospital_id)), seen_there)


def patient(session: Session, scopes: Sequence[Scope], patient_id: UUID) -> Patient | None:
    """One patient, or None for an unknown and for a foreign one alike."""
    return session.exec(
        select(Patient).where(Patient.id == patient_id, _patient_in(scopes))
    ).first()


def subjects_of(session: Session, scopes: Sequence[Scope], patient_id: UUID) -> frozenset[UUID]:
    """What the ledger calls a patient of a hospital in the scopes, and the records merged into
    it; empty for an unknown and for a foreign one alike."""
    asked = select(Patient.subject).where(
        or_(col(Patient.id) == patient_id, col(Patient.merged_into) == patient_id),
        within(scopes, col(Patient.hospital_id)),
    )
    return frozenset(session.exec(asked))


def patients(
    session: Session,
    scopes: Sequence[Scope],
    *,
    hospital_id: UUID | None = None,
    family_blinds: Sequence[Blinds] | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[Patient]:
    """Patients by id, merged records left out; by family name through its blind
    indexes, one of each language."""
    query = select(Patient).where(
        _patient_in(scopes), col(Patient.merged_into).is_(None), by_keyset(Patient.id, after)
    )
    if hospital_id is not None:
        query = query.where(Patient.hospital_id == hospital_id)
    if family_blinds is not None:
        query = query.where(
            or_(
                among(Patient, "family_zh_blind", family_blinds),
                among(Patient, "family_en_blind", family_blinds),
            )
        )
    return session.exec(query.order_by(col(Patient.id)).limit(min(limit, PAGE))).all()


def patient_by_identifier(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, system: str, blind: Blinds
) -> Patient | None:
    """The patient who has this number now; `blind` comes from `identifier_blind`."""
    return session.exec(
        _numbered(hospital_id, system, blind).where(
            col(PatientIdentifier.retired_at).is_(None), _patient_in(scopes)
        )
    ).first()


def patient_with_identifier(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, system: str, blind: Blinds
) -> Patient | None:
    """The patient of a hospital in the scopes who has this number, else who had it last."""
    return session.exec(
        _numbered(hospital_id, system, blind)
        .where(within(scopes, col(Patient.hospital_id)))
        .order_by(col(PatientIdentifier.retired_at).desc().nulls_first())
    ).first()


def _numbered(hospital_id: UUID, system: str, blind: Blinds) -> SelectOfScalar[Patient]:
    """Who has, or had, this number."""
    return (
        select(Patient)
        .join(PatientIdentifier, col(PatientIdentifier.patient_id) == col(Patient.id))
        .where(
            PatientIdentifier.hospital_id == hospital_id,
            PatientIdentifier.system == system,
            same(PatientIdentifier, "blind", blind),
        )
    )


def identifiers(
    session: Session, scopes: Sequence[Scope], patient_id: UUID
) -> Sequence[PatientIdentifier]:
    """The patient's present numbers."""
    return session.exec(
        select(PatientIdentifier)
        .join(Patient, col(Patient.id) == col(PatientIdentifier.patient_id))
        .where(
            PatientIdentifier.patient_id == patient_id,
            col(PatientIdentifier.retired_at).is_(None),
            _patient_in(scopes),
        )
        .order_by(col(PatientIdentifier.system), col(PatientIdentifier.id))
    ).all()


def encounter(session: Session, scopes: Sequence[Scope], encounter_id: UUID) -> Encounter | None:
    """One encounter, or None for an unknown and for a foreign one alike."""
    here = within(scopes, col(Encounter.hospital_id), col(Encounter.ward_id))
    return session.exec(select(Encounter).where(Encounter.id == encounter_id, here)).first()


def encounter_by_visit(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, blind: Blinds
) -> Encounter | None:
    """The encounter with this visit number; `blind` comes from `visit_blind`."""
    return session.exec(
        select(Encounter).where(
            Encounter.hospital_id == hospital_id,
            same(Encounter, "visit_blind", blind),
            Encounter.status != EncounterStatus.ERROR,
            within(scopes, col(Encounter.hospital_id), col(Encounter.ward_id)),
        )
    ).first()


def encounters(
    session: Session,
    scopes: Sequence[Scope],
    *,
    patient_id: UUID | None = None,
    ward_id: UUID | None = None,
    status: Sequence[EncounterStatus] = (),
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[Encounter]:
    """Encounters by id."""
    query = select(Encounter).where(
        within(scopes, col(Encounter.hospital_id), col(Encounter.ward_id)),
        by_keyset(Encounter.id, after),
    )
    if patient_id is not None:
        query = query.where(Encounter.patient_id == patient_id)
    if ward_id is not None:
        query = query.where(Encounter.ward_id == ward_id)
    if status:
        query = query.where(col(Encounter.status).in_(status))
    return session.exec(query.order_by(col(Encounter.id)).limit(min(limit, PAGE))).all()


def placement_need(
    session: Session, scopes: Sequence[Scope], encounter_id: UUID, at: datetime | None = None
) -> PlacementNeed | None:
    """What the patient needed of a bed at `at`, as known today."""
    return session.exec(
        select(PlacementNeed)
        .join(Encounter, col(Encounter.id) == col(PlacementNeed.encounter_id))
        .where(
            PlacementNeed.encounter_id == encounter_id,
            during(PlacementNeed, at),
            within(scopes, col(Encounter.hospital_id), col(Encounter.ward_id)),
        )
    ).first()


def expected_discharges(
    session: Session, scopes: Sequence[Scope], encounter_id: UUID
) -> Sequence[ExpectedDischarge]:
    """Every date that was said, with its author and time, first to last."""
    return session.exec(
        select(ExpectedDischarge)
        .join(Encounter, col(Encounter.id) == col(ExpectedDischarge.encounter_id))
        .where(
            ExpectedDischarge.encounter_id == encounter_id,
            within(scopes, col(Encounter.hospital_id), col(Encounter.ward_id)),
        )
        .order_by(col(ExpectedDischarge.since))
    ).all()


def status_at(session: Session, encounter_id: UUID, at: datetime) -> EncounterStatus | None:
    """The encounter's status at a moment; None before it began."""
    phase = session.exec(
        select(EncounterPhase).where(
            EncounterPhase.encounter_id == encounter_id, during(EncounterPhase, at)
        )
    ).first()
    return None if phase is None else phase.status


def treats(session: Session, account_id: UUID) -> frozenset[UUID]:
    """The subjects whom this person treats now."""
    found = session.exec(
        select(CareAssignment.subject).where(
            CareAssignment.account_id == account_id, col(CareAssignment.until).is_(None)
        )
    )
    return frozenset(found)
