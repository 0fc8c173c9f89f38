"""What a ward's screen shows, as plain values: no name in them, initials stay sealed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

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
from domain.patients.model import Isolation, Sex
from domain.places.model import RoomKind
from kit.sealed import Sealed


@dataclass(frozen=True, slots=True)
class StayShown:
    """Who lies in a bed, without a name: initials stay sealed until a recorded read."""

    id: UUID
    since: datetime
    encounter_id: UUID
    patient_id: UUID
    patient_hospital_id: UUID
    subject: UUID
    on_leave: bool
    initials: Sealed | None
    sex: Sex
    age_band: str | None
    isolation: Isolation
    expected_discharge: datetime | None
    discharge_pending: bool
    same_surname: bool
    privacy: bool


@dataclass(frozen=True, slots=True)
class HoldShown:
    id: UUID
    kind: HoldKind
    expires_at: datetime
    request_id: UUID


@dataclass(frozen=True, slots=True)
class CleaningShown:
    id: UUID
    kind: CleaningKind
    priority: CleaningPriority
    state: CleaningState
    since: datetime


@dataclass(frozen=True, slots=True)
class BedShown:
    """One bed. `use` is FREE, HELD, OCCUPIED or OCCUPIED_AND_HELD."""

    id: UUID
    code: str
    version: int
    room_id: UUID
    room_code: str
    room_kind: RoomKind
    state: str
    service: Service
    hygiene: Hygiene
    use: str
    available: bool
    not_available: tuple[str, ...]
    hl7_status: str
    features: tuple[str, ...]
    block_reason: BlockReason | None
    blocked_until: datetime | None
    stay: StayShown | None
    hold: HoldShown | None
    cleaning: CleaningShown | None


@dataclass(frozen=True, slots=True)
class WaitingShown:
    id: UUID
    priority: int
    needed_by: datetime | None
    state: RequestState
    since: datetime


@dataclass(frozen=True, slots=True)
class Census:
    """How full a ward is. `ready_now` never exceeds the staff there is for it."""

    as_of: datetime
    source: str
    hospital_id: UUID
    ward_id: UUID
    licensed_beds: int
    staffed_beds: int
    occupied: int
    held: int
    ready_now: int
    cleaning: int
    blocked: int


@dataclass(frozen=True, slots=True)
class Board:
    """A ward at one moment: `source` is LIVE, or HISTORY for a past one."""

    as_of: datetime
    source: str
    ward_id: UUID
    ward_code: str
    ward_name_zh: str
    ward_name_en: str
    hospital_id: UUID
    hospital_code: str
    hospital_name_zh: str
    hospital_name_en: str
    time_zone: str
    census: Census
    beds: tuple[BedShown, ...]
    waiting: tuple[WaitingShown, ...]
