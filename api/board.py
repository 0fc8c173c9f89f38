"""A ward's board in GraphQL: what the ward screen shows."""

from datetime import datetime
from typing import Self

import strawberry

from api.places import Names
from api.sight import Sight, View, classified, closed, shows
from authz.classes import DataClass
from domain.beds.model import (
    BlockReason,
    CleaningKind,
    CleaningPriority,
    CleaningState,
    HoldKind,
    Hygiene,
    RequestState,
    Service,
)
from domain.beds.shown import BedShown, Board, CleaningShown, HoldShown, StayShown, WaitingShown
from domain.patients.model import Isolation, Sex
from domain.places.model import RoomKind
from kit.sealed import SealedPlace

for _words in (
    BlockReason, CleaningKind, CleaningPriority, CleaningState, HoldKind, Hygiene, RequestState,
    Service,
):  # fmt: skip
    strawberry.enum(_words)


@classified(DataClass.GENERAL)
@strawberry.type
class BoardHospital:
    id: strawberry.ID
    code: str
    name: Names
    time_zone: str


@classified(DataClass.GENERAL)
@strawberry.type
class BoardWard:
    id: strawberry.ID
    code: str
    name: Names
    hospital: BoardHospital


@classified(DataClass.GENERAL)
@strawberry.type
class BoardRoom:
    id: strawberry.ID
    code: str
    kind: RoomKind


@classified(DataClass.PLACEMENT)
@strawberry.type
class BoardStay(View):
    """Who lies in a bed, as far as the viewer may know; a private patient shows no initials."""

    id: strawberry.ID = shows(DataClass.BED)
    since: datetime | None
    encounter_id: strawberry.ID | None
    patient_id: strawberry.ID | None
    on_leave: bool | None = shows(DataClass.BED)
    initials: str | None = shows(DataClass.INITIALS)
    sex: Sex | None
    age_band: str | None
    isolation: Isolation | None = shows(DataClass.ISOLATION)
    expected_discharge: datetime | None
    discharge_pending: bool | None
    same_surname: bool | None = shows(DataClass.INITIALS)
    privacy: bool | None = shows(DataClass.BED)

    @classmethod
    def of(cls, stay: StayShown, sight: Sight) -> Self:
        place = SealedPlace(
            stay.patient_hospital_id, "patient", "initials", stay.patient_id, stay.subject
        )
        return cls(
            sight=sight,
            subject=stay.subject,
            id=strawberry.ID(str(stay.id)),
            since=stay.since,
            encounter_id=strawberry.ID(str(stay.encounter_id)),
            patient_id=strawberry.ID(str(stay.patient_id)),
            on_leave=stay.on_leave,
            initials=closed(None if stay.privacy else stay.initials, place),
            sex=stay.sex,
            age_band=stay.age_band,
            isolation=stay.isolation,
            expected_discharge=stay.expected_discharge,
            discharge_pending=stay.discharge_pending,
            same_surname=stay.same_surname,
            privacy=stay.privacy,
        )


@classified(DataClass.BED)
@strawberry.type
class BoardHold(View):
    id: strawberry.ID
    kind: HoldKind
    expires_at: datetime
    request_id: strawberry.ID

    @classmethod
    def of(cls, hold: HoldShown, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(hold.id)),
            kind=hold.kind,
            expires_at=hold.expires_at,
            request_id=strawberry.ID(str(hold.request_id)),
        )


@classified(DataClass.BED)
@strawberry.type
class BoardCleaning(View):
    id: strawberry.ID
    kind: CleaningKind
    priority: CleaningPriority
    state: CleaningState
    since: datetime

    @classmethod
    def of(cls, task: CleaningShown, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(task.id)),
            kind=task.kind,
            priority=task.priority,
            state=task.state,
            since=task.since,
        )


@classified(DataClass.BED)
@strawberry.type
class BoardBed(View):
    """One bed of a board. `notAvailable` says why it is not READY_NOW."""

    id: strawberry.ID
    code: str
    version: int
    room: BoardRoom
    state: str
    service: Service
    hygiene: Hygiene
    use: str
    available: bool
    not_available: list[str]
    hl7_status: str
    features: list[str]
    block_reason: BlockReason | None
    blocked_until: datetime | None
    stay: BoardStay | None
    hold: BoardHold | None
    cleaning: BoardCleaning | None

    @classmethod
    def of(cls, bed: BedShown, sight: Sight, of_stay: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(bed.id)),
            code=bed.code,
            version=bed.version,
            room=BoardRoom(
                id=strawberry.ID(str(bed.room_id)), code=bed.room_code, kind=bed.room_kind
            ),
            state=bed.state,
            service=bed.service,
            hygiene=bed.hygiene,
            use=bed.use,
            available=bed.available,
            not_available=list(bed.not_available),
            hl7_status=bed.hl7_status,
            features=list(bed.features),
            block_reason=bed.block_reason,
            blocked_until=bed.blocked_until,
            stay=BoardStay.of(bed.stay, of_stay) if bed.stay else None,
            hold=BoardHold.of(bed.hold, sight) if bed.hold else None,
            cleaning=BoardCleaning.of(bed.cleaning, sight) if bed.cleaning else None,
        )


@classified(DataClass.BED)
@strawberry.type
class BoardWaiting(View):
    """A patient who waits in the ward or for it, without a name."""

    id: strawberry.ID
    priority: int
    needed_by: datetime | None
    state: RequestState
    since: datetime

    @classmethod
    def of(cls, one: WaitingShown, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(one.id)),
            priority=one.priority,
            needed_by=one.needed_by,
            state=one.state,
            since=one.since,
        )


@classified(DataClass.BED)
@strawberry.type(name="BedBoard")
class BoardView(View):
    """A ward's beds at one moment. `cursor` is where a live subscription may go on."""

    as_of: datetime
    source: str
    cursor: str | None
    ward: BoardWard
    licensed_beds: int
    staffed_beds: int
    occupied: int
    held: int
    ready_now: int
    cleaning: int
    blocked: int
    beds: list[BoardBed]
    waiting: list[BoardWaiting]

    @classmethod
    def of(cls, board: Board, cursor: str | None, sight: Sight, stays: dict[str, Sight]) -> Self:
        """`stays`: what the viewer may see of a patient, by stay, where it is more."""
        census = board.census
        return cls(
            sight=sight,
            as_of=board.as_of,
            source=board.source,
            cursor=cursor,
            ward=_ward(board),
            licensed_beds=census.licensed_beds,
            staffed_beds=census.staffed_beds,
            occupied=census.occupied,
            held=census.held,
            ready_now=census.ready_now,
            cleaning=census.cleaning,
            blocked=census.blocked,
            beds=[
                BoardBed.of(bed, sight, stays.get(str(bed.stay.id), sight) if bed.stay else sight)
                for bed in board.beds
            ],
            waiting=[BoardWaiting.of(one, sight) for one in board.waiting],
        )


def _ward(board: Board) -> BoardWard:
    return BoardWard(
        id=strawberry.ID(str(board.ward_id)),
        code=board.ward_code,
        name=Names(zh=board.ward_name_zh, en=board.ward_name_en),
        hospital=BoardHospital(
            id=strawberry.ID(str(board.hospital_id)),
            code=board.hospital_code,
            name=Names(zh=board.hospital_name_zh, en=board.hospital_name_en),
            time_zone=board.time_zone,
        ),
    )
