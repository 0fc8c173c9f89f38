"""The counts behind a status: six statements for any number of wards, built once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.beds.model import (
    Bed,
    BedBlock,
    BedHold,
    BedHygiene,
    BedRequest,
    BedStay,
    CleaningTask,
    Hygiene,
)
from domain.devices.model import Device, DeviceAttachment
from domain.patients.model import (
    CareAssignment,
    Isolation,
    PlacementNeed,
)
from domain.places.model import Hospital, Ward, WardStaffing
from domain.places.times import sometime
from domain.staff.roster_model import Duty, DutyState

AnyRow = sa.Row[*tuple[Any, ...]]
RECENT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows with a ward and a hospital each; `None` as the ward is the hospital itself."""

    wards: Sequence[AnyRow]
    beds: Sequence[AnyRow]
    requests: Sequence[AnyRow]
    tasks: Sequence[AnyRow]
    carers: Sequence[AnyRow]
    on_duty: Sequence[AnyRow]
    devices: Sequence[AnyRow]
    recorded: Sequence[AnyRow]


def counts(
    session: Session, hospital_ids: Sequence[UUID], ward_id: UUID | None, now: datetime
) -> Counts:
    """What there is in these hospitals, or in one ward of them, now."""
    connection = session.connection()
    places = list(hospital_ids) if ward_id is None else [ward_id]
    given = {"places": places, "hospitals": list(hospital_ids), "moment": now,
             "recent": now - RECENT}  # fmt: skip
    rows = [
        connection.execute(statement, given).all()
        for statement in _statements(of_ward=ward_id is not None)
    ]
    return Counts(*rows)


@cache
def _statements(*, of_ward: bool) -> tuple[sa.Select[*tuple[Any, ...]], ...]:
    def has(model: Any, ward: Any = None) -> sa.ColumnElement[bool]:
        place = (col(model.ward_id) if ward is None else ward) if of_ward else col(
            model.hospital_id
        )  # fmt: skip
        return place.in_(_given("places"))

    return (
        _wards(has), _beds(has), _requests(has), _tasks(has), _carers(has), _on_duty(has),
        _devices(has), _recorded(),
    )  # fmt: skip


def _given(name: str) -> Any:
    return sa.bindparam(name, expanding=True)


def _wards(has: Any) -> sa.Select[*tuple[Any, ...]]:
    staffed = sa.and_(
        col(WardStaffing.ward_id) == col(Ward.id), col(WardStaffing.until).is_(None)
    )  # fmt: skip
    columns: list[Any] = [
        col(Ward.id), col(Ward.hospital_id), col(Ward.code), col(Ward.name_zh), col(Ward.name_en),
        col(Ward.care_level), col(Ward.licensed_beds), col(WardStaffing.staffed_beds),
        col(Hospital.code).label("hospital_code"), col(Hospital.name_zh).label("hospital_zh"),
        col(Hospital.name_en).label("hospital_en"), col(Hospital.time_zone),
        col(Hospital.latitude), col(Hospital.longitude), col(Hospital.id).label("hospital"),
    ]  # fmt: skip
    here = sa.and_(col(Ward.hospital_id) == col(Hospital.id), col(Ward.closed_at).is_(None))
    return (
        sa.select(*columns)
        .select_from(Hospital)
        .outerjoin(Ward, sa.and_(here, has(Ward, col(Ward.id))))
        .outerjoin(WardStaffing, staffed)
        .where(col(Hospital.id).in_(_given("hospitals")))
        .order_by(col(Hospital.code), col(Ward.code))
    )


def _beds(has: Any) -> sa.Select[*tuple[Any, ...]]:
    lies = sa.and_(
        col(BedStay.bed_id) == col(Bed.id), col(BedStay.until).is_(None),
        col(BedStay.voided_at).is_(None),
    )  # fmt: skip
    holds = sa.and_(
        col(BedHold.bed_id) == col(Bed.id), col(BedHold.until).is_(None),
        col(BedHold.expires_at) > sometime("moment"),
    )  # fmt: skip
    taken, held = col(BedStay.id).is_not(None), col(BedHold.id).is_not(None)
    each = sa.select(
        col(Bed.ward_id), _shown(taken, held).label("shown"), col(Bed.censusable),
        col(Bed.room_id).in_(_isolated_rooms()).label("co_blocked"), taken.label("taken"),
        held.label("kept"), col(BedBlock.id).is_(None).label("in_service"),
    ).select_from(Bed)  # fmt: skip
    for spell in (BedHygiene, BedBlock):
        now = sa.and_(col(spell.bed_id) == col(Bed.id), col(spell.until).is_(None))
        each = each.outerjoin(spell, now)
    each = each.outerjoin(BedStay, lies).outerjoin(BedHold, holds)
    bed = each.where(has(Bed), col(Bed.removed_at).is_(None)).subquery().c
    return sa.select(
        bed.ward_id, bed.shown, bed.co_blocked, sa.func.count().label("beds"),
        _many(sa.and_(bed.censusable, bed.taken)).label("occupied"),
        _many(sa.and_(bed.censusable, sa.or_(bed.taken, bed.in_service))).label("open"),
        _many(sa.and_(bed.censusable, sa.or_(bed.taken, bed.kept))).label("in_use"),
        _many(sa.and_(bed.kept, sa.not_(bed.taken))).label("held"),
    ).group_by(bed.ward_id, bed.shown, bed.co_blocked)  # fmt: skip


def _shown(taken: Any, held: Any) -> Any:
    """As domain/beds/rules.py shows a bed: the first that fits."""
    hygiene = col(BedHygiene.hygiene)
    return sa.case(
        (taken, "OCCUPIED"),
        (col(BedBlock.id).is_not(None), sa.cast(col(BedBlock.kind), sa.String)),
        (hygiene == Hygiene.CONTAMINATED, "CONTAMINATED"),
        (hygiene.in_((Hygiene.CLEANING, Hygiene.SUSPENDED)), "CLEANING"),
        (sa.or_(hygiene == Hygiene.DIRTY, hygiene.is_(None)), "DIRTY"),
        (held, "HELD"),
        else_="READY",
    )


def _isolated_rooms() -> Any:
    """Rooms in which somebody lies, or is expected, who is isolated: the others are co-blocked."""
    found: list[Any] = []
    for spell in (BedStay, BedHold):
        needs = sa.and_(
            col(PlacementNeed.encounter_id) == col(spell.encounter_id),
            col(PlacementNeed.until).is_(None), col(PlacementNeed.isolation) != Isolation.NONE,
        )  # fmt: skip
        rooms = (
            sa.select(col(Bed.room_id))
            .join(spell, col(spell.bed_id) == col(Bed.id))
            .join(PlacementNeed, needs)
            .where(col(spell.until).is_(None), _live(spell))
        )
        found.append(rooms)
    return sa.union_all(*found)


def _live(spell: Any) -> sa.ColumnElement[bool]:
    if spell is BedStay:
        return col(BedStay.voided_at).is_(None)
    return col(BedHold.expires_at) > sometime("moment")


def _many(condition: Any) -> Any:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _requests(has: Any) -> sa.Select[*tuple[Any, ...]]:
    ward = sa.func.coalesce(col(BedRequest.target_ward_id), col(BedRequest.from_ward_id))
    return (
        sa.select(
            sa.type_coerce(ward, Ward.__table__.c.id.type).label("ward_id"),  # type: ignore[attr-defined]  # of every mapped class
            col(BedRequest.hospital_id), sa.func.count().label("waiting"),
            sa.func.min(col(BedRequest.since)).label("since"),
        )
        .where(has(BedRequest, ward), col(BedRequest.until).is_(None))
        .group_by(ward, col(BedRequest.hospital_id))
    )  # fmt: skip


def _tasks(has: Any) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            col(CleaningTask.ward_id), sa.func.min(col(CleaningTask.since)).label("since")
        )
        .where(has(CleaningTask), col(CleaningTask.until).is_(None))
        .group_by(col(CleaningTask.ward_id))
    )  # fmt: skip


def _carers(has: Any) -> sa.Select[*tuple[Any, ...]]:
    """Who treats somebody who lies here now: the staff that the house knows of.

    By the present stays, which are few, and not by the encounters, which grow without end.
    """
    return (
        sa.select(
            col(BedStay.ward_id), col(CareAssignment.hospital_id), col(CareAssignment.account_id)
        )
        .select_from(BedStay)
        .join(CareAssignment, col(CareAssignment.encounter_id) == col(BedStay.encounter_id))
        .where(
            has(BedStay), col(BedStay.until).is_(None), col(BedStay.voided_at).is_(None),
            col(CareAssignment.until).is_(None),
        )
        .distinct()
    )  # fmt: skip


def _on_duty(has: Any) -> sa.Select[*tuple[Any, ...]]:
    """How many stand in a published shift now; nobody is in two at a time."""
    return (
        sa.select(
            col(Duty.ward_id), col(Duty.hospital_id), sa.func.count().label("people"),
        )
        .where(
            has(Duty), col(Duty.state) == DutyState.PUBLISHED,
            col(Duty.since) <= sometime("moment"), col(Duty.until) > sometime("moment"),
        )
        .group_by(col(Duty.ward_id), col(Duty.hospital_id))
    )  # fmt: skip


def _devices(has: Any) -> sa.Select[*tuple[Any, ...]]:
    """Where a device is attached, else at its home."""
    attached = sa.and_(
        col(DeviceAttachment.device_id) == col(Device.id), col(DeviceAttachment.until).is_(None)
    )
    ward = sa.func.coalesce(col(DeviceAttachment.ward_id), col(Device.ward_id))
    return (
        sa.select(
            sa.type_coerce(ward, Ward.__table__.c.id.type).label("ward_id"),  # type: ignore[attr-defined]  # of every mapped class
            col(Device.hospital_id), col(Device.state), sa.func.count().label("devices"),
        )
        .select_from(Device)
        .outerjoin(DeviceAttachment, attached)
        .where(has(Device, ward))
        .group_by(ward, col(Device.hospital_id), col(Device.state))
    )  # fmt: skip


def _recorded() -> sa.Select[*tuple[Any, ...]]:
    """When a hospital last told anything about its beds, as far as a day back."""
    wards = sa.select(col(Ward.id)).where(col(Ward.hospital_id).in_(_given("hospitals")))
    recently = sa.or_(col(BedStay.until).is_(None), col(BedStay.until) > sometime("recent"))
    told = sa.union_all(
        *(
            sa.select(col(BedStay.hospital_id).label("hospital"), column.label("at")).where(
                col(BedStay.ward_id).in_(wards), recently
            )
            for column in (col(BedStay.recorded_at), col(BedStay.ended_recorded_at))
        ),
        sa.select(col(BedHygiene.hospital_id), col(BedHygiene.recorded_at)).where(
            col(BedHygiene.ward_id).in_(wards), col(BedHygiene.until).is_(None)
        ),
    ).subquery()
    return sa.select(told.c.hospital, sa.func.max(told.c.at).label("at")).group_by(told.c.hospital)
