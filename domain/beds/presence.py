"""Who is where now, for commands: the present stay, hold, request, block, task of a bed.

Every command asks these questions, so their statements are built once.
"""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from domain.beds.model import (
    Bed,
    BedBlock,
    BedHold,
    BedHygiene,
    BedRequest,
    BedStay,
    CleaningTask,
    HoldState,
)
from domain.beds.rules import Lying
from domain.patients.model import Encounter, Isolation, Patient, PlacementNeed, Sex
from domain.places.times import during, sometime
from kit.errors import Conflict
from kit.work import Work

RowT = TypeVar("RowT", bound=SQLModel)

_KEY: Any = sa.bindparam("key")
_AT = sometime("at")
_STAY: Any = select(BedStay).where(col(BedStay.voided_at).is_(None))
_LYING = _STAY.where(col(BedStay.until).is_(None))
_STAY_IN = _LYING.where(col(BedStay.bed_id) == _KEY)
_STAY_OF = _LYING.where(col(BedStay.encounter_id) == _KEY)
_STAY_AFTER = _STAY.where(
    col(BedStay.bed_id) == _KEY, (col(BedStay.until).is_(None)) | (col(BedStay.until) > _AT)
).order_by(col(BedStay.since))
_HELD = select(BedHold).where(BedHold.state == HoldState.ACTIVE)
_HOLD_ON = _HELD.where(col(BedHold.bed_id) == _KEY)
_HOLD_FOR = _HELD.where(col(BedHold.request_id) == _KEY)
_REQUEST_OF = select(BedRequest).where(
    col(BedRequest.encounter_id) == _KEY, col(BedRequest.until).is_(None)
)
_BLOCK = select(BedBlock).where(col(BedBlock.bed_id) == _KEY)
_BLOCK_NOW, _BLOCK_AT = (_BLOCK.where(during(BedBlock, at)) for at in (None, _AT))
_HYGIENE = select(BedHygiene).where(col(BedHygiene.bed_id) == _KEY)
_HYGIENE_NOW, _HYGIENE_AT = (_HYGIENE.where(during(BedHygiene, at)) for at in (None, _AT))
_TASK_ON = select(CleaningTask).where(
    col(CleaningTask.bed_id) == _KEY, col(CleaningTask.until).is_(None)
)
_NEED_OF = select(PlacementNeed).where(
    col(PlacementNeed.encounter_id) == _KEY, during(PlacementNeed, None)
)


def stay_in(work: Work, bed_id: UUID) -> BedStay | None:
    """The present stay in a bed."""
    return _first(work, _STAY_IN, key=bed_id)


def stay_of(work: Work, encounter_id: UUID) -> BedStay | None:
    """The present stay of an encounter."""
    return _first(work, _STAY_OF, key=encounter_id)


def require_stay(work: Work, encounter_id: UUID) -> BedStay:
    """The present stay of an encounter, or Conflict."""
    stay = stay_of(work, encounter_id)
    if stay is None:
        encounter = work.get(Encounter, encounter_id)
        raise Conflict(f"the patient lies in no bed; the encounter is {encounter.status}",
                       reason="NOT_IN_BED", blocking=encounter_id)  # fmt: skip
    return stay


def stay_that_counts_after(work: Work, bed_id: UUID, at: datetime) -> BedStay | None:
    """A stay in the bed that was under way at `at`, or began later."""
    return _first(work, _STAY_AFTER, key=bed_id, at=at)


def hold_on(work: Work, bed_id: UUID) -> BedHold | None:
    """The active hold on a bed, expired or not."""
    return _first(work, _HOLD_ON, key=bed_id)


def hold_for(work: Work, request_id: UUID) -> BedHold | None:
    """The active hold of a request."""
    return _first(work, _HOLD_FOR, key=request_id)


def request_of(work: Work, encounter_id: UUID) -> BedRequest | None:
    """The encounter's open request."""
    return _first(work, _REQUEST_OF, key=encounter_id)


def block_on(work: Work, bed_id: UUID, at: datetime | None = None) -> BedBlock | None:
    """The block or closure of a bed at `at`, or now."""
    if at is None:
        return _first(work, _BLOCK_NOW, key=bed_id)
    return _first(work, _BLOCK_AT, key=bed_id, at=at)


def hygiene_of(work: Work, bed_id: UUID, at: datetime | None = None) -> BedHygiene | None:
    """How clean a bed was at `at`, or is now; None before it was added."""
    if at is None:
        return _first(work, _HYGIENE_NOW, key=bed_id)
    return _first(work, _HYGIENE_AT, key=bed_id, at=at)


def task_on(work: Work, bed_id: UUID) -> CleaningTask | None:
    """The open cleaning task of a bed."""
    return _first(work, _TASK_ON, key=bed_id)


def require_bed(work: Work, bed_id: UUID) -> Bed:
    """The bed. Raises Conflict if it has been taken away."""
    bed = work.get(Bed, bed_id)
    if bed.removed_at is not None:
        raise Conflict(f"the bed was removed at {bed.removed_at.isoformat()}",
                       reason="BED_REMOVED", blocking=bed.id)  # fmt: skip
    return bed


def lying_in(work: Work, room_id: UUID) -> dict[UUID, Lying]:
    """Everybody in a room, by encounter: present stays and active holds."""
    rows = work.session.execute(_LYING_IN, {"key": room_id, "now": work.now})
    return {
        encounter: Lying(key, bed, sex, isolation or Isolation.NONE, organism)
        for key, bed, encounter, sex, isolation, organism in rows
    }


def as_newcomer(work: Work, bed: Bed, encounter: Encounter) -> Lying:
    """The patient as if lying in the bed already."""
    patient = work.get(Patient, encounter.patient_id)
    need = _first(work, _NEED_OF, key=encounter.id)
    return Lying(
        key=encounter.id,
        bed_id=bed.id,
        sex=Sex(patient.sex),
        isolation=need.isolation if need else Isolation.NONE,
        organism=need.organism if need else None,
    )


def beds_in_use(work: Work, ward_id: UUID) -> set[UUID]:
    """The censusable beds of a ward with a present stay or an active hold."""
    rows = work.session.execute(_BEDS_IN_USE, {"key": ward_id, "now": work.now})
    return {bed_id for (bed_id,) in rows}


def _first(work: Work, statement: SelectOfScalar[RowT], **values: object) -> RowT | None:
    return work.session.exec(statement, params=values).first()


def _used(*columns: str) -> tuple[Any, Any]:
    """Present stays, and holds that keep their bed now, each beside its bed."""
    stays = (
        sa.select(*(getattr(BedStay, column).label(column) for column in columns))
        .join(Bed, col(Bed.id) == col(BedStay.bed_id))
        .where(col(BedStay.until).is_(None), col(BedStay.voided_at).is_(None))
    )
    holds = (
        sa.select(*(getattr(BedHold, column).label(column) for column in columns))
        .join(Bed, col(Bed.id) == col(BedHold.bed_id))
        .where(col(BedHold.state) == HoldState.ACTIVE, col(BedHold.expires_at) > sometime("now"))
    )
    return stays, holds


def _everybody_in() -> Any:
    in_room = (one.where(col(Bed.room_id) == _KEY) for one in _used("id", "bed_id", "encounter_id"))
    here = sa.union_all(*in_room).subquery()
    need = sa.and_(
        col(PlacementNeed.encounter_id) == here.c.encounter_id, during(PlacementNeed, None)
    )
    return (
        sa.select(
            here.c.id, here.c.bed_id, here.c.encounter_id, col(Patient.sex),
            col(PlacementNeed.isolation), col(PlacementNeed.organism),
        )
        .join(Encounter, col(Encounter.id) == here.c.encounter_id)
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .outerjoin(PlacementNeed, need)
    )  # fmt: skip


_LYING_IN = _everybody_in()
_BEDS_IN_USE = sa.union_all(
    *(one.where(col(Bed.ward_id) == _KEY, col(Bed.censusable).is_(True)) for one in _used("bed_id"))
)
