"""How a stay begins and ends: the steps that admission, move, swap and departure share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import col, select

from domain.beds.hygiene import interrupt_cleaning, soil
from domain.beds.model import (
    Bed,
    BedHold,
    BedRequest,
    BedStay,
    HoldState,
    RequestState,
    StayBegin,
    StayEnd,
    StayLeave,
    WaivedRule,
    Waiver,
)
from domain.beds.presence import hold_for, hold_on, request_of
from domain.beds.waiting import end_hold, follow_patient, turn_request
from domain.beds.waivers import record_use
from domain.patients.model import Encounter
from domain.places.times import recorded, store
from kit.errors import Invalid
from kit.work import Work

_STAY: Any = bindparam("stay")
_LEAVE = select(StayLeave).where(col(StayLeave.stay_id) == _STAY, col(StayLeave.until).is_(None))


def begin_stay(
    work: Work,
    bed: Bed,
    encounter: Encounter,
    at: datetime,
    begun_by: StayBegin,
    *,
    request: BedRequest | None = None,
    previous: BedStay | None = None,
    waivers: Sequence[Waiver] = (),
) -> BedStay:
    """Put the patient in the bed; cleaning that was under way by a waiver stops."""
    state_waiver = [one.id for one in waivers if one.rule == WaivedRule.BED_STATE]
    interrupt_cleaning(work, bed, at)
    stay = store(work, BedStay(
        hospital_id=bed.hospital_id, ward_id=bed.ward_id, bed_id=bed.id,
        encounter_id=encounter.id, subject=encounter.subject, begun_by=begun_by,
        request_id=request.id if request else None,
        previous_id=previous.id if previous else None,
        state_waiver_id=state_waiver[0] if state_waiver else None, since=at, **recorded(work),
    ))  # fmt: skip
    record_use(work, waivers, stay=stay)
    encounter.ward_id = bed.ward_id
    follow_patient(work, encounter, at)
    work.session.flush()
    work.subjects.add(encounter.subject)
    work.emit("BedOccupied", bed.scope, bed=bed.id, stay=stay.id, encounter=encounter.id)
    return stay


def end_stay(work: Work, stay: BedStay, at: datetime, ended_by: StayEnd) -> None:
    """Write the end of a stay. The bed's own state is the caller's next step."""
    if at <= stay.since:
        raise Invalid(
            f"the stay began at {stay.since.isoformat()}; give a later time",
            reason="BEFORE_LAST_CHANGE", field="at", blocking=stay.id,
        )  # fmt: skip
    end_leave(work, stay, at)
    stay.until, stay.ended_by, stay.ended_recorded_at = at, ended_by, work.now
    work.session.flush()
    work.subjects.add(stay.subject)


def vacate(work: Work, stay: BedStay, at: datetime, ended_by: StayEnd) -> None:
    """End the stay, soil the bed and open its cleaning task: one thing, never a part of it."""
    end_stay(work, stay, at, ended_by)
    bed = work.get(Bed, stay.bed_id)
    soil(work, bed, stay, at)
    work.emit("BedVacated", bed.scope, bed=bed.id, stay=stay.id, encounter=stay.encounter_id)


def end_leave(work: Work, stay: BedStay, at: datetime) -> None:
    """Whoever leaves the bed for good is no longer on leave from it."""
    leave = leave_of(work, stay)
    if leave is not None:
        leave.until = max(at, leave.since)
        work.session.flush()


def leave_of(work: Work, stay: BedStay) -> StayLeave | None:
    """The leave that the patient is on."""
    return work.session.exec(_LEAVE, params={"stay": stay.id}).first()


def fulfil(work: Work, encounter: Encounter, bed: Bed, at: datetime) -> BedRequest | None:
    """The patient has a bed: consume the hold on it, release another one, close the request."""
    request = request_of(work, encounter.id)
    if request is None:
        return None
    hold = hold_for(work, request.id)
    if hold is not None:
        end_hold(work, hold, _end_of(hold, bed), at)
    if request.state == RequestState.REQUESTED:
        turn_request(work, request, RequestState.ACTIVE, at)
    turn_request(work, request, RequestState.FULFILLED, at)
    return request


def fulfil_held(work: Work, encounter: Encounter, bed: Bed, at: datetime) -> BedRequest | None:
    """Fulfil only what waits for this very bed; another request keeps waiting."""
    hold = hold_on(work, bed.id)
    if hold is None or hold.encounter_id != encounter.id:
        return None
    return fulfil(work, encounter, bed, at)


def _end_of(hold: BedHold, bed: Bed) -> HoldState:
    return HoldState.CONSUMED if hold.bed_id == bed.id else HoldState.RELEASED
