"""Which legal hold keeps entries of the ledger: one over leaves, or one on a patient whom they
name."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, Uuid, column, table
from sqlmodel import Session, col, or_, select

from domain.patients.model import Encounter
from domain.privacy.archive_model import Pruning, PruningState
from domain.privacy.model import LegalHold
from domain.privacy.queries import records_of
from kit.errors import Conflict

# The sequencer's tables (audit/tables.py), of which the domain only asks who is named where.
_PERSON = table("ledger_person", column("person", Uuid), column("entry_id", BigInteger))
_LEAF = table("ledger_leaf", column("idx", BigInteger), column("entry_id", BigInteger),
              column("hash", LargeBinary))  # fmt: skip


def blocking_hold(session: Session, first_leaf: int, last_leaf: int) -> LegalHold | None:
    """A hold in force that keeps one of these leaves."""
    in_force = col(LegalHold.lifted_at).is_(None)
    over = session.exec(
        select(LegalHold)
        .where(
            in_force,
            col(LegalHold.first_leaf) <= last_leaf,
            or_(col(LegalHold.last_leaf).is_(None), col(LegalHold.last_leaf) >= first_leaf),
        )
        .limit(1)
    ).first()
    if over is not None:
        return over
    on_patients = select(LegalHold).where(in_force, col(LegalHold.patient_id).is_not(None))
    for hold in session.exec(on_patients.order_by(col(LegalHold.id))):
        if hold.patient_id and named_in(session, hold.patient_id, first_leaf, last_leaf):
            return hold
    return None


def named_in(session: Session, patient_id: UUID, first_leaf: int, last_leaf: int) -> bool:
    """Whether entries of these leaves name the patient, or a record that was merged into it."""
    records = records_of(session, patient_id)
    encounters = session.exec(
        select(Encounter.subject).where(col(Encounter.patient_id).in_([one.id for one in records]))
    )
    subjects = {*(one.subject for one in records), *encounters}
    asked = (
        select(_PERSON.c.entry_id)
        .select_from(_PERSON.join(_LEAF, _LEAF.c.entry_id == _PERSON.c.entry_id))
        .where(_PERSON.c.person.in_(subjects), _LEAF.c.idx.between(first_leaf, last_leaf))
        .limit(1)
    )
    return session.connection().execute(asked).first() is not None


def require_none_begun(session: Session, hold: LegalHold) -> None:
    """Raises Conflict where entries that the hold would keep are going already: they cannot be
    brought back, and a hold that is placed a moment too late must not look kept."""
    for pruning in _begun(session):
        if hold.patient_id is not None:
            too_late = named_in(session, hold.patient_id, pruning.first_leaf, pruning.last_leaf)
        else:
            last = pruning.last_leaf if hold.last_leaf is None else hold.last_leaf
            too_late = (hold.first_leaf or 0) <= pruning.last_leaf and last >= pruning.first_leaf
        if too_late:
            raise Conflict("leaves that it would keep are being pruned this minute; place it again",
                           reason="PRUNING_BEGUN", blocking=pruning.id)  # fmt: skip


def _begun(session: Session) -> Sequence[Pruning]:
    return session.exec(select(Pruning).where(Pruning.state == PruningState.BEGUN)).all()
