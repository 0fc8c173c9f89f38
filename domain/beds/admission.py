"""Commands that put patients into beds: arrive, admit, move, swap."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.beds.holds import settle_expired
from domain.beds.model import (
    Bed,
    BedRequest,
    BedStay,
    StayBegin,
    StayEnd,
    Waiver,
)
from domain.beds.placing import Placing, blocked, held, permit, room_obstacles
from domain.beds.presence import (
    as_newcomer,
    hold_on,
    lying_in,
    request_of,
    require_bed,
    require_stay,
    stay_of,
)
from domain.beds.rules import CONTAMINATING, cohort
from domain.beds.stays import begin_stay, end_stay, fulfil, fulfil_held, vacate
from domain.beds.waiting import follow_patient
from domain.beds.waivers import usable
from domain.patients.episodes import require_ward, tell
from domain.patients.model import Encounter, EncounterStatus
from domain.patients.states import NEXT, require_live, require_next, turn
from domain.places.model import Room, Ward
from domain.places.times import happened
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

S = EncounterStatus


@dataclass(frozen=True, kw_only=True)
class ArrivePatient(Command[Encounter]):
    """Record that a planned patient has come to a ward and waits there."""

    action = "encounter.arrive"

    encounter_id: UUID
    ward_id: UUID
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        work.get(Encounter, self.encounter_id)
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> Encounter:
        encounter = work.get(Encounter, self.encounter_id)
        require_ward(work, self.ward_id, encounter.hospital_id, needed=True)
        before, at = encounter.scope, happened(work, self.at)
        require_next(encounter, S.ARRIVED)
        encounter.ward_id, encounter.arrived_at = self.ward_id, at
        turn(work, encounter, S.ARRIVED, at)
        follow_patient(work, encounter, at)
        tell(work, "PatientArrived", encounter, before)
        return encounter


@dataclass(frozen=True, kw_only=True)
class AdmitPatient(Command[BedStay]):
    """Put a patient in a free bed. The encounter's request is fulfilled, its hold consumed."""

    action = "bed.admit"

    encounter_id: UUID
    bed_id: UUID
    waivers: tuple[UUID, ...] = ()
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        work.get(Encounter, self.encounter_id)
        return work.get(Bed, self.bed_id).scope

    def apply(self, work: Work) -> BedStay:
        encounter = work.get(Encounter, self.encounter_id)
        bed = require_bed(work, self.bed_id)
        at = happened(work, self.at)
        _require_admissible(work, encounter)
        settle_expired(work, bed)
        used = permit(work, Placing(bed=bed, encounter=encounter, at=at), self.waivers)
        before = encounter.scope
        encounter.ward_id = bed.ward_id
        if encounter.status == S.PLANNED:
            encounter.arrived_at = at
            turn(work, encounter, S.ARRIVED, at)
        turn(work, encounter, S.ADMITTED, at)
        request = fulfil(work, encounter, bed, at)
        stay = begin_stay(work, bed, encounter, at, StayBegin.ADMIT, request=request, waivers=used)
        tell(work, "PatientAdmitted", encounter, before)
        return stay


@dataclass(frozen=True, kw_only=True)
class MovePatient(Command[BedStay]):
    """Move a patient to another bed; the old one is dirty from then on.

    Within a ward the ward decides; between wards the hospital, unless the bed is held for the
    patient: then the receiving ward has agreed already.
    """

    action = "bed.move"

    encounter_id: UUID
    bed_id: UUID
    waivers: tuple[UUID, ...] = ()
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        encounter = work.get(Encounter, self.encounter_id)
        bed = work.get(Bed, self.bed_id)
        hold = hold_on(work, bed.id)
        agreed = hold is not None and hold.encounter_id == encounter.id
        if agreed or encounter.ward_id in (None, bed.ward_id):
            return bed.scope
        return Scope(bed.hospital_id)

    def apply(self, work: Work) -> BedStay:
        encounter = work.get(Encounter, self.encounter_id)
        old = require_stay(work, encounter.id)
        bed = require_bed(work, self.bed_id)
        if bed.id == old.bed_id:
            raise Conflict(f"the patient lies in this bed since {old.since.isoformat()}",
                           reason="SAME_BED", blocking=old.id)  # fmt: skip
        require_at_hand(encounter)
        at = happened(work, self.at)
        settle_expired(work, bed)
        leaving = work.get(Bed, old.bed_id)
        used = permit(
            work, Placing(bed=bed, encounter=encounter, at=at, leaving=leaving), self.waivers
        )
        before = encounter.scope
        vacate(work, old, at, StayEnd.MOVE)
        request = self._fulfil(work, encounter, bed, leaving, at)
        stay = begin_stay(work, bed, encounter, at, StayBegin.MOVE, request=request, previous=old,
                          waivers=used)  # fmt: skip
        encounter.moves += 1
        tell(work, "PatientMoved", encounter, before)
        return stay

    def _fulfil(
        self, work: Work, encounter: Encounter, bed: Bed, leaving: Bed, at: datetime
    ) -> BedRequest | None:
        """A move inside the ward leaves a request for another ward waiting."""
        request = request_of(work, encounter.id)
        if request is None:
            return None
        hold = hold_on(work, bed.id)
        elsewhere = request.target_ward_id not in (None, bed.ward_id)
        if elsewhere and hold is None and bed.ward_id == leaving.ward_id:
            return None
        return fulfil(work, encounter, bed, at)


@dataclass(frozen=True, kw_only=True)
class SwapPatients(Command[tuple[BedStay, BedStay]]):
    """Let two patients exchange their beds at one instant. Requests keep waiting.

    The beds change linen but stay in use, so neither becomes dirty; a patient in isolation
    swaps only within a matching cohort.
    """

    action = "bed.swap"

    encounter_id: UUID
    other_id: UUID
    waivers: tuple[UUID, ...] = ()
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        one, other = work.get(Encounter, self.encounter_id), work.get(Encounter, self.other_id)
        return one.scope if one.scope == other.scope else Scope(one.hospital_id)

    def apply(self, work: Work) -> tuple[BedStay, BedStay]:
        if self.encounter_id == self.other_id:
            raise Invalid("name two patients", field="otherId")
        one, other = work.get(Encounter, self.encounter_id), work.get(Encounter, self.other_id)
        if one.hospital_id != other.hospital_id:
            raise Invalid("the patients are in two hospitals", field="otherId")
        first, second = require_stay(work, one.id), require_stay(work, other.id)
        require_at_hand(one)
        require_at_hand(other)
        at = happened(work, self.at)
        here, there = work.get(Bed, first.bed_id), work.get(Bed, second.bed_id)
        settle_expired(work, here)
        settle_expired(work, there)
        _require_cohort(work, here, one, other, second)
        used = (
            self._permit(work, there, one, other, here),
            self._permit(work, here, other, one, there),
        )
        for stay in (first, second):
            end_stay(work, stay, at, StayEnd.SWAP)
        for encounter in (one, other):
            encounter.moves += 1
        stays = (
            begin_stay(work, there, one, at, StayBegin.SWAP, previous=first, waivers=used[0],
                       request=fulfil_held(work, one, there, at)),
            begin_stay(work, here, other, at, StayBegin.SWAP, previous=second, waivers=used[1],
                       request=fulfil_held(work, other, here, at)),
        )  # fmt: skip
        tell(work, "PatientsSwapped", one)
        tell(work, "PatientsSwapped", other)
        return stays

    def _permit(
        self, work: Work, bed: Bed, encounter: Encounter, other: Encounter, old: Bed
    ) -> tuple[Waiver, ...]:
        """The rules of the bed and its room, as they will be when both have changed places."""
        lying = lying_in(work, bed.room_id)
        lying.pop(encounter.id, None)
        lying.pop(other.id, None)
        if old.room_id == bed.room_id:
            lying[other.id] = as_newcomer(work, old, other)
        newcomer, room = as_newcomer(work, bed, encounter), work.get(Room, bed.room_id)
        waivers = usable(work, self._meant_for(work, bed), bed, encounter)
        obstacles = [*held(work, bed, encounter), *blocked(work, bed, happened(work, self.at)),
                     *room_obstacles(newcomer, tuple(lying.values()), room)]  # fmt: skip
        for rule, conflict in obstacles:
            if rule not in waivers:
                raise conflict
        return tuple(waivers[rule] for rule, _ in obstacles if rule is not None)

    def _meant_for(self, work: Work, bed: Bed) -> list[UUID]:
        """Of the given waivers those for this side of the exchange."""
        granted = [work.get(Waiver, waiver_id) for waiver_id in self.waivers]
        return [
            one.id for one in granted if one.ward_id == bed.ward_id and one.bed_id in (None, bed.id)
        ]


def require_at_hand(encounter: Encounter) -> None:
    """Raise Conflict if the patient is on leave or dead: nobody moves who is not there."""
    require_live(encounter)
    if encounter.status == S.ON_LEAVE:
        raise Conflict("the patient is on leave", reason="ON_LEAVE", blocking=encounter.id,
                       allowed=tuple(str(state) for state in NEXT[S.ON_LEAVE]))  # fmt: skip


def _require_admissible(work: Work, encounter: Encounter) -> None:
    """Raise Conflict unless the patient is planned or waits; names the bed of one who lies."""
    stay = stay_of(work, encounter.id)
    if stay is not None:
        raise Conflict(
            f"the patient lies in bed {stay.bed_id} by stay {stay.id} since"
            f" {stay.since.isoformat()}; move the patient",
            reason="ALREADY_IN_BED", blocking=stay.id,
            allowed=tuple(str(state) for state in NEXT[encounter.status]),
        )  # fmt: skip
    if encounter.status != S.PLANNED:
        require_next(encounter, S.ADMITTED)


def _require_cohort(
    work: Work, here: Bed, one: Encounter, other: Encounter, second: BedStay
) -> None:
    """Nobody goes into a bed that an infectious patient has just left, unless of one cohort."""
    first_lies, second_lies = as_newcomer(work, here, one), as_newcomer(work, here, other)
    infectious = {first_lies.isolation, second_lies.isolation} & CONTAMINATING
    if infectious and not cohort(first_lies, second_lies):
        raise Conflict("one of the two is isolated; move them, with a terminal clean between",
                       reason="ROOM_ISOLATION", blocking=second.id)  # fmt: skip
