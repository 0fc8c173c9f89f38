"""May this patient lie in that bed now? Every obstacle, with what is in the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from domain.beds.model import Bed, BlockKind, Hygiene, WaivedRule, Waiver
from domain.beds.presence import (
    as_newcomer,
    beds_in_use,
    block_on,
    hold_on,
    hygiene_of,
    lying_in,
    stay_that_counts_after,
    task_on,
)
from domain.beds.rules import NEXT_HYGIENE, Lying, broken_rules
from domain.beds.waivers import usable
from domain.patients.model import Encounter
from domain.patients.states import IN_BED, NEXT
from domain.places.model import Room
from domain.places.queries import staffed_beds
from kit.errors import Conflict, Invalid
from kit.work import Work

Obstacle = tuple[WaivedRule | None, Conflict]


@dataclass(frozen=True, kw_only=True, slots=True)
class Placing:
    """A patient to be put in a bed at a time. `leaving` is the bed given up for it."""

    bed: Bed
    encounter: Encounter
    at: datetime
    leaving: Bed | None = None
    to_hold: bool = False  # it need be neither empty nor clean yet


def permit(work: Work, placing: Placing, waiver_ids: Sequence[UUID] = ()) -> tuple[Waiver, ...]:
    """Raise the first obstacle that no given waiver covers; else the waivers that were needed."""
    bed, encounter = placing.bed, placing.encounter
    if bed.hospital_id != encounter.hospital_id:
        raise Invalid("the bed is in another hospital; ask for a transfer", field="bedId")
    waivers = usable(work, waiver_ids, bed, encounter)
    used: dict[UUID, Waiver] = {}
    for rule, conflict in obstacles(work, placing):
        waiver = waivers.get(rule) if rule else None
        if waiver is None:
            raise conflict
        used[waiver.id] = waiver
    return tuple(used.values())


def obstacles(work: Work, placing: Placing) -> Iterator[Obstacle]:
    """Everything in the way, hardest first, each with the rule that would have to be waived."""
    if not placing.to_hold:
        yield from _taken(work, placing)
    yield from held(work, placing.bed, placing.encounter, to_hold=placing.to_hold)
    if not placing.to_hold:
        yield from _other_bed(work, placing)
    yield from blocked(work, placing.bed, placing.at)
    if not placing.to_hold:
        yield from _unclean(work, placing)
    yield from _room(work, placing)
    yield from _headroom(work, placing)


def room_obstacles(newcomer: Lying, lying: Sequence[Lying], room: Room) -> Iterator[Obstacle]:
    """The rules of the room that the newcomer would break."""
    for rule, mate in broken_rules(newcomer, lying, room.sex_policy):
        whom = f" because of {mate.key}" if mate else ""
        yield rule, Conflict(
            f"{rule} of room {room.code} forbids it{whom}; it takes a waiver", reason=str(rule),
            blocking=mate.key if mate else room.id,
        )  # fmt: skip


def _taken(work: Work, placing: Placing) -> Iterator[Obstacle]:
    stay = stay_that_counts_after(work, placing.bed.id, placing.at)
    if stay is not None:
        lying = work.get(Encounter, stay.encounter_id)
        end = f" to {stay.until.isoformat()}" if stay.until else ""
        yield None, Conflict(
            f"bed {placing.bed.code} is taken by stay {stay.id} since"
            f" {stay.since.isoformat()}{end}",
            reason="BED_TAKEN", blocking=stay.id,
            allowed=tuple(str(state) for state in NEXT[lying.status]),
        )  # fmt: skip


def held(
    work: Work, bed: Bed, encounter: Encounter, *, to_hold: bool = False
) -> Iterator[Obstacle]:
    """The hold on the bed, unless it was made for this patient, who now comes."""
    hold = hold_on(work, bed.id)
    if hold is None or hold.expires_at <= work.now:
        return
    if hold.encounter_id == encounter.id and not to_hold:
        return
    yield (
        None,
        Conflict(
            f"bed {bed.code} is held by {hold.id} since {hold.since.isoformat()} until"
            f" {hold.expires_at.isoformat()}",
            reason="BED_HELD", blocking=hold.id, allowed=("CONSUMED", "RELEASED", "EXPIRED"),
        ),
    )  # fmt: skip


def _other_bed(work: Work, placing: Placing) -> Iterator[Obstacle]:
    """One body lies in one bed, under whichever encounter."""
    other = work.session.exec(
        select(Encounter).where(
            Encounter.patient_id == placing.encounter.patient_id,
            Encounter.id != placing.encounter.id,
            col(Encounter.status).in_(IN_BED),
        )
    ).first()
    if other is not None:
        yield None, Conflict(
            f"the patient lies in a bed under encounter {other.id}; end that one first",
            reason="PATIENT_IN_BED", blocking=other.id,
            allowed=tuple(str(state) for state in NEXT[other.status]),
        )  # fmt: skip


def blocked(work: Work, bed: Bed, at: datetime) -> Iterator[Obstacle]:
    """The block or closure of a bed at `at`, or else now; a closed bed takes nobody at all."""
    for moment in (at, None):
        block = block_on(work, bed.id, moment)
        if block is not None:
            yield (
                None if block.kind == BlockKind.CLOSED else WaivedRule.BED_STATE,
                Conflict(
                    f"bed {bed.code} is {block.kind} since {block.since.isoformat()}",
                    reason=f"BED_{block.kind}", blocking=block.id, allowed=("OPEN",),
                ),
            )  # fmt: skip
            return


def _unclean(work: Work, placing: Placing) -> Iterator[Obstacle]:
    for moment in (placing.at, None):
        page = hygiene_of(work, placing.bed.id, moment)
        if page is None:
            raise Invalid("the bed was not there yet", reason="BEFORE_THE_BED", field="at",
                          blocking=placing.bed.id)  # fmt: skip
        if page.hygiene != Hygiene.CLEAN:
            task = task_on(work, placing.bed.id)
            yield WaivedRule.BED_STATE, Conflict(
                f"bed {placing.bed.code} is {page.hygiene} since {page.since.isoformat()}",
                reason="BED_NOT_CLEAN", blocking=task.id if task else placing.bed.id,
                allowed=tuple(str(state) for state in NEXT_HYGIENE[page.hygiene]),
            )  # fmt: skip
            return


def _room(work: Work, placing: Placing) -> Iterator[Obstacle]:
    lying = lying_in(work, placing.bed.room_id)
    lying.pop(placing.encounter.id, None)
    newcomer = as_newcomer(work, placing.bed, placing.encounter)
    room = work.get(Room, placing.bed.room_id)
    yield from room_obstacles(newcomer, tuple(lying.values()), room)


def _headroom(work: Work, placing: Placing) -> Iterator[Obstacle]:
    bed, leaving = placing.bed, placing.leaving
    if not bed.censusable or (leaving and leaving.ward_id == bed.ward_id and leaving.censusable):
        return
    in_use = beds_in_use(work, bed.ward_id)
    if bed.id in in_use:
        return  # its own hold, or a patient about to leave: nobody is added
    staffed = staffed_beds(work.session, bed.ward_id)
    if len(in_use) >= staffed:
        yield WaivedRule.STAFFED_CAPACITY, Conflict(
            f"{len(in_use)} beds are in use and staff is there for {staffed}; it takes a waiver",
            reason="STAFFED_CAPACITY", blocking=bed.ward_id,
        )  # fmt: skip
