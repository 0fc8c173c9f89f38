"""Wards, rooms and beds that a file names and the hospital does not have yet: added before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.wiring import App
from domain.beds.commands import AddBed
from domain.beds.model import Bed
from domain.inbound.facts import Spot
from domain.inbound.spots import bed_code
from domain.places.commands import AddRoom, OpenWard, SetStaffedBeds, UpdateWard
from domain.places.model import Hospital, Room, RoomSex, Ward, WardStaffing
from kit.db import reading
from kit.work import Actor

CODE_LIMIT = 32  # characters; a longer code waits for a person to name it
ROOM = "1"  # of beds that name no room


@dataclass(slots=True)
class Wanted:
    """What is named, and since when it must have been there."""

    spots: set[Spot] = field(default_factory=set)
    since: datetime | None = None

    def add(self, spot: Spot, at: datetime) -> None:
        self.spots.add(Spot(spot.ward, spot.room, spot.bed))
        self.since = min(at, self.since or at)

    def wards(self) -> Iterator[tuple[str, list[Spot]]]:
        """Wards with the beds named in them, by code."""
        for ward in sorted({spot.ward for spot in self.spots if len(spot.ward) <= CODE_LIMIT}):
            beds = [spot for spot in self.spots if spot.ward == ward and spot.bed]
            fitting = [
                spot for spot in beds if max(len(bed_code(spot)), len(spot.room)) <= CODE_LIMIT
            ]
            yield ward, sorted(fitting, key=bed_code)


def make_places(app: App, actor: Actor, hospital: Hospital, wanted: Wanted) -> None:
    """Add what is missing. Nobody says how its rooms are used, so they take women and men."""
    for code, spots in wanted.wards():
        with reading(app.read_engine) as session:
            ward_id = _ward(session, hospital, code)
            there = _beds(session, ward_id) if ward_id else set()
        missing = [spot for spot in spots if bed_code(spot).lower() not in there]
        if ward_id is None:
            ward_id = app.pipeline.run(actor, OpenWard(
                hospital_id=hospital.id, code=code, name_zh=code, name_en=code,
                licensed_beds=0, staffed_beds=0, at=wanted.since,
            )).result.id  # fmt: skip
        if missing:
            add_beds(app, actor, ward_id, missing, wanted.since)


def add_beds(
    app: App, actor: Actor, ward_id: UUID, spots: list[Spot], since: datetime | None
) -> None:
    """Add beds to a ward, and the licence and the staff that these beds mean."""
    with reading(app.read_engine) as session:
        rooms = dict(session.exec(select(Room.code, Room.id).where(Room.ward_id == ward_id)).all())
        ward = session.exec(select(Ward).where(Ward.id == ward_id)).one()
        count = len(_beds(session, ward_id)) + len(spots)
        licensed, opened = ward.licensed_beds, ward.opened_at
        staffed = session.exec(
            select(WardStaffing.since).where(
                WardStaffing.ward_id == ward_id, col(WardStaffing.until).is_(None)
            )
        ).one()
    for spot in spots:
        room = spot.room or ROOM
        if room not in rooms:
            rooms[room] = app.pipeline.run(
                actor, AddRoom(ward_id=ward_id, code=room, sex_policy=RoomSex.MIXED)
            ).result.id
        app.pipeline.run(
            actor, AddBed(room_id=rooms[room], code=bed_code(spot), at=since or opened)
        )
    if count > licensed:
        app.pipeline.run(actor, UpdateWard(ward_id=ward_id, licensed_beds=count))
    app.pipeline.run(actor, SetStaffedBeds(ward_id=ward_id, staffed_beds=count, at=staffed))


def _ward(session: Session, hospital: Hospital, code: str) -> UUID | None:
    return session.exec(
        select(Ward.id).where(
            Ward.hospital_id == hospital.id, func.lower(Ward.code) == code.lower()
        )
    ).first()


def _beds(session: Session, ward_id: UUID) -> set[str]:
    codes = session.exec(
        select(Bed.code).where(Bed.ward_id == ward_id, col(Bed.removed_at).is_(None))
    )
    return {code.lower() for code in codes}


def ward_by_code(app: App, hospital: Hospital, code: str) -> UUID | None:
    """The ward with this code, in any case of letters."""
    with reading(app.read_engine) as session:
        return _ward(session, hospital, code)


def free_code(app: App, ward_id: UUID) -> str:
    """The next number that is no bed's code in the ward."""
    with reading(app.read_engine) as session:
        known = _beds(session, ward_id)
    number = len(known) + 1
    while f"{number:02}" in known or f"{ROOM}-{number:02}" in known:
        number += 1
    return f"{number:02}"
