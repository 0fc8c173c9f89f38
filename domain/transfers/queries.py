"""Reads of transfers, cut to the viewer's scopes: one's own, and those put to one's hospital."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlmodel import Session, col, select

from domain.patients.model import Encounter
from domain.places.distance import km_between
from domain.places.model import ApprovalModeSwitch, Hospital
from domain.places.reach import by_keyset, within
from domain.transfers.model import Consent, Transfer, TransferStep
from domain.transfers.states import OPEN_STATES
from domain.transfers.words import TransferState
from kit.errors import NotFound
from kit.work import Scope

PAGE = 101  # one more than a page, to know whether there is another


class Direction(StrEnum):
    """Seen from a hospital."""

    OUTGOING = "OUTGOING"
    INCOMING = "INCOMING"


@dataclass(frozen=True, slots=True)
class OtherHospital:
    """A hospital that may be asked; `km` is the great circle, None where a place is unknown."""

    hospital: Hospital
    km: float | None


def transfer(session: Session, scopes: Sequence[Scope], transfer_id: UUID) -> Transfer:
    """One transfer. Raises NotFound for an unknown and for a foreign one alike."""
    row = session.exec(select(Transfer).where(Transfer.id == transfer_id, _visible(scopes))).first()
    if row is None:
        raise NotFound.of("transfer", transfer_id)
    return row


def transfers(
    session: Session,
    scopes: Sequence[Scope],
    hospital_id: UUID,
    *,
    direction: Direction | None = None,
    states: Sequence[TransferState] = OPEN_STATES,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[Transfer]:
    """A hospital's transfers by id, out, in or both; open ones where no states are named."""
    sent, received = _sent(scopes), _received(scopes)
    sides = {
        Direction.OUTGOING: and_(col(Transfer.from_hospital_id) == hospital_id, sent),
        Direction.INCOMING: and_(col(Transfer.to_hospital_id) == hospital_id, received),
    }
    wanted = or_(*sides.values()) if direction is None else sides[direction]
    return session.exec(
        select(Transfer)
        .where(wanted, col(Transfer.state).in_(states), by_keyset(Transfer.id, after))
        .order_by(col(Transfer.id))
        .limit(min(limit, PAGE))
    ).all()


def steps(session: Session, found: Transfer, *, as_receiver: bool) -> Sequence[TransferStep]:
    """The history, first to last; the receiver's begins when it was asked."""
    query = select(TransferStep).where(TransferStep.transfer_id == found.id)
    if as_receiver:
        query = query.where(col(TransferStep.at) >= found.put_at).where(
            TransferStep.state != TransferState.REQUESTED
        )
    return session.exec(query.order_by(col(TransferStep.id))).all()


def consents(session: Session, scopes: Sequence[Scope], encounter_id: UUID) -> Sequence[Consent]:
    """What was said to a transfer of this patient, first to last."""
    return session.exec(
        select(Consent)
        .join(Encounter, col(Encounter.id) == col(Consent.encounter_id))
        .where(
            Consent.encounter_id == encounter_id,
            within(scopes, col(Encounter.hospital_id), col(Encounter.ward_id)),
        )
        .order_by(col(Consent.since))
    ).all()


def other_hospitals(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID
) -> list[OtherHospital]:
    """The hospitals that this one may ask, nearest first. Raises NotFound for a foreign one.

    That they exist is known in the whole network; nothing else of them is.
    """
    here = session.get(Hospital, hospital_id)
    if here is None or all(scope.hospital not in (None, hospital_id) for scope in scopes):
        raise NotFound.of("hospital", hospital_id)
    others = session.exec(select(Hospital).where(Hospital.id != hospital_id))
    found = [OtherHospital(one, km_between(here, one)) for one in others]
    return sorted(found, key=lambda one: (one.km is None, one.km or 0.0, one.hospital.code))


def mode_switches(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, limit: int = PAGE
) -> Sequence[ApprovalModeSwitch]:
    """When a hospital changed between PEACETIME and SURGE, the latest first."""
    return session.exec(
        select(ApprovalModeSwitch)
        .where(
            ApprovalModeSwitch.hospital_id == hospital_id,
            within(scopes, col(ApprovalModeSwitch.hospital_id)),
        )
        .order_by(col(ApprovalModeSwitch.id).desc())
        .limit(min(limit, PAGE))
    ).all()


def _visible(scopes: Sequence[Scope]) -> ColumnElement[bool]:
    return or_(_sent(scopes), _received(scopes))


def _sent(scopes: Sequence[Scope]) -> ColumnElement[bool]:
    """A ward sees the transfers of the patients who are in it."""
    in_ward = exists().where(
        col(Encounter.id) == col(Transfer.encounter_id),
        within(scopes, col(Encounter.hospital_id), col(Encounter.ward_id)),
    )
    return or_(within(scopes, col(Transfer.from_hospital_id)), in_ward)


def _received(scopes: Sequence[Scope]) -> ColumnElement[bool]:
    in_ward = exists().where(
        col(Encounter.id) == col(Transfer.receiving_encounter_id),
        within(scopes, col(Encounter.hospital_id), col(Encounter.ward_id)),
    )
    here = or_(within(scopes, col(Transfer.to_hospital_id)), in_ward)
    return and_(here, col(Transfer.put_at).is_not(None))
