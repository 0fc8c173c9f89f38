"""Commands on holds: a bed is kept for one request, for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from domain.beds.model import (
    Bed,
    BedHold,
    BedRequest,
    HoldKind,
    HoldState,
    RequestState,
)
from domain.beds.placing import Placing, permit
from domain.beds.presence import hold_on, require_bed, stay_in
from domain.beds.waiting import end_hold, turn_request
from domain.beds.waivers import record_use
from domain.patients.model import Encounter, EncounterStatus
from domain.patients.states import NEXT, require_live
from domain.places.model import Hospital
from domain.places.times import recorded, store
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

LONGEST = timedelta(hours=72)


@dataclass(frozen=True, kw_only=True)
class HoldBed(Command[BedHold]):
    """Keep a bed for a request: an empty one, or one whose patient is about to leave."""

    action = "hold.place"

    request_id: UUID
    bed_id: UUID
    expires_at: datetime
    kind: HoldKind = HoldKind.EMPTY
    waivers: tuple[UUID, ...] = ()

    def scope(self, work: Work) -> Scope:
        work.get(BedRequest, self.request_id)
        return work.get(Bed, self.bed_id).scope

    def apply(self, work: Work) -> BedHold:
        request = work.get(BedRequest, self.request_id)
        encounter = work.get(Encounter, request.encounter_id)
        require_live(encounter)
        self._require_expiry(work)
        bed = require_bed(work, self.bed_id)
        settle_expired(work, bed)
        self._require_use(work, bed)
        if request.state not in (RequestState.ACTIVE, RequestState.PROPOSED):
            turn_request(work, request, RequestState.HELD, work.now)  # says what is allowed
        # A bed that is being cleaned may be held; only a stay needs it clean.
        used = permit(work, _to_hold(bed, encounter, work.now), self.waivers)
        hold = store(work, BedHold(
            hospital_id=bed.hospital_id, ward_id=bed.ward_id, bed_id=bed.id,
            request_id=request.id, encounter_id=encounter.id, subject=encounter.subject,
            kind=self.kind, expires_at=self.expires_at, since=work.now, **recorded(work),
        ))  # fmt: skip
        record_use(work, used, hold=hold)
        turn_request(work, request, RequestState.HELD, work.now)
        work.subjects.add(encounter.subject)
        work.emit("BedHeld", bed.scope, bed=bed.id, hold=hold.id, request=request.id)
        return hold

    def _require_expiry(self, work: Work) -> None:
        if self.expires_at.tzinfo is None or not (work.now < self.expires_at <= work.now + LONGEST):
            raise Invalid("a hold ends within 72 hours from now", field="expiresAt")

    def _require_use(self, work: Work, bed: Bed) -> None:
        """An EMPTY hold needs an empty bed, the other one a patient with a discharge order."""
        stay = stay_in(work, bed.id)
        if self.kind == HoldKind.EMPTY and stay is None:
            return
        if stay is None:
            raise Conflict(f"bed {bed.code} is empty", reason="BED_EMPTY", field="kind",
                           blocking=bed.id, allowed=(str(HoldKind.EMPTY),))  # fmt: skip
        lying = work.get(Encounter, stay.encounter_id)
        going = lying.status in (EncounterStatus.DISCHARGE_PENDING, EncounterStatus.DIED)
        if self.kind == HoldKind.EMPTY or not going:
            raise Conflict(
                f"bed {bed.code} is taken by stay {stay.id} since {stay.since.isoformat()}",
                reason="BED_TAKEN", blocking=stay.id,
                allowed=tuple(str(state) for state in NEXT[lying.status]),
            )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ReleaseHold(Command[BedHold]):
    """Give a held bed free again; the request waits as before."""

    action = "hold.release"

    hold_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(BedHold, self.hold_id).scope

    def apply(self, work: Work) -> BedHold:
        hold = work.get(BedHold, self.hold_id)
        if hold.state != HoldState.ACTIVE:
            raise Conflict(f"the hold is {hold.state}", reason="HOLD_STATE", blocking=hold.id)
        release(work, hold, HoldState.RELEASED, work.now)
        return hold


@dataclass(frozen=True, kw_only=True)
class ExpireHolds(Command[int]):
    """End the holds of a hospital whose time has passed; answers how many."""

    action = "hold.expire"

    hospital_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> int:
        late = work.session.exec(
            select(BedHold).where(
                BedHold.hospital_id == self.hospital_id,
                BedHold.state == HoldState.ACTIVE,
                col(BedHold.expires_at) <= work.now,
            )
        ).all()
        for hold in late:
            release(work, hold, HoldState.EXPIRED, hold.expires_at)
        return len(late)


def release(work: Work, hold: BedHold, state: HoldState, at: datetime) -> None:
    """End a hold and let its request wait again."""
    end_hold(work, hold, state, at)
    request = work.get(BedRequest, hold.request_id)
    if request.state in (RequestState.HELD, RequestState.IN_TRANSIT):
        turn_request(work, request, RequestState.ACTIVE, work.now)


def settle_expired(work: Work, bed: Bed) -> None:
    """A hold whose time has passed is in nobody's way, even before the clock job comes by."""
    hold = hold_on(work, bed.id)
    if hold is not None and hold.expires_at <= work.now:
        release(work, hold, HoldState.EXPIRED, hold.expires_at)


def _to_hold(bed: Bed, encounter: Encounter, at: datetime) -> Placing:
    return Placing(bed=bed, encounter=encounter, at=at, to_hold=True)
