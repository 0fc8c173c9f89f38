"""What a ward's screen shows, and how full the wards are."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from domain.beds.model import (
    CleaningState,
    Hygiene,
    Service,
)
from domain.beds.rules import (
    BedFacts,
    Lying,
    co_blocked,
    hl7_bed_status,
    shown_state,
    why_not_ready,
)
from domain.beds.shown import (
    BedShown,
    Board,
    Census,
    CleaningShown,
    HoldShown,
    StayShown,
    WaitingShown,
)
from domain.beds.snapshot import AnyRow, Area, Snapshot, snapshot
from domain.patients.model import FAMILY, EncounterStatus, Isolation
from domain.places.reach import hospital_in_reach, hospital_of_ward
from kit.blind import indexed
from kit.work import Scope

LIVE, HISTORY = "LIVE", "HISTORY"


def bed_board(
    session: Session,
    scopes: Sequence[Scope],
    ward_id: UUID,
    now: datetime,
    at: datetime | None = None,
) -> Board:
    """The ward now, or as it was at `at` as far as is known today. Raises NotFound.

    One statement for the ward's reach and five for the board, however many beds.
    """
    hospital_id = hospital_of_ward(session, scopes, ward_id)
    past = _past(now, at)
    shot = snapshot(session, Area(hospital_id, ward_id), now, past)
    row = shot.wards[0]
    beds = tuple(_beds(shot, {ward_id: row.staffed_beds or 0}, past or now))
    return Board(
        as_of=past or now, source=LIVE if past is None else HISTORY,
        ward_id=ward_id, ward_code=row.code, ward_name_zh=row.name_zh, ward_name_en=row.name_en,
        hospital_id=row.hospital_id, hospital_code=row.hospital_code,
        hospital_name_zh=row.hospital_name_zh, hospital_name_en=row.hospital_name_en,
        time_zone=row.time_zone, census=_census(shot, row, beds, past or now), beds=beds,
        waiting=tuple(
            WaitingShown(one.id, one.priority, one.needed_by, one.state, one.since)
            for one in shot.requests
        ),
    )  # fmt: skip


def census(
    session: Session,
    scopes: Sequence[Scope],
    ward_id: UUID,
    now: datetime,
    at: datetime | None = None,
) -> Census:
    """How full the ward is, or was. Raises NotFound."""
    return bed_board(session, scopes, ward_id, now, at).census


def hospital_census(
    session: Session,
    scopes: Sequence[Scope],
    hospital_id: UUID,
    now: datetime,
    at: datetime | None = None,
) -> tuple[Census, ...]:
    """How full each ward is, by ward code, in six statements. Raises NotFound."""
    hospital_in_reach(session, scopes, hospital_id)
    past = _past(now, at)
    shot = snapshot(session, Area(hospital_id), now, past)
    staffed = {row.id: row.staffed_beds or 0 for row in shot.wards}
    of_ward: dict[UUID, list[BedShown]] = defaultdict(list)
    for row, bed in zip(shot.beds, _beds(shot, staffed, past or now), strict=True):
        of_ward[row.ward_id].append(bed)
    return tuple(_census(shot, row, of_ward[row.id], past or now) for row in shot.wards)


def age_band(born: date | None, on: date) -> str | None:
    """Years of age, coarsened: enough for placement, too little to name anybody."""
    if born is None:
        return None
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    for below, band in ((1, "<1"), (16, "1-15"), (18, "16-17"), (30, "18-29")):
        if years < below:
            return band
    return "90+" if years >= 90 else f"{years // 10 * 10}-{years // 10 * 10 + 9}"


def lying_by_room(shot: Snapshot) -> dict[UUID, list[Lying]]:
    """Present stays and active holds of every room."""
    rooms = {bed.id: bed.room_id for bed in shot.beds}
    found: dict[UUID, list[Lying]] = defaultdict(list)
    for row in (*shot.stays, *shot.holds):
        if row.bed_id in rooms:
            found[rooms[row.bed_id]].append(
                Lying(row.id, row.bed_id, row.sex, row.isolation or Isolation.NONE, row.organism)
            )
    return found


def in_use(shot: Snapshot) -> Counter[UUID]:
    """Censusable beds with a stay or a hold, by ward."""
    counted = {bed.id: bed.ward_id for bed in shot.beds if bed.censusable}
    used = {row.bed_id for row in (*shot.stays, *shot.holds)}
    return Counter(ward for bed, ward in counted.items() if bed in used)


def facts_of(
    row: AnyRow, occupied: bool, held: bool, lying: Sequence[Lying], headroom: bool
) -> BedFacts:
    """One bed's facts, from its row and what goes on around it."""
    return BedFacts(
        service=Service(row.block_kind) if row.block_kind else Service.OPEN,
        hygiene=row.hygiene or Hygiene.DIRTY,
        occupied=occupied,
        held=held,
        co_blocked=co_blocked(row.id, lying),
        headroom=headroom,
    )


def _past(now: datetime, at: datetime | None) -> datetime | None:
    """A moment that has come is history; any other is now."""
    return at if at is not None and at < now else None


def _beds(shot: Snapshot, staffed: Mapping[UUID, int], moment: datetime) -> Iterator[BedShown]:
    stays = {row.bed_id: row for row in shot.stays}
    holds = {row.bed_id: row for row in shot.holds}
    rooms, used = lying_by_room(shot), in_use(shot)
    surnames = _surnames(shot)
    for row in shot.beds:
        stay, hold = stays.get(row.id), holds.get(row.id)
        facts = facts_of(row, stay is not None, hold is not None, rooms.get(row.room_id, ()),
                         used[row.ward_id] < staffed.get(row.ward_id, 0))  # fmt: skip
        reasons = why_not_ready(facts)
        yield BedShown(
            id=row.id, code=row.code, version=row.version, room_id=row.room_id,
            room_code=row.room_code, room_kind=row.room_kind, state=shown_state(facts),
            service=facts.service, hygiene=facts.hygiene, use=_use(facts),
            available=not reasons, not_available=reasons, hl7_status=hl7_bed_status(facts),
            features=tuple(row.features), block_reason=row.block_reason,
            blocked_until=row.expected_until,
            stay=_stay(stay, surnames, moment) if stay is not None else None,
            hold=HoldShown(hold.id, hold.kind, hold.expires_at, hold.request_id)
            if hold is not None
            else None,
            cleaning=_cleaning(row, moment),
        )  # fmt: skip


def _use(facts: BedFacts) -> str:
    if facts.occupied:
        return "OCCUPIED_AND_HELD" if facts.held else "OCCUPIED"
    return "HELD" if facts.held else "FREE"


def _surnames(shot: Snapshot) -> Counter[tuple[UUID, bytes]]:
    """How many patients of a ward share a family name, by its blind index."""
    return Counter((row.ward_id, blind) for row in shot.stays for blind in _family(row))


def _family(row: AnyRow) -> frozenset[bytes]:
    return frozenset[bytes]().union(*(indexed(row, name) for name in FAMILY))


def _stay(row: AnyRow, surnames: Counter[tuple[UUID, bytes]], moment: datetime) -> StayShown:
    blinds = _family(row)
    return StayShown(
        id=row.id, since=row.since, encounter_id=row.encounter_id, patient_id=row.patient_id,
        patient_hospital_id=row.patient_hospital_id, subject=row.subject,
        on_leave=row.leave_id is not None, initials=row.initials, sex=row.sex,
        age_band=age_band(row.birth_date, moment.date()),
        isolation=row.isolation or Isolation.NONE, expected_discharge=row.expected_at,
        discharge_pending=row.status == EncounterStatus.DISCHARGE_PENDING,
        same_surname=any(surnames[row.ward_id, blind] > 1 for blind in blinds),
        privacy=row.privacy,
    )  # fmt: skip


def _cleaning(row: AnyRow, moment: datetime) -> CleaningShown | None:
    if row.task_id is None:
        return None
    state, since = CleaningState.QUEUED, row.task_since
    if row.hygiene == Hygiene.CLEANING:
        state, since = CleaningState.IN_PROGRESS, row.hygiene_since
    elif row.hygiene == Hygiene.SUSPENDED:
        state, since = CleaningState.SUSPENDED, row.hygiene_since
    elif row.assigned_at is not None and row.assigned_at <= moment:
        state, since = CleaningState.ASSIGNED, row.assigned_at
    return CleaningShown(row.task_id, row.task_kind, row.priority, state, since)


def _census(shot: Snapshot, row: AnyRow, beds: Sequence[BedShown], moment: datetime) -> Census:
    states = Counter(bed.state for bed in beds)
    staffed = row.staffed_beds or 0
    free = max(staffed - in_use(shot)[row.id], 0)
    return Census(
        as_of=moment, source=LIVE if shot.at is None else HISTORY,
        hospital_id=row.hospital_id, ward_id=row.id, licensed_beds=row.licensed_beds,
        staffed_beds=staffed, occupied=states["OCCUPIED"],
        held=sum(bed.use == "HELD" for bed in beds),
        ready_now=min(sum(bed.available for bed in beds), free),
        cleaning=states["CLEANING"] + states["DIRTY"] + states["CONTAMINATED"],
        blocked=states["BLOCKED"] + states["CLOSED"],
    )  # fmt: skip
