"""Which hospital knows a patient who waits for a bed: the one that treated them last.

By finished episodes of the person, here and wherever a number that means the same everywhere finds
their record; without such a number, by the transfers that brought them or took them away.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from domain.beds.model import BedRequest
from domain.patients.model import Encounter, EncounterStatus, PatientIdentifier
from domain.transfers.model import Transfer
from domain.transfers.person import CARRIED
from domain.transfers.words import TransferState
from kit.blind import alike

DONE = (TransferState.ARRIVED, TransferState.COMPLETED)
_Known = tuple[UUID, datetime, UUID]  # encounter that waits, when, hospital


def knowing_hospitals(session: Session) -> dict[UUID, UUID]:
    """Encounter that waits for a bed → hospital; nobody who was never treated anywhere."""
    found: list[_Known] = []
    for asked in (*_episodes(), *_moved()):
        found += [(key, at, hospital) for key, at, hospital in session.execute(asked) if at]
    return {key: hospital for key, _, hospital in sorted(found)}


def _waiting(*columns: Any) -> Select[Any]:
    return (
        select(col(Encounter.id), *columns)
        .join(BedRequest, col(BedRequest.encounter_id) == col(Encounter.id))
        .where(col(BedRequest.until).is_(None))
    )


def _episodes() -> Iterator[Select[Any]]:
    """Episodes that ended with a discharge: under the same record, then under the same number."""
    before, mine, theirs = (
        aliased(Encounter),
        aliased(PatientIdentifier),
        aliased(PatientIdentifier),
    )
    ended = col(before.status) == EncounterStatus.DISCHARGED
    asked = _waiting(col(before.ended_at), col(before.hospital_id))
    yield asked.join(
        before, (col(before.patient_id) == col(Encounter.patient_id))
        & (col(before.id) != col(Encounter.id)) & ended,
    )  # fmt: skip
    for same_number in alike(theirs, mine, "blind"):
        yield (
            asked.join(mine, (col(mine.patient_id) == col(Encounter.patient_id)) & _carried(mine))
            .join(theirs, same_number & _carried(theirs) & (col(theirs.system) == col(mine.system))
                  & (col(theirs.patient_id) != col(mine.patient_id)))
            .join(before, (col(before.patient_id) == col(theirs.patient_id)) & ended)
        )  # fmt: skip


def _moved() -> Iterator[Select[Any]]:
    """Transfers of any episode under the same record: from where they came, to where they went."""
    other = aliased(Encounter)
    for episode, hospital in (
        (col(Transfer.receiving_encounter_id), col(Transfer.from_hospital_id)),
        (col(Transfer.encounter_id), col(Transfer.to_hospital_id)),
    ):
        yield (
            _waiting(col(Transfer.changed_at), hospital)
            .join(other, col(other.patient_id) == col(Encounter.patient_id))
            .join(Transfer, (episode == col(other.id)) & col(Transfer.state).in_(DONE))
        )


def _carried(row: Any) -> Any:
    return col(row.system).in_(CARRIED) & col(row.retired_at).is_(None)
