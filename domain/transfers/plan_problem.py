"""The network, frozen for the transfer solver: who waits, and who could take them.

Whoever waits for a bed in a chosen hospital may be moved, unless a bed is held or a transfer is
open already. Hospitals at the highest declared pressure take nobody from outside.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from domain.beds.facts import WAITING, PlacementFacts, RequestFacts, placement_facts
from domain.measures.pressure import HIGHEST
from domain.places.model import ApprovalMode, Hospital
from domain.pressure.model import PressureDeclaration
from domain.transfers.knowing import knowing_hospitals
from domain.transfers.model import Consent as ConsentRow
from domain.transfers.model import Transfer
from domain.transfers.plan_need import forecast_need
from domain.transfers.ways import measured_ways
from domain.transfers.words import ConsentWord, TransferState
from kit.canonical import canonical_json
from kit.errors import Invalid
from kit.work import Work
from solvers.transfer_canonical import problem_hash, to_canonical
from solvers.transfer_problem import Consent, Patient, TransferProblem, Travel, Unit
from solvers.transfer_problem import Hospital as Site
from solvers.transfer_problem import Site as Point
from solvers.transfer_ruleset import DEFAULT_TRANSFER_RULES, SURGE_TRANSFER_RULES

MILLION = 1_000_000
_CONSENTS = {
    ConsentWord.GIVEN: (Consent.GIVEN, False),
    ConsentWord.REFUSED: (Consent.REFUSED, False),
    ConsentWord.OVERRIDDEN: (Consent.NONE, True),
}


def frozen_network(work: Work, hospital_id: UUID | None, days: int) -> tuple[bytes, str, str]:
    """The problem's canonical bytes, their hash, and the version of the rule set.

    Patients of one hospital, or of all; every hospital may receive. Raises Invalid.
    """
    try:
        problem = network_problem(work.session, hospital_id, work.now, days)
    except ValueError as unfit:
        raise Invalid(f"no plan can be made: {unfit}", reason="PROBLEM_UNFIT") from unfit
    return canonical_json(to_canonical(problem)), problem_hash(problem), problem.rules.version


def network_problem(
    session: Session, hospital_id: UUID | None, now: datetime, days: int = 1
) -> TransferProblem:
    """As it is at this moment, under pseudonymous keys: requests are the patients.

    Beds are kept free for what is forecast of the next `days`.
    """
    hospitals = session.exec(select(Hospital).order_by(col(Hospital.id))).all()
    known = {one.id: placement_facts(session, one.id, now) for one in hospitals}
    closed, surge = _closed(session, now), ApprovalMode.SURGE
    ways = _family_ways(known)
    people = _People(session, now, {name for name, _ in ways})
    need = forecast_need(session, known, days, now)
    rules = DEFAULT_TRANSFER_RULES
    if any(one.approval_mode == surge for one in hospitals):
        rules = SURGE_TRANSFER_RULES
    return TransferProblem(
        hospitals=tuple(
            _site(one, known[one.id], need.beds, accepting=one.id not in closed)
            for one in hospitals
        ),
        patients=tuple(
            patient
            for one in hospitals if hospital_id in (None, one.id)
            for patient in people.of(one.id, known[one.id])
        ),
        points=tuple(Point(key=_point(name)) for name in {name for name, _ in ways}),
        travel=tuple(
            Travel(origin=_point(name), hospital=str(hospital), minutes=minutes)
            for (name, hospital), minutes in ways.items()
        ) + tuple(
            Travel(origin=str(way.hospital_id), hospital=str(way.to_hospital_id),
                   minutes=way.minutes)
            for way in measured_ways(session) if way.minutes is not None
        ),
        need_source=need.source,
        rules=rules,
    )  # fmt: skip


class _People:
    """Who may be moved, what was said to it, who has said no, and which hospital knows them."""

    def __init__(self, session: Session, now: datetime, districts: Collection[str]) -> None:
        self._now = now
        self._districts = {name: _point(name) for name in districts}
        consents = session.exec(select(ConsentRow).where(col(ConsentRow.until).is_(None)))
        self._knowing = knowing_hospitals(session)
        self._said = {one.encounter_id: ConsentWord(one.word) for one in consents}
        self._under_way: set[UUID] = set()
        self._declined: dict[UUID, set[str]] = defaultdict(set)
        shown = (col(Transfer.until).is_(None)) | (Transfer.state == TransferState.DECLINED)
        for one in session.exec(select(Transfer).where(shown)):
            if one.until is not None:
                self._declined[one.encounter_id].add(str(one.to_hospital_id))
                continue
            self._under_way.add(one.encounter_id)
            if one.receiving_encounter_id is not None:
                self._under_way.add(one.receiving_encounter_id)

    def of(self, hospital_id: UUID, facts: PlacementFacts) -> Iterable[Patient]:
        wards = {bed.id: bed.ward_id for bed in facts.beds}
        levels = {ward.id: ward.care_level.value for ward in facts.wards}
        for request in facts.requests:
            if request.state not in WAITING or request.encounter_id in self._under_way:
                continue
            lies_in = levels.get(wards[request.current_bed]) if request.current_bed else None
            yield self._patient(str(hospital_id), request, lies_in)

    def _patient(self, origin: str, request: RequestFacts, lies_in: str | None) -> Patient:
        said = self._said.get(request.encounter_id)
        consent, override = _CONSENTS[said] if said else (Consent.NONE, False)
        knowing = self._knowing.get(request.encounter_id)
        return Patient(
            key=str(request.id), origin=origin, level=request.care_level.value,
            specialty=request.specialty, equipment=request.required_equipment,
            urgency=request.priority, waiting_min=request.waiting_min, lies_in=lies_in,
            may_stay=lies_in is not None, consent=consent, emergency_override=override,
            latest_min=self._latest(request), continuity=str(knowing) if knowing else None,
            declined=tuple(self._declined[request.encounter_id]),
            family=self._districts.get(request.wish.family_district or ""),
        )  # fmt: skip

    def _latest(self, request: RequestFacts) -> int | None:
        """Minutes from now; a time that has passed binds nobody any more."""
        if request.needed_by is None or request.needed_by <= self._now:
            return None
        return int((request.needed_by - self._now).total_seconds()) // 60


def _family_ways(known: Mapping[UUID, PlacementFacts]) -> dict[tuple[str, UUID], int]:
    """Minutes of a family from each district to each hospital: to the nearest ward that says. A
    hospital that does not say counts as far as the farthest, for silence must not draw anybody."""
    said: dict[str, dict[UUID, int]] = defaultdict(dict)
    for hospital, facts in known.items():
        for ward in facts.wards:
            for district, minutes in ward.offer.travel_min:
                said[district][hospital] = min(minutes, said[district].get(hospital, minutes))
    return {
        (district, hospital): minutes.get(hospital, max(minutes.values()))
        for district, minutes in said.items()
        for hospital in known
    }


def _point(district: str) -> str:
    return f"district:{district}"


def _site(
    hospital: Hospital, facts: PlacementFacts, need: Mapping[UUID, int], *, accepting: bool
) -> Site:
    equipment = {item for room in facts.rooms for item in room.equipment}
    equipment |= {item for bed in facts.beds for item in bed.equipment}
    return Site(
        key=str(hospital.id), lat_e6=_e6(hospital.latitude, hospital.longitude),
        lon_e6=_e6(hospital.longitude, hospital.latitude), accepting=accepting,
        specialties=tuple(sorted({name for w in facts.wards for name, _ in w.specialties})),
        equipment=tuple(sorted(equipment)), units=tuple(_units(facts, need)),
    )  # fmt: skip


def _units(facts: PlacementFacts, need: Mapping[UUID, int]) -> Sequence[Unit]:
    """Wards of one level of care together: their staff and who is in them or expected."""
    staffed: dict[str, int] = defaultdict(int)
    occupied: dict[str, int] = defaultdict(int)
    expected: dict[str, int] = defaultdict(int)
    for ward in facts.wards:
        staffed[ward.care_level.value] += ward.staffed_beds
        occupied[ward.care_level.value] += ward.census + ward.holds
        expected[ward.care_level.value] += need.get(ward.id, 0)
    return [
        Unit(level=level, staffed=staffed[level], occupied=occupied[level],
             need_p90=expected[level])
        for level in sorted(staffed)
    ]  # fmt: skip


def _closed(session: Session, now: datetime) -> set[UUID]:
    rows = session.exec(
        select(PressureDeclaration).where(
            col(PressureDeclaration.until).is_(None), PressureDeclaration.level == HIGHEST
        )
    )
    return {row.hospital_id for row in rows if row.ends_at is None or row.ends_at >= now}


def _e6(degrees: float | None, other: float | None) -> int | None:
    return None if degrees is None or other is None else round(degrees * MILLION)
