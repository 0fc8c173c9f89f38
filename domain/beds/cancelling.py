"""Commands that say something never happened: admission, move, departure.

The patient gets the old bed back if it is still free, else waits with a new request:
never nowhere.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from domain.beds.admission import require_at_hand
from domain.beds.holds import settle_expired
from domain.beds.hygiene import clean_up_later, drop_task, soil, undo_soiling
from domain.beds.leaving import OfEncounter
from domain.beds.model import (
    Bed,
    BedRequest,
    BedStay,
    CleaningState,
    Hygiene,
    StayBegin,
    StayEnd,
    WaivedRule,
)
from domain.beds.placing import Placing, obstacles
from domain.beds.presence import hygiene_of, request_of, require_stay, task_on
from domain.beds.stays import begin_stay, end_leave, fulfil_held
from domain.beds.waiting import follow_patient, open_request
from domain.patients.episodes import tell
from domain.patients.model import (
    CareAssignment,
    Encounter,
    EncounterPhase,
    EncounterStatus,
)
from domain.patients.states import require_next, turn_back
from domain.places.times import happened
from kit.command import Command
from kit.errors import Conflict
from kit.work import Work

S = EncounterStatus


@dataclass(frozen=True, kw_only=True)
class Restored:
    """Where the patient is after a cancel: in a bed, or waiting with a request."""

    encounter: Encounter
    stay: BedStay | None
    request: BedRequest | None


@dataclass(frozen=True, kw_only=True)
class CancelAdmission(OfEncounter, Command[Restored]):
    """Say that an admission never happened: the patient waits as before, with a new request.

    The bed counts as used, so it is dirty, unless it is known to be untouched.
    """

    action = "bed.cancel"

    encounter_id: UUID
    bed_untouched: bool = False
    at: datetime | None = None

    def apply(self, work: Work) -> Restored:
        encounter = work.get(Encounter, self.encounter_id)
        stay = _last_step(work, encounter, StayBegin.ADMIT)
        at = happened(work, self.at)
        old = work.get(BedRequest, stay.request_id) if stay.request_id else None
        _void(work, stay, at, untouched=self.bed_untouched)
        planned = _was_planned(work, encounter, stay)
        encounter.ward_id = (old.from_ward_id if old else None) or encounter.ward_id
        encounter.discharge_ordered_at = None
        turn_back(work, encounter, S.PLANNED if planned else S.ARRIVED, at)
        follow_patient(work, encounter, at)
        request = request_of(work, encounter.id) or open_request(
            work, encounter, at, target_ward_id=stay.ward_id,
            priority=old.priority if old else 0, needed_by=old.needed_by if old else None,
        )  # fmt: skip
        tell(work, "AdmissionCancelled", encounter, stay.scope)
        return Restored(encounter=encounter, stay=None, request=request)


@dataclass(frozen=True, kw_only=True)
class CancelMove(OfEncounter, Command[Restored]):
    """Say that the last move never happened: back to the old bed if it is free, else waiting."""

    action = "bed.cancel"

    encounter_id: UUID
    bed_untouched: bool = False
    at: datetime | None = None

    def apply(self, work: Work) -> Restored:
        encounter = work.get(Encounter, self.encounter_id)
        stay = _last_step(work, encounter, StayBegin.MOVE)
        if stay.previous_id is None:
            raise RuntimeError("a move knows where it came from")
        old, at = work.get(BedStay, stay.previous_id), happened(work, self.at)
        _void(work, stay, at, untouched=self.bed_untouched)
        encounter.moves -= 1
        encounter.ward_id = old.ward_id
        restored = _restore(work, encounter, old, at)
        tell(work, "MoveCancelled", encounter, stay.scope)
        return restored


@dataclass(frozen=True, kw_only=True)
class CancelDeparture(OfEncounter, Command[Restored]):
    """Say that a departure never happened: back to the old bed if it is free, else waiting."""

    action = "bed.cancel"

    encounter_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> Restored:
        encounter, at = work.get(Encounter, self.encounter_id), happened(work, self.at)
        require_next(encounter, S.ADMITTED, {S.DISCHARGED: (S.ADMITTED, S.ARRIVED)})
        _resume_care(work, encounter)
        encounter.discharge_ordered_at = None
        old = _stay_left(work, encounter)
        if old is None:
            turn_back(work, encounter, S.ARRIVED, at)
            restored = Restored(encounter=encounter, stay=None, request=None)
        else:
            turn_back(work, encounter, S.ADMITTED, at)
            restored = _restore(work, encounter, old, at)
        tell(work, "DepartureCancelled", encounter)
        return restored


def _last_step(work: Work, encounter: Encounter, begun_by: StayBegin) -> BedStay:
    """The present stay, if this is how it began; else Conflict."""
    stay = require_stay(work, encounter.id)
    require_at_hand(encounter)
    if stay.begun_by != begun_by:
        raise Conflict(
            f"the last step was {stay.begun_by} at {stay.since.isoformat()}, not {begun_by}",
            reason="NOT_THE_LAST_STEP", blocking=stay.id, allowed=(str(stay.begun_by),),
        )  # fmt: skip
    return stay


def _void(work: Work, stay: BedStay, at: datetime, *, untouched: bool) -> None:
    bed = work.get(Bed, stay.bed_id)
    end_leave(work, stay, at)
    stay.voided_at = work.now
    work.session.flush()
    if untouched:
        clean_up_later(work, bed, at)
    else:
        soil(work, bed, stay, max(at, stay.since))
    work.subjects.add(stay.subject)
    work.emit("BedVacated", bed.scope, bed=bed.id, stay=stay.id, encounter=stay.encounter_id)


def _restore(work: Work, encounter: Encounter, old: BedStay, at: datetime) -> Restored:
    """The old bed if nothing but its own cleaning is in the way; else a place in the queue."""
    bed = work.get(Bed, old.bed_id)
    settle_expired(work, bed)
    task, page = task_on(work, bed.id), hygiene_of(work, bed.id)
    in_the_way = _in_the_way(work, encounter, bed, at)
    waiting = (CleaningState.QUEUED, CleaningState.ASSIGNED)
    if not in_the_way and task is not None and task.stay_id == old.id and task.state in waiting:
        return Restored(
            encounter=encounter, stay=_reopen(work, encounter, bed, old, at), request=None
        )
    if not in_the_way and page is not None and page.hygiene == Hygiene.CLEAN:
        request = fulfil_held(work, encounter, bed, at)
        stay = begin_stay(work, bed, encounter, at, StayBegin.RESTORE, previous=old,
                          request=request)  # fmt: skip
        return Restored(encounter=encounter, stay=stay, request=None)
    encounter.ward_id = old.ward_id
    turn_back(work, encounter, S.ARRIVED, at)
    follow_patient(work, encounter, at)
    request = request_of(work, encounter.id) or open_request(
        work, encounter, at, target_ward_id=old.ward_id
    )
    return Restored(encounter=encounter, stay=None, request=request)


def _in_the_way(work: Work, encounter: Encounter, bed: Bed, at: datetime) -> bool:
    """Anything but the bed's hygiene, which is the caller's next question."""
    if bed.removed_at is not None:
        return True
    placing = Placing(bed=bed, encounter=encounter, at=at)
    return any(
        rule != WaivedRule.BED_STATE or conflict.reason != "BED_NOT_CLEAN"
        for rule, conflict in obstacles(work, placing)
    )


def _reopen(work: Work, encounter: Encounter, bed: Bed, old: BedStay, at: datetime) -> BedStay:
    """As if nobody had left: the stay goes on, the bed is as it was, no cleaning is due."""
    left_at = old.until
    drop_task(work, bed, at)
    if left_at is not None:
        undo_soiling(work, bed, left_at)
    old.until, old.ended_by, old.ended_recorded_at = None, None, None
    request = fulfil_held(work, encounter, bed, at)
    old.request_id = request.id if request else old.request_id
    work.session.flush()
    follow_patient(work, encounter, at)
    work.emit("BedOccupied", bed.scope, bed=bed.id, stay=old.id, encounter=old.encounter_id)
    return old


def _was_planned(work: Work, encounter: Encounter, stay: BedStay) -> bool:
    """True where the admission was the arrival, too."""
    before = work.session.exec(
        select(EncounterPhase)
        .where(EncounterPhase.encounter_id == encounter.id, col(EncounterPhase.since) < stay.since)
        .order_by(col(EncounterPhase.since).desc())
    ).first()
    return before is not None and before.status == S.PLANNED


def _stay_left(work: Work, encounter: Encounter) -> BedStay | None:
    """The stay that the departure ended."""
    return work.session.exec(
        select(BedStay)
        .where(
            BedStay.encounter_id == encounter.id,
            BedStay.ended_by == StayEnd.DEPARTURE,
            col(BedStay.voided_at).is_(None),
        )
        .order_by(col(BedStay.until).desc())
    ).first()


def _resume_care(work: Work, encounter: Encounter) -> None:
    """Who treated the patient at the departure goes on."""
    ended = select(CareAssignment).where(
        CareAssignment.encounter_id == encounter.id, CareAssignment.until == encounter.ended_at
    )
    for care in work.session.exec(ended):
        care.until = None
