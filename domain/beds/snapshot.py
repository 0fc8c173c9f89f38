"""The beds of a place at one moment, in five statements, as plain rows: now or at any past time.

Everything that shows or plans beds reads through here, so all of it agrees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Row, Select
from sqlmodel import Session, col

from domain.beds.model import (
    Bed,
    BedBlock,
    BedHold,
    BedHygiene,
    BedRequest,
    BedStay,
    CleaningTask,
    RequestPhase,
    StayLeave,
)
from domain.patients.model import (
    Encounter,
    EncounterPhase,
    ExpectedDischarge,
    Patient,
    PlacementNeed,
)
from domain.places.model import Hospital, Room, Ward, WardStaffing
from domain.places.times import during

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Rows of one moment. `at` is None for now."""

    at: datetime | None
    wards: Sequence[AnyRow]
    beds: Sequence[AnyRow]
    stays: Sequence[AnyRow]
    holds: Sequence[AnyRow]
    requests: Sequence[AnyRow]


@dataclass(frozen=True, slots=True)
class Area:
    """A ward, or a hospital with all its wards."""

    hospital_id: UUID
    ward_id: UUID | None = None

    def has(self, model: Any) -> ColumnElement[bool]:
        """The rows of a table with both columns that lie here."""
        if self.ward_id is not None:
            return col(model.ward_id) == self.ward_id
        return col(model.hospital_id) == self.hospital_id


def snapshot(session: Session, area: Area, now: datetime, at: datetime | None) -> Snapshot:
    """What the database knows of the area at `at`; `now` tells which holds have run out."""

    def rows(query: Select[*tuple[Any, ...]]) -> Sequence[AnyRow]:
        return session.execute(query).all()

    return Snapshot(
        at=at,
        wards=rows(_wards(area, at)),
        beds=rows(_beds(area, at)),
        stays=rows(_stays(area, at)),
        holds=rows(_holds(area, at, now)),
        requests=rows(_requests(area, at)),
    )


def _wards(area: Area, at: datetime | None) -> Select[*tuple[Any, ...]]:
    columns: list[Any] = [
        col(Ward.id), col(Ward.code), col(Ward.name_zh), col(Ward.name_en),
        col(Ward.care_level), col(Ward.sex_policy), col(Ward.min_age), col(Ward.max_age),
        col(Ward.licensed_beds), col(WardStaffing.staffed_beds), col(Ward.hospital_id),
        col(Hospital.code).label("hospital_code"),
        col(Hospital.name_zh).label("hospital_name_zh"),
        col(Hospital.name_en).label("hospital_name_en"), col(Hospital.time_zone),
    ]  # fmt: skip
    staffed = sa.and_(col(WardStaffing.ward_id) == col(Ward.id), during(WardStaffing, at))
    here = (
        col(Ward.hospital_id) == area.hospital_id
        if area.ward_id is None
        else col(Ward.id) == area.ward_id
    )
    query = (
        sa.select(*columns)
        .join(Hospital, col(Hospital.id) == col(Ward.hospital_id))
        .outerjoin(WardStaffing, staffed)
        .where(here)
        .order_by(col(Ward.code))
    )
    if area.ward_id is None:
        query = query.where(_there(col(Ward.opened_at), col(Ward.closed_at), at))
    return query


def _beds(area: Area, at: datetime | None) -> Select[*tuple[Any, ...]]:
    columns: list[Any] = [
        col(Bed.id), col(Bed.ward_id), col(Bed.room_id), col(Bed.code), col(Bed.features),
        col(Bed.visible), col(Bed.censusable), col(Bed.version),
        col(Room.code).label("room_code"), col(Room.kind).label("room_kind"),
        col(Room.sex_policy).label("room_sex"), col(Room.equipment),
        col(BedHygiene.hygiene), col(BedHygiene.since).label("hygiene_since"),
        col(BedBlock.id).label("block_id"), col(BedBlock.kind).label("block_kind"),
        col(BedBlock.reason).label("block_reason"), col(BedBlock.expected_until),
        col(CleaningTask.id).label("task_id"), col(CleaningTask.kind).label("task_kind"),
        col(CleaningTask.priority), col(CleaningTask.since).label("task_since"),
        col(CleaningTask.assigned_at),
    ]  # fmt: skip
    query = sa.select(*columns).join(Room, col(Room.id) == col(Bed.room_id))
    for spell in (BedHygiene, BedBlock, CleaningTask):
        query = query.outerjoin(spell, sa.and_(col(spell.bed_id) == col(Bed.id), during(spell, at)))
    return query.where(area.has(Bed), _there(col(Bed.added_at), col(Bed.removed_at), at)).order_by(
        col(Bed.ward_id), col(Room.code), col(Bed.code)
    )


def _person() -> list[Any]:
    return [
        col(Encounter.id).label("encounter_id"), col(Encounter.specialty), col(Encounter.moves),
        col(Encounter.ward_id).label("encounter_ward_id"),
        col(Patient.id).label("patient_id"), col(Patient.hospital_id).label("patient_hospital_id"),
        col(Patient.subject), col(Patient.sex), col(Patient.birth_date), col(Patient.privacy),
        col(Patient.initials), col(Patient.family_zh_blind), col(Patient.family_en_blind),
        col(PlacementNeed.isolation), col(PlacementNeed.organism), col(PlacementNeed.side_room),
        col(PlacementNeed.care_level), col(PlacementNeed.required_equipment),
        col(PlacementNeed.preferred_equipment), col(PlacementNeed.needs_supervision),
        col(PlacementNeed.falls_risk), col(PlacementNeed.immunosuppressed),
        col(PlacementNeed.end_of_life), col(PlacementNeed.infection),
    ]  # fmt: skip


def _with_person(
    query: Select[*tuple[Any, ...]], spell: Any, at: datetime | None
) -> Select[*tuple[Any, ...]]:
    need = sa.and_(
        col(PlacementNeed.encounter_id) == col(spell.encounter_id), during(PlacementNeed, at)
    )
    return (
        query.join(Encounter, col(Encounter.id) == col(spell.encounter_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .outerjoin(PlacementNeed, need)
    )


def _stays(area: Area, at: datetime | None) -> Select[*tuple[Any, ...]]:
    columns: list[Any] = [
        col(BedStay.id), col(BedStay.bed_id), col(BedStay.ward_id), col(BedStay.since),
        col(BedStay.version), *_person(), col(ExpectedDischarge.expected_at),
        col(StayLeave.id).label("leave_id"), _status(at).label("status"),
    ]  # fmt: skip
    query = _with_person(sa.select(*columns).select_from(BedStay), BedStay, at)
    said = col(ExpectedDischarge.encounter_id) == col(BedStay.encounter_id)
    away = col(StayLeave.stay_id) == col(BedStay.id)
    query = query.outerjoin(ExpectedDischarge, sa.and_(said, during(ExpectedDischarge, at)))
    query = query.outerjoin(StayLeave, sa.and_(away, during(StayLeave, at)))
    if at is not None:
        page = col(EncounterPhase.encounter_id) == col(BedStay.encounter_id)
        query = query.outerjoin(EncounterPhase, sa.and_(page, during(EncounterPhase, at)))
    return query.where(area.has(BedStay), during(BedStay, at), col(BedStay.voided_at).is_(None))


def _status(at: datetime | None) -> Any:
    return col(Encounter.status) if at is None else col(EncounterPhase.status)


def _holds(area: Area, at: datetime | None, now: datetime) -> Select[*tuple[Any, ...]]:
    columns: list[Any] = [
        col(BedHold.id), col(BedHold.bed_id), col(BedHold.ward_id), col(BedHold.kind),
        col(BedHold.since), col(BedHold.expires_at), col(BedHold.request_id), *_person(),
    ]  # fmt: skip
    query = _with_person(sa.select(*columns).select_from(BedHold), BedHold, at)
    return query.where(
        area.has(BedHold), during(BedHold, at), col(BedHold.expires_at) > (at or now)
    )


def _requests(area: Area, at: datetime | None) -> Select[*tuple[Any, ...]]:
    """Now from the requests themselves, for a past moment from the page of that time."""
    said: Any = BedRequest if at is None else RequestPhase
    columns: list[Any] = [
        col(BedRequest.id), col(said.from_ward_id), col(said.target_ward_id),
        col(said.priority), col(said.needed_by), col(said.state), col(BedRequest.since),
        col(BedRequest.version), *_person(),
    ]  # fmt: skip
    query = _with_person(sa.select(*columns).select_from(BedRequest), BedRequest, at)
    if at is not None:
        page = col(RequestPhase.request_id) == col(BedRequest.id)
        query = query.join(RequestPhase, sa.and_(page, during(RequestPhase, at)))
    if area.ward_id is not None:
        here, wanted = col(said.from_ward_id) == area.ward_id, col(said.target_ward_id)
        query = query.where(sa.or_(wanted == area.ward_id, sa.and_(wanted.is_(None), here)))
    return query.where(
        col(BedRequest.hospital_id) == area.hospital_id, during(BedRequest, at)
    ).order_by(
        col(said.priority).desc(), col(said.needed_by).is_(None), col(said.needed_by),
        col(BedRequest.since), col(BedRequest.id),
    )  # fmt: skip


def _there(since: Any, until: Any, at: datetime | None) -> ColumnElement[bool]:
    if at is None:
        return sa.and_(until.is_(None))
    return sa.and_(since <= at, sa.or_(until.is_(None), until > at))
