"""Who is where now, for commands: the present stay, hold, request, block, task of a bed."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

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
from domain.places.times import during
from kit.errors import Conflict
from kit.work import Work


def stay_in(work: Work, bed_id: UUID) -> BedStay | None:
    """The present stay in a bed."""
    return work.session.exec(
        select(BedStay).where(
            BedStay.bed_id == bed_id, col(BedStay.until).is_(None), col(BedStay.voided_at).is_(None)
        )
    ).first()


def stay_of(work: Work, encounter_id: UUID) -> BedStay | None:
    """The present stay of an encounter."""
    return work.session.exec(
        select(BedStay).where(
            BedStay.encounter_id == encounter_id,
            col(BedStay.until).is_(None),
            col(BedStay.voided_at).is_(None),
        )
    ).first()


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
    return work.session.exec(
        select(BedStay)
        .where(
            BedStay.bed_id == bed_id,
            col(BedStay.voided_at).is_(None),
            (col(BedStay.until).is_(None)) | (col(BedStay.until) > at),
        )
        .order_by(col(BedStay.since))
    ).first()


def hold_on(work: Work, bed_id: UUID) -> BedHold | None:
    """The active hold on a bed, expired or not."""
    return work.session.exec(
        select(BedHold).where(BedHold.bed_id == bed_id, BedHold.state == HoldState.ACTIVE)
    ).first()


def hold_for(work: Work, request_id: UUID) -> BedHold | None:
    """The active hold of a request."""
    return work.session.exec(
        select(BedHold).where(BedHold.request_id == request_id, BedHold.state == HoldState.ACTIVE)
    ).first()


def request_of(work: Work, encounter_id: UUID) -> BedRequest | None:
    """The encounter's open request."""
    return work.session.exec(
        select(BedRequest).where(
            BedRequest.encounter_id == encounter_id, col(BedRequest.until).is_(None)
        )
    ).first()


def block_on(work: Work, bed_id: UUID, at: datetime | None = None) -> BedBlock | None:
    """The block or closure of a bed at `at`, or now."""
    return work.session.exec(
        select(BedBlock).where(BedBlock.bed_id == bed_id, during(BedBlock, at))
    ).first()


def hygiene_of(work: Work, bed_id: UUID, at: datetime | None = None) -> BedHygiene | None:
    """How clean a bed was at `at`, or is now; None before it was added."""
    return work.session.exec(
        select(BedHygiene).where(BedHygiene.bed_id == bed_id, during(BedHygiene, at))
    ).first()


def task_on(work: Work, bed_id: UUID) -> CleaningTask | None:
    """The open cleaning task of a bed."""
    return work.session.exec(
        select(CleaningTask).where(CleaningTask.bed_id == bed_id, col(CleaningTask.until).is_(None))
    ).first()


def require_bed(work: Work, bed_id: UUID) -> Bed:
    """The bed. Raises Conflict if it has been taken away."""
    bed = work.get(Bed, bed_id)
    if bed.removed_at is not None:
        raise Conflict(f"the bed was removed at {bed.removed_at.isoformat()}",
                       reason="BED_REMOVED", blocking=bed.id)  # fmt: skip
    return bed


def lying_in(work: Work, room_id: UUID) -> dict[UUID, Lying]:
    """Everybody in a room, by encounter: present stays and active holds."""
    stays: Any = (
        sa.select(col(BedStay.id).label("key"), col(BedStay.bed_id), col(BedStay.encounter_id))
        .join(Bed, col(Bed.id) == col(BedStay.bed_id))
        .where(col(Bed.room_id) == room_id, col(BedStay.until).is_(None),
               col(BedStay.voided_at).is_(None))
    )  # fmt: skip
    holds: Any = (
        sa.select(col(BedHold.id).label("key"), col(BedHold.bed_id), col(BedHold.encounter_id))
        .join(Bed, col(Bed.id) == col(BedHold.bed_id))
        .where(col(Bed.room_id) == room_id, col(BedHold.state) == HoldState.ACTIVE,
               col(BedHold.expires_at) > work.now)
    )  # fmt: skip
    here = sa.union_all(stays, holds).subquery()
    need = sa.and_(
        col(PlacementNeed.encounter_id) == here.c.encounter_id, during(PlacementNeed, None)
    )
    rows = work.session.execute(
        sa.select(
            here.c.key, here.c.bed_id, here.c.encounter_id, col(Patient.sex),
            col(PlacementNeed.isolation), col(PlacementNeed.organism),
        )
        .join(Encounter, col(Encounter.id) == here.c.encounter_id)
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .outerjoin(PlacementNeed, need)
    )  # fmt: skip
    return {
        encounter: Lying(key, bed, sex, isolation or Isolation.NONE, organism)
        for key, bed, encounter, sex, isolation, organism in rows
    }


def as_newcomer(work: Work, bed: Bed, encounter: Encounter) -> Lying:
    """The patient as if lying in the bed already."""
    patient = work.get(Patient, encounter.patient_id)
    need = work.session.exec(
        select(PlacementNeed).where(
            PlacementNeed.encounter_id == encounter.id, during(PlacementNeed, None)
        )
    ).first()
    return Lying(
        key=encounter.id,
        bed_id=bed.id,
        sex=Sex(patient.sex),
        isolation=need.isolation if need else Isolation.NONE,
        organism=need.organism if need else None,
    )


def beds_in_use(work: Work, ward_id: UUID) -> set[UUID]:
    """The censusable beds of a ward with a present stay or an active hold."""
    counted = (col(Bed.ward_id) == ward_id, col(Bed.censusable).is_(True))
    stays = (
        sa.select(col(BedStay.bed_id))
        .join(Bed, col(Bed.id) == col(BedStay.bed_id))
        .where(*counted, col(BedStay.until).is_(None), col(BedStay.voided_at).is_(None))
    )
    holds = (
        sa.select(col(BedHold.bed_id))
        .join(Bed, col(Bed.id) == col(BedHold.bed_id))
        .where(*counted, col(BedHold.state) == HoldState.ACTIVE, col(BedHold.expires_at) > work.now)
    )
    return {bed_id for (bed_id,) in work.session.execute(sa.union_all(stays, holds))}
