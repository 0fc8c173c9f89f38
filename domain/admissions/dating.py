"""Does a date fit the present: beds, company and staff of its nights, theatre of its day?"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from domain.admissions.model import AdmissionRequest, AdmissionState, TheatreSession
from domain.admissions.waiving import CROWDED, MIXED, Leave, leaves
from domain.beds.commands import ActivateRequest, HoldBed, RequestBed
from domain.beds.holds import LONGEST
from domain.beds.model import Bed, BedStay, RequestState
from domain.beds.placing import Placing, obstacles
from domain.beds.presence import request_of, stay_in
from domain.beds.waiver_model import Waiver
from domain.patients.model import Encounter, ExpectedDischarge, Patient, Sex
from domain.places.commands import require_open
from domain.places.model import Room, RoomSex, Ward
from domain.places.queries import staffed_beds
from domain.staff.days import today, zone_of
from kit.errors import Conflict, Invalid
from kit.work import Work

SOON = timedelta(days=2)  # within them a bed is held


def require_place(
    work: Work, asked: AdmissionRequest, room: Room, day: date, waiver_ids: Sequence[UUID] = ()
) -> None:
    """Raise the first thing that stands against the date and that no given waiver covers.

    Of rooms and wards a waiver counts for the nights it holds; it may be for this patient alone.
    """
    ward = work.get(Ward, room.ward_id)
    if ward.hospital_id != asked.hospital_id:
        raise Invalid("the room is in another hospital", field="roomId")
    require_open(ward)
    if not asked.earliest <= day <= asked.latest or day < today(
        work.session, asked.hospital_id, work.now
    ):
        raise Conflict(
            f"the date lies outside {asked.earliest.isoformat()} to {asked.latest.isoformat()},"
            " or in the past",
            reason="OUTSIDE_WINDOW", field="day", blocking=asked.id,
        )  # fmt: skip
    _require_theatre(work, asked, day)
    leaning = _leaning(work, asked, room, waiver_ids)
    _require_sex(work, asked, room, day, leaning)
    for night in range(asked.nights):
        _require_bed(work, asked, room, day + timedelta(days=night))
        _require_staff(work, asked, ward, day + timedelta(days=night), leaning)
    for one in leaning:
        work.emit("WaiverUsed", ward.scope, waiver=one.waiver_id, rule=one.rule)


def _leaning(
    work: Work, asked: AdmissionRequest, room: Room, waiver_ids: Sequence[UUID]
) -> Sequence[Leave]:
    zone = zone_of(work.session, asked.hospital_id)
    usable = {
        one.waiver_id: one
        for one in leaves(work.session, asked.hospital_id, work.now, zone, asked.encounter_id)
        if one.place in (room.id, room.ward_id)
    }
    for waiver_id in waiver_ids:
        if waiver_id not in usable:
            waiver = work.get(Waiver, waiver_id)
            raise Conflict(
                f"the waiver of {waiver.rule} does not cover this room now; leave it out or have"
                " another one given", reason="WAIVER_UNUSABLE", field="waivers",
                blocking=waiver.id,
            )  # fmt: skip
    return [usable[one] for one in waiver_ids]


def hold_soon(work: Work, row: AdmissionRequest, waivers: Sequence[UUID] = ()) -> None:
    """Hold a bed of the room where the date is near, by the ordinary commands."""
    if row.planned_on is None or row.ward_id is None:
        return
    if row.planned_on - today(work.session, row.hospital_id, work.now) > SOON:
        return
    request = request_of(work, row.encounter_id)
    if request is None:
        request = work.perform(
            RequestBed(encounter_id=row.encounter_id, target_ward_id=row.ward_id,
                       priority=row.priority)
        )  # fmt: skip
    if request.state is RequestState.HELD:
        return
    if request.state is RequestState.REQUESTED:
        work.perform(ActivateRequest(request_id=request.id))
    bed, used = _free_bed(work, row, waivers)
    work.perform(HoldBed(bed_id=bed.id, request_id=request.id, expires_at=work.now + LONGEST,
                         waivers=used))  # fmt: skip


def _free_bed(
    work: Work, row: AdmissionRequest, waivers: Sequence[UUID]
) -> tuple[Bed, tuple[UUID, ...]]:
    """The first bed that may be held, with the waivers that cover it."""
    encounter = work.get(Encounter, row.encounter_id)
    known = [work.get(Waiver, one) for one in waivers]
    for bed in _beds(work, row.room_id):
        placing = Placing(bed=bed, encounter=encounter, at=work.now, to_hold=True)
        mine = {one.rule: one.id for one in known if one.bed_id in (None, bed.id)}
        against = [rule for rule, _ in obstacles(work, placing)]
        if stay_in(work, bed.id) is None and all(rule in mine for rule in against):
            return bed, tuple(mine.values())
    raise Conflict("no bed of the room can be held now", reason="ROOM_FULL",
                   blocking=row.room_id)  # fmt: skip


def _beds(work: Work, room_id: object) -> Sequence[Bed]:
    return work.session.exec(
        select(Bed).where(Bed.room_id == room_id, col(Bed.removed_at).is_(None)).order_by(Bed.code)
    ).all()


def _others(work: Work, asked: AdmissionRequest) -> Sequence[AdmissionRequest]:
    """The hospital's other dated admissions."""
    return work.session.exec(
        select(AdmissionRequest).where(
            AdmissionRequest.hospital_id == asked.hospital_id,
            AdmissionRequest.state == AdmissionState.DATED,
            AdmissionRequest.id != asked.id,
        )
    ).all()


def _there(row: AdmissionRequest, night: date) -> bool:
    return row.planned_on is not None and 0 <= (night - row.planned_on).days < row.nights


def _lying(work: Work, night: date, zone: ZoneInfo, place: ColumnElement[bool]) -> int:
    """Who lies there now and is not expected to have left by that night."""
    found = work.session.exec(
        select(BedStay.id, ExpectedDischarge.expected_at)
        .outerjoin(
            ExpectedDischarge,
            (col(ExpectedDischarge.encounter_id) == col(BedStay.encounter_id))
            & col(ExpectedDischarge.until).is_(None),
        )
        .join(Bed, col(Bed.id) == col(BedStay.bed_id))
        .where(col(BedStay.until).is_(None), col(BedStay.voided_at).is_(None), place)
    )
    return sum(1 for _, leaves in found if leaves is None or leaves.astimezone(zone).date() > night)


def _require_bed(work: Work, asked: AdmissionRequest, room: Room, night: date) -> None:
    zone = zone_of(work.session, asked.hospital_id)
    taken = _lying(work, night, zone, col(Bed.room_id) == room.id)
    taken += sum(1 for o in _others(work, asked) if o.room_id == room.id and _there(o, night))
    if taken >= len(_beds(work, room.id)):
        raise Conflict(f"room {room.code} is full on {night.isoformat()}", reason="ROOM_FULL",
                       blocking=room.id)  # fmt: skip


def _require_staff(
    work: Work, asked: AdmissionRequest, ward: Ward, night: date, leaning: Sequence[Leave]
) -> None:
    zone = zone_of(work.session, asked.hospital_id)
    there = _lying(work, night, zone, col(Bed.ward_id) == ward.id)
    there += sum(1 for o in _others(work, asked) if o.ward_id == ward.id and _there(o, night))
    staffed = staffed_beds(work.session, ward.id)
    leave = [one.beds for one in leaning if one.covers(CROWDED, night, ward.id)]
    if 0 not in leave and there >= staffed + sum(leave):
        raise Conflict(f"staff is there for {staffed} on {night.isoformat()}",
                       reason="STAFFED_CAPACITY", blocking=ward.id)  # fmt: skip


def _require_theatre(work: Work, asked: AdmissionRequest, day: date) -> None:
    if not asked.theatre_minutes:
        return
    operated = day + timedelta(days=asked.theatre_day)
    session = work.session.exec(
        select(TheatreSession).where(
            TheatreSession.hospital_id == asked.hospital_id,
            TheatreSession.specialty == asked.specialty,
            TheatreSession.day == operated,
        )
    ).first()
    used = sum(
        other.theatre_minutes
        for other in _others(work, asked)
        if other.specialty == asked.specialty
        and other.planned_on is not None
        and other.planned_on + timedelta(days=other.theatre_day) == operated
    )
    minutes = session.minutes if session else 0
    if used + asked.theatre_minutes > minutes:
        raise Conflict(f"the theatre has {minutes} minutes, {used} of them taken",
                       reason="THEATRE_FULL", field="day",
                       blocking=session.id if session else asked.id)  # fmt: skip


def _require_sex(
    work: Work, asked: AdmissionRequest, room: Room, day: date, leaning: Sequence[Leave]
) -> None:
    """The room's own sex, or that of those who are dated into it for the same nights."""
    mine, ward_of = _sex(work, asked), room.ward_id
    nights = [day + timedelta(days=night) for night in range(asked.nights)]
    nights = [
        one
        for one in nights
        if not any(leave.covers(MIXED, one, room.id, ward_of) for leave in leaning)
    ]
    fixed = {RoomSex.FIXED_FEMALE: Sex.FEMALE, RoomSex.FIXED_MALE: Sex.MALE}.get(room.sex_policy)
    clash = fixed is not None and mine is not fixed and bool(nights)
    if room.sex_policy is RoomSex.DYNAMIC:
        clash = any(
            _sex(work, other) is not mine
            for other in _others(work, asked)
            if other.room_id == room.id and any(_there(other, night) for night in nights)
        )
    if clash:
        raise Conflict(f"room {room.code} is for the other sex then", reason="ROOM_SEX",
                       blocking=room.id)  # fmt: skip


def _sex(work: Work, row: AdmissionRequest) -> Sex:
    return work.get(Patient, work.get(Encounter, row.encounter_id).patient_id).sex
