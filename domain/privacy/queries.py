"""Reads of legal holds and erasures, cut to the viewer's scopes."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from domain.patients.model import Patient
from domain.places.reach import within
from domain.privacy.model import Erasure, ErasureState, LegalHold
from kit.work import Scope


def legal_holds(
    session: Session, scopes: Sequence[Scope], *, limit: int, after: UUID | None = None
) -> Sequence[LegalHold]:
    """The newest first. A hold on the ledger belongs to the network."""
    here = within(scopes, col(LegalHold.hospital_id))
    asked = select(LegalHold).where(here).order_by(col(LegalHold.id).desc()).limit(limit)
    if after is not None:
        asked = asked.where(col(LegalHold.id) < after)
    return session.exec(asked).all()


def holding(session: Session, patients: Collection[UUID]) -> LegalHold | None:
    """A hold in force on one of the patients."""
    return session.exec(
        select(LegalHold)
        .where(col(LegalHold.patient_id).in_(patients), col(LegalHold.lifted_at).is_(None))
        .limit(1)
    ).first()


def records_of(session: Session, patient_id: UUID) -> list[Patient]:
    """A person's record and those that were merged into it, into these, and so on."""
    found: list[Patient] = []
    asked = select(Patient).where(Patient.id == patient_id)
    while records := session.exec(asked).all():
        found += records
        asked = select(Patient).where(col(Patient.merged_into).in_([one.id for one in records]))
    return found


def erasures(
    session: Session, scopes: Sequence[Scope], *, limit: int, after: UUID | None = None
) -> Sequence[Erasure]:
    """The newest first."""
    asked = select(Erasure).where(within(scopes, col(Erasure.hospital_id)))
    if after is not None:
        asked = asked.where(col(Erasure.id) < after)
    return session.exec(asked.order_by(col(Erasure.id).desc()).limit(limit)).all()


def approved(session: Session) -> Sequence[Erasure]:
    """Erasures whose keys are still to be destroyed, or to be scrubbed from the files."""
    asked = select(Erasure).where(Erasure.state == ErasureState.APPROVED)
    return session.exec(asked.order_by(col(Erasure.id))).all()
