"""The beds of a place at one moment, in five statements, as plain rows: now or at any past time.

Everything that shows or plans beds reads through here, so all of it agrees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import BindParameter, ColumnElement, Row, Select
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
    FAMILY,
    Encounter,
    EncounterPhase,
    ExpectedDischarge,
    Patient,
    PlacementNeed,
)
from domain.places.model import Hospital, Room, Ward, WardStaffing
from domain.places.times import during, sometime
from kit.blind import columns_of

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


@dataclass(frozen=True, slots=True)
class _Kind:
    """Which statements are needed: of a ward or of a hospital, for now or for the past."""

    of_ward: bool
    past: bool

    @property
    def at(self) -> BindParameter[datetime] | None:
        return sometime("at") if self.past else None

    def has(self, hospital: Any, ward: Any) -> ColumnElement[bool]:
        """The rows with these columns that lie in the place."""
        place = ward if self.of_ward else hospital
        return col(place) == sa.bindparam("place")


def snapshot(session: Session, area: Area, now: datetime, at: datetime | None) -> Snapshot:
    """What the database knows of the area at `at`; `now` tells which holds have run out."""
    connection = session.connection()
    given = {"hospital": area.hospital_id, "place": area.ward_id or area.hospital_id,
             "moment": at or now} | ({} if at is None else {"at": at})  # fmt: skip
    rows = [
        connection.execute(statement, given).all()
        for statement in _statements(_Kind(area.ward_id is not None, at is not None))
    ]
    return Snapshot(at, *rows)


@cache
def _statements(kind: _Kind) -> tuple[Select[*tuple[Any, ...]], ...]:
    """Built once: building costs more than running."""
    return (_wards(kind), _beds(kind), _stays(kind), _holds(kind), _requests(kind))


def _wards(kind: _Kind) -> Select[*tuple[Any, ...]]:
    columns: list[Any] = [
        col(Ward.id), col(Ward.code), col(Ward.name_zh), col(Ward.name_en),
        col(Ward.care_level), col(Ward.sex_policy), col(Ward.min_age), col(Ward.max_age),
        col(Ward.licensed_beds), col(WardStaffing.staffed_beds), col(Ward.hospital_id),
        col(Hospital.code).label("hospital_code"),
        col(Hospital.name_zh).label("hospital_name_zh"),
        col(Hospital.name_en).label("hospital_name_en"), col(Hospital.time_zone),
    ]  # fmt: skip
    staffed = sa.and_(col(WardStaffing.ward_id) == col(Ward.id), during(WardStaffing, kind.at))
    query = (
        sa.select(*columns)
        .join(Hospital, col(Hospital.id) == col(Ward.hospital_id))
        .outerjoin(WardStaffing, staffed)
        .where(kind.has(Ward.hospital_id, Ward.id))
        .order_by(col(Ward.code))
    )
    if not kind.of_ward:
        query = query.where(_there(col(Ward.opened_at), col(Ward.closed_at), kind.at))
    return query


def _beds(kind: _Kind) -> Select[*tuple[Any, ...]]:
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
    at = kind.at
    query = sa.select(*columns).join(Room, col(Room.id) == col(Bed.room_id))
    for spell in (BedHygiene, BedBlock, CleaningTask):
        query = query.outerjoin(spell, sa.and_(col(spell.bed_id) == col(Bed.id), during(spell, at)))
    return query.where(
        kind.has(Bed.hospital_id, Bed.ward_id), _there(col(Bed.added_at), col(Bed.removed_at), at)
    ).order_by(col(Bed.ward_id), col(Room.code), col(Bed.code))


def _person() -> list[Any]:
    """Who it is, as far as room-mates and screens need to know."""
    return [
        col(Encounter.id).label("encounter_id"), col(Patient.id).label("patient_id"),
        col(Patient.hospital_id).label("patient_hospital_id"), col(Patient.subject),
        col(Patient.sex), col(Patient.birth_date), col(Patient.privacy), col(Patient.initials),
        *(col(getattr(Patient, each)) for name in FAMILY for each in columns_of(name)),
        col(PlacementNeed.isolation), col(PlacementNeed.organism),
    ]  # fmt: skip


def _need() -> list[Any]:
    """What else a plan must know of somebody who waits."""
    return [
        col(Encounter.specialty), col(Encounter.moves), col(PlacementNeed.side_room),
        col(PlacementNeed.care_level), col(PlacementNeed.required_equipment),
        col(PlacementNeed.preferred_equipment), col(PlacementNeed.needs_supervision),
        col(PlacementNeed.falls_risk), col(PlacementNeed.immunosuppressed),
        col(PlacementNeed.end_of_life), col(PlacementNeed.infection),
    ]  # fmt: skip


def _with_person(
    query: Select[*tuple[Any, ...]], spell: Any, at: BindParameter[datetime] | None
) -> Select[*tuple[Any, ...]]:
    need = sa.and_(
        col(PlacementNeed.encounter_id) == col(spell.encounter_id), during(PlacementNeed, at)
    )
    return (
        query.join(Encounter, col(Encounter.id) == col(spell.encounter_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .outerjoin(PlacementNeed, need)
    )


def _stays(kind: _Kind) -> Select[*tuple[Any, ...]]:
    at = kind.at
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
    return query.where(
        kind.has(BedStay.hospital_id, BedStay.ward_id),
        during(BedStay, at),
        col(BedStay.voided_at).is_(None),
    )


def _status(at: BindParameter[datetime] | None) -> Any:
    return col(Encounter.status) if at is None else col(EncounterPhase.status)


def _holds(kind: _Kind) -> Select[*tuple[Any, ...]]:
    at = kind.at
    columns: list[Any] = [
        col(BedHold.id), col(BedHold.bed_id), col(BedHold.ward_id), col(BedHold.kind),
        col(BedHold.since), col(BedHold.expires_at), col(BedHold.request_id), *_person(),
    ]  # fmt: skip
    query = _with_person(sa.select(*columns).select_from(BedHold), BedHold, at)
    return query.where(
        kind.has(BedHold.hospital_id, BedHold.ward_id),
        during(BedHold, at),
        col(BedHold.expires_at) > sometime("moment"),
    )


def _requests(kind: _Kind) -> Select[*tuple[Any, ...]]:
    """Now from the requests themselves, for a past moment from the page of that time."""
    at = kind.at
    said: Any = BedRequest if at is None else RequestPhase
    columns: list[Any] = [
        col(BedRequest.id), col(said.from_ward_id), col(said.target_ward_id),
        col(said.priority), col(said.needed_by), col(said.state), col(BedRequest.since),
        col(BedRequest.version), *_person(), *_need(),
    ]  # fmt: skip
    query = _with_person(sa.select(*columns).select_from(BedRequest), BedRequest, at)
    if at is not None:
        page = col(RequestPhase.request_id) == col(BedRequest.id)
        query = query.join(RequestPhase, sa.and_(page, during(RequestPhase, at)))
    if kind.of_ward:
        here, wanted = col(said.from_ward_id) == sa.bindparam("place"), col(said.target_ward_id)
        query = query.where(
            sa.or_(wanted == sa.bindparam("place"), sa.and_(wanted.is_(None), here))
        )
    return query.where(
        col(BedRequest.hospital_id) == sa.bindparam("hospital"), during(BedRequest, at)
    ).order_by(
        col(said.priority).desc(), col(said.needed_by).is_(None), col(said.needed_by),
        col(BedRequest.since), col(BedRequest.id),
    )  # fmt: skip


def _there(since: Any, until: Any, at: BindParameter[datetime] | None) -> ColumnElement[bool]:
    if at is None:
        return sa.and_(until.is_(None))
    return sa.and_(since <= at, sa.or_(until.is_(None), until > at))
