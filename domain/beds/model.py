"""Beds and what happens in them: requests, holds, stays, leave, cleaning, blocks, waivers.

A bed has three axes. Service is the open block, if any; hygiene is the open page of its
history; use follows from at most one present stay and at most one active hold.
Overlaps, readiness, other people's holds and ended encounters are judged by triggers and
exclusion constraints in the migration, on both databases.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field

from domain.beds.waiver_model import Waiver as Waiver
from domain.beds.waiver_model import WaiverUse as WaiverUse
from domain.beds.words import (
    BlockKind as BlockKind,
)
from domain.beds.words import (
    BlockReason as BlockReason,
)
from domain.beds.words import (
    CleaningKind as CleaningKind,
)
from domain.beds.words import (
    CleaningPriority as CleaningPriority,
)
from domain.beds.words import (
    CleaningState as CleaningState,
)
from domain.beds.words import (
    HoldKind as HoldKind,
)
from domain.beds.words import (
    HoldState as HoldState,
)
from domain.beds.words import (
    Hygiene as Hygiene,
)
from domain.beds.words import (
    RequestState as RequestState,
)
from domain.beds.words import (
    Service as Service,
)
from domain.beds.words import (
    StayBegin as StayBegin,
)
from domain.beds.words import (
    StayEnd as StayEnd,
)
from domain.beds.words import (
    WaivedRule as WaivedRule,
)
from domain.places.model import LEDGERED
from domain.places.times import Spell, in_order
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope

PRESENT = text("until IS NULL")
PRESENT_STAY = text("until IS NULL AND voided_at IS NULL")
IN_USE = text("removed_at IS NULL")


class Bed(Row, table=True):
    """A bed never leaves its room: one that is wheeled elsewhere is removed here, added there."""

    __table_args__ = (
        Index("bed_code_in_ward", "ward_id", "code", unique=True, sqlite_where=IN_USE,
              postgresql_where=IN_USE),
        Index("beds_of_room", "room_id"),
        CheckConstraint("added_at <= removed_at", name="added_before_removed"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    room_id: UUID = Field(foreign_key="room.id")
    code: str = Field(max_length=32, sa_column_kwargs=LEDGERED)
    features: list[str] = Field(default_factory=list, sa_type=JSON)
    visible: bool = True  # staff can see it
    censusable: bool = True  # counts against the ward's staffed beds
    added_at: datetime = Field(sa_type=UtcTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class InBed(Spell):
    """A spell that belongs to one bed. Beds do not move, so the ward is known for ever."""

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    bed_id: UUID = Field(foreign_key="bed.id")

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


class BedHygiene(InBed, table=True):
    """How clean a bed was, from when to when."""

    __tablename__ = "bed_hygiene"
    __table_args__ = (
        one_of("hygiene", Hygiene),
        in_order(strictly=True),
        Index("one_hygiene_per_bed", "bed_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("bed_hygiene_in_time", "bed_id", "since"),
        Index("bed_hygiene_of_ward", "ward_id", sqlite_where=PRESENT, postgresql_where=PRESENT),
    )  # fmt: skip

    hygiene: Hygiene = Field(sa_type=words(Hygiene))
    reason: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)


class BedBlock(InBed, table=True):
    """A bed out of use: blocked for a while, or closed."""

    __tablename__ = "bed_block"
    __table_args__ = (
        one_of("kind", BlockKind),
        one_of("reason", BlockReason),
        in_order(),
        Index("one_block_per_bed", "bed_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("bed_block_in_time", "ward_id", "since"),
    )  # fmt: skip

    kind: BlockKind = Field(sa_type=words(BlockKind))
    reason: BlockReason = Field(sa_type=words(BlockReason))
    expected_until: datetime | None = Field(default=None, sa_type=UtcTime)
    owner_id: UUID


class BedRequest(Spell, table=True):
    """A patient waits for a bed. `from_ward_id` is where; `target_ward_id` what was asked for."""

    __tablename__ = "bed_request"
    __table_args__ = (
        one_of("state", RequestState),
        in_order(),
        CheckConstraint("priority BETWEEN 0 AND 9", name="priority_known"),
        CheckConstraint(
            "(until IS NULL) = (state IN ('REQUESTED','ACTIVE','PROPOSED','HELD','IN_TRANSIT'))",
            name="open_requests_have_no_end",
        ),
        Index("one_open_request_per_encounter", "encounter_id", unique=True,
              sqlite_where=PRESENT, postgresql_where=PRESENT),
        Index("open_requests_of_hospital", "hospital_id", "id", sqlite_where=PRESENT,
              postgresql_where=PRESENT),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    from_ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    target_ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")
    subject: UUID
    state: RequestState = Field(sa_type=words(RequestState))
    priority: int = 0  # points, higher first
    needed_by: datetime | None = Field(default=None, sa_type=UtcTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcTime)
    end_reason: str | None = Field(default=None, max_length=32, sa_column_kwargs=LEDGERED)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.from_ward_id or self.target_ward_id)


class RequestPhase(Spell, table=True):
    """What a request was from when to when: its state, and what was asked for."""

    __tablename__ = "request_phase"
    __table_args__ = (
        one_of("state", RequestState),
        in_order(strictly=True),
        Index("one_phase_per_request", "request_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("request_phase_in_time", "request_id", "since"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    request_id: UUID = Field(foreign_key="bed_request.id")
    from_ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    target_ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    state: RequestState = Field(sa_type=words(RequestState))
    priority: int = 0
    needed_by: datetime | None = Field(default=None, sa_type=UtcTime)


class BedHold(InBed, table=True):
    """A bed kept for one request, until it is used, released or expires."""

    __tablename__ = "bed_hold"
    __table_args__ = (
        one_of("kind", HoldKind),
        one_of("state", HoldState),
        in_order(),
        CheckConstraint("since < expires_at", name="expires_later"),
        CheckConstraint("(until IS NULL) = (state = 'ACTIVE')", name="active_holds_have_no_end"),
        Index("one_active_hold_per_bed", "bed_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("one_active_hold_per_request", "request_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("bed_hold_in_time", "ward_id", "since"),
    )  # fmt: skip

    request_id: UUID = Field(foreign_key="bed_request.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")
    subject: UUID
    kind: HoldKind = Field(sa_type=words(HoldKind))
    state: HoldState = Field(default=HoldState.ACTIVE, sa_type=words(HoldState))
    expires_at: datetime = Field(sa_type=UtcTime)


class BedStay(InBed, table=True):
    """A patient in a bed. A voided stay never was: it was entered in error."""

    __tablename__ = "bed_stay"
    __table_args__ = (
        one_of("begun_by", StayBegin),
        one_of("ended_by", StayEnd),
        in_order(strictly=True),
        CheckConstraint("(until IS NULL) = (ended_by IS NULL)", name="an_end_has_its_cause"),
        Index("one_present_stay_per_bed", "bed_id", unique=True, sqlite_where=PRESENT_STAY,
              postgresql_where=PRESENT_STAY),
        Index("one_present_stay_per_encounter", "encounter_id", unique=True,
              sqlite_where=PRESENT_STAY, postgresql_where=PRESENT_STAY),
        Index("bed_stay_in_time", "bed_id", "since"),
        Index("bed_stay_of_encounter", "encounter_id", "since"),
        Index("bed_stay_of_ward", "ward_id", "until"),
    )  # fmt: skip

    encounter_id: UUID = Field(foreign_key="encounter.id")
    subject: UUID
    begun_by: StayBegin = Field(sa_type=words(StayBegin))
    ended_by: StayEnd | None = Field(default=None, sa_type=words(StayEnd))
    ended_recorded_at: datetime | None = Field(default=None, sa_type=UtcTime)
    request_id: UUID | None = Field(default=None, foreign_key="bed_request.id")
    previous_id: UUID | None = Field(default=None, foreign_key="bed_stay.id")
    state_waiver_id: UUID | None = Field(default=None, foreign_key="waiver.id")
    voided_at: datetime | None = Field(default=None, sa_type=UtcTime)


class StayLeave(Spell, table=True):
    """A patient away for a while; the bed is kept."""

    __tablename__ = "stay_leave"
    __table_args__ = (
        in_order(),
        Index("one_leave_per_stay", "stay_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("stay_leave_in_time", "stay_id", "since"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    stay_id: UUID = Field(foreign_key="bed_stay.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")
    expected_back: datetime | None = Field(default=None, sa_type=UtcTime)


class CleaningTask(InBed, table=True):
    """Work for housekeeping: opens with the need, ends when the bed is clean."""

    __tablename__ = "cleaning_task"
    __table_args__ = (
        one_of("kind", CleaningKind),
        one_of("priority", CleaningPriority),
        one_of("state", CleaningState),
        in_order(),
        CheckConstraint(
            "(until IS NULL) = (state IN ('QUEUED','ASSIGNED','IN_PROGRESS','SUSPENDED'))",
            name="open_tasks_have_no_end",
        ),
        Index("one_open_task_per_bed", "bed_id", unique=True, sqlite_where=PRESENT,
              postgresql_where=PRESENT),
        Index("cleaning_task_in_time", "ward_id", "since"),
    )  # fmt: skip

    kind: CleaningKind = Field(sa_type=words(CleaningKind))
    priority: CleaningPriority = Field(
        default=CleaningPriority.NORMAL, sa_type=words(CleaningPriority)
    )
    state: CleaningState = Field(default=CleaningState.QUEUED, sa_type=words(CleaningState))
    stay_id: UUID | None = Field(default=None, foreign_key="bed_stay.id")
    assigned_to: UUID | None = None
    assigned_at: datetime | None = Field(default=None, sa_type=UtcTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcTime)
    inspected_at: datetime | None = Field(default=None, sa_type=UtcTime)
