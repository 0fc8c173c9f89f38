"""What a bed plan must know, as plain values: the caller freezes them into the problem."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from domain.beds.board import facts_of, in_use, lying_by_room
from domain.beds.model import BedStay, RequestState, Waiver
from domain.beds.rules import why_not_ready
from domain.beds.snapshot import AnyRow, Area, Snapshot, snapshot
from domain.beds.wishes import NO_OFFER, NO_WISH, OfferFacts, WishFacts, offers_of, wishes_of
from domain.patients.model import Isolation, Sex, SideRoom
from domain.places.model import CareLevel, RoomKind, RoomSex, WardSex, WardSpecialty

WAITING = (RequestState.ACTIVE, RequestState.PROPOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """A request that a plan may serve. HELD ones come along, for a plan may better them."""

    id: UUID
    version: int
    encounter_id: UUID
    subject: UUID
    state: RequestState
    sex: Sex
    age_years: int | None
    priority: int
    waiting_min: int
    needed_by: datetime | None
    isolation: Isolation
    organism: str | None
    side_room: SideRoom
    care_level: CareLevel
    specialty: str | None
    required_equipment: tuple[str, ...]
    preferred_equipment: tuple[str, ...]
    needs_supervision: bool
    falls_risk: bool
    immunosuppressed: bool
    end_of_life: bool
    infection: bool
    moves_so_far: int
    current_bed: UUID | None
    held_bed: UUID | None
    target_ward: UUID | None
    wish: WishFacts = NO_WISH


@dataclass(frozen=True, slots=True)
class BedFact:
    """A bed; `blocked_by` is empty when it is READY_NOW."""

    id: UUID
    ward_id: UUID
    room_id: UUID
    equipment: tuple[str, ...]
    visible: bool
    blocked_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoomFact:
    id: UUID
    ward_id: UUID
    kind: RoomKind
    sex_policy: RoomSex
    equipment: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WardFact:
    """A ward with its present load: `holds` counts held beds that nobody lies in."""

    id: UUID
    care_level: CareLevel
    specialties: tuple[tuple[str, int], ...]
    sex_policy: WardSex
    min_age: int | None
    max_age: int | None
    staffed_beds: int
    census: int
    holds: int
    offer: OfferFacts = NO_OFFER


@dataclass(frozen=True, slots=True, kw_only=True)
class OccupantFact:
    """A present stay or an active hold."""

    id: UUID
    encounter_id: UUID
    bed_id: UUID
    room_id: UUID
    sex: Sex
    isolation: Isolation
    organism: str | None
    is_hold: bool


@dataclass(frozen=True, slots=True)
class WaiverFact:
    id: UUID
    rule: str
    ward_id: UUID
    bed_id: UUID | None
    encounter_id: UUID | None


@dataclass(frozen=True, slots=True)
class PlacementFacts:
    as_of: datetime
    requests: tuple[RequestFacts, ...]
    beds: tuple[BedFact, ...]
    rooms: tuple[RoomFact, ...]
    wards: tuple[WardFact, ...]
    occupants: tuple[OccupantFact, ...]
    waivers: tuple[WaiverFact, ...]


def placement_facts(
    session: Session, hospital_id: UUID, now: datetime, ward_id: UUID | None = None
) -> PlacementFacts:
    """Everything a plan for a hospital, or for one ward of it, depends on: ten statements.

    For a ward: its beds, and the requests that ask for it or wait in it for any ward.
    """
    area = Area(hospital_id, ward_id)
    shot = snapshot(session, area, now, None)
    return PlacementFacts(
        as_of=now,
        requests=_requests(session, shot, now),
        beds=_beds(shot),
        rooms=_rooms(shot),
        wards=_wards(session, shot, hospital_id),
        occupants=_occupants(shot),
        waivers=_waivers(session, area, now),
    )


def _requests(session: Session, shot: Snapshot, now: datetime) -> tuple[RequestFacts, ...]:
    held = {row.request_id: row.bed_id for row in shot.holds}
    waiting = [
        row
        for row in shot.requests
        if row.state in WAITING or (row.state == RequestState.HELD and row.id in held)
    ]  # a hold in another ward is that ward's business
    lying = _present_beds(session, [row.encounter_id for row in waiting])
    wishes = wishes_of(session, [row.encounter_id for row in waiting])
    return tuple(
        _request(row, now, lying.get(row.encounter_id), held.get(row.id),
                 wishes.get(row.encounter_id, NO_WISH))
        for row in waiting
    )  # fmt: skip


def _present_beds(session: Session, encounters: Sequence[UUID]) -> dict[UUID, UUID]:
    """Where those lie who wait, in whichever ward."""
    found = session.exec(
        select(BedStay.encounter_id, BedStay.bed_id).where(
            col(BedStay.encounter_id).in_(encounters), col(BedStay.until).is_(None),
            col(BedStay.voided_at).is_(None),
        )
    )  # fmt: skip
    return {encounter: bed for encounter, bed in found}


def _request(
    row: AnyRow, now: datetime, current_bed: UUID | None, held_bed: UUID | None, wish: WishFacts
) -> RequestFacts:
    return RequestFacts(
        id=row.id, version=row.version, encounter_id=row.encounter_id, subject=row.subject,
        state=row.state, sex=row.sex, age_years=_years(row.birth_date, now.date()),
        priority=row.priority, waiting_min=max(int((now - row.since).total_seconds()) // 60, 0),
        needed_by=row.needed_by, isolation=row.isolation or Isolation.NONE,
        organism=row.organism, side_room=row.side_room or SideRoom.NONE,
        care_level=row.care_level or CareLevel.WARD, specialty=row.specialty,
        required_equipment=tuple(row.required_equipment or ()),
        preferred_equipment=tuple(row.preferred_equipment or ()),
        needs_supervision=bool(row.needs_supervision), falls_risk=bool(row.falls_risk),
        immunosuppressed=bool(row.immunosuppressed), end_of_life=bool(row.end_of_life),
        infection=bool(row.infection), moves_so_far=row.moves, current_bed=current_bed,
        held_bed=held_bed, target_ward=row.target_ward_id, wish=wish,
    )  # fmt: skip


def _beds(shot: Snapshot) -> tuple[BedFact, ...]:
    staffed = {row.id: row.staffed_beds or 0 for row in shot.wards}
    taken, kept = ({row.bed_id for row in rows} for rows in (shot.stays, shot.holds))
    rooms, used = lying_by_room(shot), in_use(shot)
    return tuple(
        BedFact(
            row.id, row.ward_id, row.room_id, tuple(row.features), row.visible,
            why_not_ready(facts_of(
                row, row.id in taken, row.id in kept, rooms.get(row.room_id, ()),
                used[row.ward_id] < staffed.get(row.ward_id, 0),
            )),
        )
        for row in shot.beds
    )  # fmt: skip


def _rooms(shot: Snapshot) -> tuple[RoomFact, ...]:
    found = {
        row.room_id: RoomFact(row.room_id, row.ward_id, row.room_kind, row.room_sex,
                              tuple(row.equipment))
        for row in shot.beds
    }  # fmt: skip
    return tuple(found.values())


def _wards(session: Session, shot: Snapshot, hospital_id: UUID) -> tuple[WardFact, ...]:
    ranks: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    for one in session.exec(select(WardSpecialty).where(WardSpecialty.hospital_id == hospital_id)):
        ranks[one.ward_id].append((one.specialty, one.rank))
    present = Counter(row.ward_id for row in shot.stays)
    taken = {row.bed_id for row in shot.stays}
    kept = Counter(row.ward_id for row in shot.holds if row.bed_id not in taken)
    offers = offers_of(session, hospital_id)
    return tuple(
        WardFact(
            id=row.id, care_level=row.care_level, specialties=tuple(sorted(ranks[row.id])),
            sex_policy=row.sex_policy, min_age=row.min_age, max_age=row.max_age,
            staffed_beds=row.staffed_beds or 0, census=present[row.id], holds=kept[row.id],
            offer=offers.get(row.id, NO_OFFER),
        )
        for row in shot.wards
    )  # fmt: skip


def _occupants(shot: Snapshot) -> tuple[OccupantFact, ...]:
    rooms = {bed.id: bed.room_id for bed in shot.beds}
    rows: Sequence[tuple[AnyRow, bool]] = [
        *((row, False) for row in shot.stays),
        *((row, True) for row in shot.holds),
    ]
    return tuple(
        OccupantFact(
            id=row.id, encounter_id=row.encounter_id, bed_id=row.bed_id,
            room_id=rooms[row.bed_id], sex=row.sex, isolation=row.isolation or Isolation.NONE,
            organism=row.organism, is_hold=is_hold,
        )
        for row, is_hold in rows
    )  # fmt: skip


def _waivers(session: Session, area: Area, now: datetime) -> tuple[WaiverFact, ...]:
    found = session.exec(
        select(Waiver).where(
            area.has(Waiver), col(Waiver.revoked_at).is_(None), col(Waiver.valid_until) > now
        )
    )
    return tuple(
        WaiverFact(one.id, str(one.rule), one.ward_id, one.bed_id, one.encounter_id)
        for one in found
    )


def _years(born: date | None, on: date) -> int | None:
    if born is None:
        return None
    return max(on.year - born.year - ((on.month, on.day) < (born.month, born.day)), 0)
