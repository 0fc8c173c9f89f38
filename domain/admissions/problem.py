"""The hospital frozen for a plan of admissions: who is there, who is to come, what there is."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from domain.admissions.buffer import emergency_buffers
from domain.admissions.model import AdmissionRequest, TheatreSession
from domain.admissions.states import OPEN
from domain.admissions.waiving import leaves, waivers
from domain.beds.facts import BedFact, OccupantFact, PlacementFacts, placement_facts
from domain.beds.model import BedBlock, BlockKind
from domain.patients.model import Encounter, ExpectedDischarge, Patient, PlacementNeed, SideRoom
from domain.places.model import CareLevel, RoomSex
from domain.places.model import RoomKind as Kind
from domain.staff.days import today, zone_of
from kit.canonical import canonical_json
from kit.errors import Invalid
from kit.work import Work
from solvers.admission_problem import (
    AdmissionProblem,
    Room,
    RoomSexPolicy,
    TheatreDay,
    Ward,
)
from solvers.admission_problem import Patient as Comes
from solvers.admissions import to_canonical
from solvers.bed_problem import Sex
from solvers.bed_ruleset import Isolation, RoomKind

FORMAT = "admission-plan-1"
HELD_DAYS = 2  # a date so near has a bed held and is not moved any more
POLICY = {
    RoomSex.FIXED_FEMALE: RoomSexPolicy.FEMALE,
    RoomSex.FIXED_MALE: RoomSexPolicy.MALE,
    RoomSex.DYNAMIC: RoomSexPolicy.SAME,
    RoomSex.MIXED: RoomSexPolicy.ANY,
}
OWN_ROOM = "room:own"


def frozen_admissions(
    work: Work, hospital_id: UUID, first: date, nights: int
) -> tuple[bytes, str, str]:
    """The problem's canonical bytes, their hash, and the version of the rule set."""
    freezing = _Freezing(work, hospital_id, first, nights)
    try:
        problem = freezing.problem()
    except ValueError as unfit:
        raise Invalid(f"no plan can be made: {unfit}", reason="PROBLEM_UNFIT") from unfit
    body = {
        "first_day": first.isoformat(),
        "format": FORMAT,
        "problem": to_canonical(problem),
        "waivers": [one.plain(first) for one in freezing.leaves],
        "versions": {str(row.id): row.version for row in freezing.asked},
    }
    frozen = canonical_json(body)
    return frozen, sha256(frozen).hexdigest(), problem.rules.version


class _Freezing:
    """One look at the hospital, night by night from `first`."""

    def __init__(self, work: Work, hospital_id: UUID, first: date, nights: int) -> None:
        self.session: Session = work.session
        self.now: datetime = work.now
        self.hospital_id, self.first, self.nights = hospital_id, first, nights
        self.zone: ZoneInfo = zone_of(work.session, hospital_id)
        self.today = today(work.session, hospital_id, work.now)
        self.facts: PlacementFacts = placement_facts(work.session, hospital_id, work.now)
        self.asked: Sequence[AdmissionRequest] = self.session.exec(
            select(AdmissionRequest)
            .where(
                AdmissionRequest.hospital_id == hospital_id,
                col(AdmissionRequest.state).in_(OPEN),
            )
            .order_by(col(AdmissionRequest.id))
        ).all()

        days = [first + timedelta(days=night) for night in range(nights)]
        wards = [ward.id for ward in self.facts.wards]
        self.buffers = emergency_buffers(
            self.session, hospital_id, wards, days, self.zone, self.now
        )
        self.leaves = leaves(self.session, hospital_id, self.now, self.zone)
        self.promised = {_only(row.room_id) for row in self.asked if self._fixed(row)}

    def _fixed(self, row: AdmissionRequest) -> bool:
        """A date so near, or past, that its room is not asked about again."""
        return row.planned_on is not None and (row.planned_on - self.today).days <= HELD_DAYS

    def problem(self) -> AdmissionProblem:
        return AdmissionProblem(
            nights=self.nights,
            patients=(*self._there(), *self._to_come()),
            rooms=tuple(self._rooms()),
            wards=tuple(
                Ward(key=str(w.id), min_age=w.min_age, max_age=w.max_age,
                     specialties=w.specialties, staffed=(w.staffed_beds,),
                     buffer=self.buffers.by_ward.get(w.id, ()))
                for w in self.facts.wards
            ),
            theatres=tuple(self._theatres()), waivers=tuple(waivers(self.leaves, self.first)),
            buffer_source=self.buffers.source,
        )  # fmt: skip

    def night(self, day: date) -> int:
        return (day - self.first).days

    def _rooms(self) -> Iterator[Room]:
        beds: dict[UUID, list[BedFact]] = defaultdict(list)
        for bed in self.facts.beds:
            beds[bed.room_id].append(bed)
        blocks = self._blocks()
        level = {ward.id: ward.care_level for ward in self.facts.wards}
        for room in self.facts.rooms:
            mine = beds[room.id]
            equipment = reduce(set[str].intersection, (set(bed.equipment) for bed in mine))
            own = {OWN_ROOM} if len(mine) == 1 or room.kind is not Kind.BAY else set()
            yield Room(
                key=str(room.id), ward=str(room.ward_id), beds=len(mine),
                kind=RoomKind(room.kind.value), sex_policy=POLICY[room.sex_policy],
                properties=(*equipment, *room.equipment, *own, _care(level[room.ward_id]),
                            *({_only(room.id)} & self.promised)),
                unusable=tuple(
                    sum(1 for bed in mine if blocks.get(bed.id, 0) > night)
                    for night in range(self.nights)
                ),
            )  # fmt: skip

    def _blocks(self) -> dict[UUID, int]:
        """How many nights of the horizon a bed is out of use; a closed one, or one without a
        known end, for all of them."""
        found: dict[UUID, int] = {}
        rows = self.session.exec(
            select(BedBlock).where(
                BedBlock.hospital_id == self.hospital_id, col(BedBlock.until).is_(None)
            )
        )
        for block in rows:
            ends = block.expected_until
            open_end = block.kind is BlockKind.CLOSED or ends is None
            found[block.bed_id] = (
                self.nights if open_end or ends is None else self.night(self._day(ends)) + 1
            )
        return found

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _there(self) -> Iterator[Comes]:
        """Who lies in a bed, or has one held, stays until the expected discharge; where nobody
        said when that is, for the whole horizon."""
        leaves = {
            row.encounter_id: row.expected_at
            for row in self.session.exec(
                select(ExpectedDischarge).where(
                    ExpectedDischarge.hospital_id == self.hospital_id,
                    col(ExpectedDischarge.until).is_(None),
                )
            )
        }
        dated = {row.encounter_id for row in self.asked}
        seen: set[UUID] = set()
        for occupant in sorted(self.facts.occupants, key=lambda o: (o.is_hold, str(o.id))):
            if occupant.encounter_id in seen or occupant.encounter_id in dated:
                continue
            seen.add(occupant.encounter_id)
            nights = self._nights_left(leaves.get(occupant.encounter_id))
            if nights > 0:
                yield _lying(occupant, nights)

    def _nights_left(self, leaves: datetime | None) -> int:
        """From the first night of the horizon; somebody overdue stays one more."""
        if leaves is None:
            return self.nights
        return self.night(max(self._day(leaves), self.today + timedelta(days=1)))

    def _to_come(self) -> Iterator[Comes]:
        people = {
            encounter.id: (patient, need)
            for encounter, patient, need in self.session.exec(
                select(Encounter, Patient, PlacementNeed)
                .join(Patient, col(Patient.id) == col(Encounter.patient_id))
                .outerjoin(
                    PlacementNeed,
                    (col(PlacementNeed.encounter_id) == col(Encounter.id))
                    & col(PlacementNeed.until).is_(None),
                )
                .where(col(Encounter.id).in_([row.encounter_id for row in self.asked]))
            )
        }
        for row in self.asked:
            patient, need = people[row.encounter_id]
            comes = self._comes(row, patient, need)
            if comes is not None:
                yield comes

    def _comes(
        self, row: AdmissionRequest, patient: Patient, need: PlacementNeed | None
    ) -> Comes | None:
        told = None if row.planned_on is None else self.night(row.planned_on)
        earliest = max(0, self.night(max(row.earliest, self.today)))
        latest = self.night(row.latest)
        fixed = self._fixed(row)
        if fixed and told is not None:
            earliest = latest = max(0, told)
        if earliest >= self.nights or latest < earliest:
            return None
        nights = row.nights + min(0, told or 0)
        if nights < 1:
            return None
        return Comes(
            key=str(row.id), sex=Sex(patient.sex.value),
            age_years=_years(patient.birth_date, self.first), care=((row.specialty, nights),),
            earliest=earliest, latest=latest, priority=row.priority,
            theatre_minutes=0 if (told or 0) < 0 else row.theatre_minutes,
            theatre_night=row.theatre_day,
            told_night=None if told is None else max(0, told),
            told_ward=None if row.ward_id is None else str(row.ward_id),
            told_room=None if row.room_id is None else str(row.room_id),
            **({"required": (_only(row.room_id),)} if fixed else _needed(need)),
        )  # fmt: skip

    def _theatres(self) -> Iterator[TheatreDay]:
        rows = self.session.exec(
            select(TheatreSession).where(
                TheatreSession.hospital_id == self.hospital_id,
                TheatreSession.day >= self.first,
                TheatreSession.day < self.first + timedelta(days=self.nights),
            )
        )
        for row in rows:
            yield TheatreDay(
                specialty=row.specialty, night=self.night(row.day), minutes=row.minutes
            )


def _lying(occupant: OccupantFact, nights: int) -> Comes:
    return Comes(
        key=f"there:{occupant.encounter_id}", sex=Sex(occupant.sex.value), care=(("", nights),),
        isolation=Isolation(occupant.isolation.value), organism=occupant.organism,
        current_room=str(occupant.room_id), pinned=True,
    )  # fmt: skip


def _needed(need: PlacementNeed | None) -> dict[str, Any]:
    """What the room must offer and what is wished for, as properties of rooms."""
    if need is None:
        return {"required": (_care(CareLevel.WARD),)}
    required = [*need.required_equipment, _care(need.care_level)]
    preferred = list(need.preferred_equipment)
    if need.side_room is SideRoom.REQUIRED:
        required.append(OWN_ROOM)
    if need.side_room is SideRoom.PREFERRED:
        preferred.append(OWN_ROOM)
    return {
        "required": tuple(required),
        "preferred": tuple(preferred),
        "isolation": Isolation(need.isolation.value),
        "organism": need.organism,
    }


def _only(room_id: UUID | None) -> str:
    """The property that this room alone has."""
    return f"room:{room_id}"


def _care(level: CareLevel) -> str:
    return f"care:{level.value}"


def _years(born: date | None, on: date) -> int | None:
    if born is None:
        return None
    return max(on.year - born.year - ((on.month, on.day) < (born.month, born.day)), 0)
