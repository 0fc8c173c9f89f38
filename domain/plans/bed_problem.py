"""The world, frozen for the bed solver: what it may know, under pseudonymous keys."""

from collections.abc import Iterator
from uuid import UUID

from domain.beds.facts import PlacementFacts, WaiverFact, placement_facts
from domain.beds.model import BedRequest, RequestState
from domain.beds.presence import stay_of
from domain.plans.model import SolverRun
from kit.canonical import canonical_json, parse_canonical
from kit.errors import Invalid
from kit.work import Work
from solvers.bed_problem import (
    Bed,
    BedPlanProblem,
    Occupant,
    Request,
    Room,
    RoomSex,
    RoomWish,
    Scope,
    Sex,
    SideRoom,
    Waiver,
    Ward,
    WardSex,
)
from solvers.bed_ruleset import Isolation, RoomKind
from solvers.beds import from_canonical, problem_hash, to_canonical

# A waiver of the hospital, in the solver's rules.
WAIVED_RULES = {
    "BED_STATE": ("BED_READY",),
    "ROOM_SEX": ("ROOM_SEX",),
    "ROOM_ISOLATION": ("ISOLATION", "CO_BLOCKING"),
    "STAFFED_CAPACITY": ("STAFFED_CAPACITY",),
}
WAITING = (RequestState.ACTIVE, RequestState.PROPOSED)


def frozen_problem(work: Work, hospital_id: UUID, ward_id: UUID | None) -> tuple[bytes, str, str]:
    """The problem's canonical bytes, their hash, and the version of the rule set."""
    try:
        problem = problem_of(placement_facts(work.session, hospital_id, work.now, ward_id))
    except ValueError as unfit:
        raise Invalid(f"no plan can be made: {unfit}", reason="PROBLEM_UNFIT") from unfit
    return canonical_json(to_canonical(problem)), problem_hash(problem), problem.rules.version


def problem_of(facts: PlacementFacts) -> BedPlanProblem:
    """The facts as a problem. A request that has a bed held is left as it is."""
    waiting = {r.encounter_id: str(r.id) for r in facts.requests if r.state in WAITING}
    return BedPlanProblem(
        requests=tuple(_requests(facts)),
        beds=tuple(
            Bed(key=str(b.id), ward=str(b.ward_id), room=str(b.room_id), equipment=b.equipment,
                visible=b.visible, blocked_by=b.blocked_by)
            for b in facts.beds
        ),
        rooms=tuple(
            Room(key=str(r.id), ward=str(r.ward_id), kind=RoomKind(r.kind.value),
                 sex_policy=RoomSex(r.sex_policy.value), equipment=r.equipment)
            for r in facts.rooms
        ),
        wards=tuple(
            Ward(key=str(w.id), care_level=w.care_level.value, specialties=w.specialties,
                 sex_policy=WardSex(w.sex_policy.value), min_age=w.min_age, max_age=w.max_age,
                 staffed_beds=w.staffed_beds, census=w.census, holds=w.holds,
                 languages=w.offer.languages, nurse_sexes=w.offer.nurse_sexes,
                 travel_min=w.offer.travel_min)
            for w in facts.wards
        ),
        occupants=tuple(
            Occupant(key=str(o.id), room=str(o.room_id), sex=Sex(o.sex.value),
                     isolation=Isolation(o.isolation.value), organism=o.organism,
                     request=waiting.get(o.encounter_id))
            for o in facts.occupants
        ),
        waivers=tuple(w for fact in facts.waivers for w in _waivers(fact, facts, waiting)),
    )  # fmt: skip


def people_of(work: Work, run: SolverRun) -> dict[UUID, tuple[UUID, UUID, UUID | None]]:
    """Of every request in the problem: encounter, subject and present bed."""
    problem = from_canonical(parse_canonical(run.problem))
    found: dict[UUID, tuple[UUID, UUID, UUID | None]] = {}
    for asked in problem.requests:
        request = work.get(BedRequest, UUID(asked.key))
        stay = stay_of(work, request.encounter_id)
        found[request.id] = (request.encounter_id, request.subject, stay.bed_id if stay else None)
    return found


def _requests(facts: PlacementFacts) -> Iterator[Request]:
    here = {bed.id for bed in facts.beds}
    wards = {ward.id for ward in facts.wards}
    for one in facts.requests:
        if one.state not in WAITING or (one.target_ward and one.target_ward not in wards):
            continue
        yield Request(
            key=str(one.id), encounter=str(one.encounter_id), sex=Sex(one.sex.value),
            age_years=one.age_years, priority=one.priority, waiting_min=one.waiting_min,
            isolation=Isolation(one.isolation.value), organism=one.organism,
            side_room=SideRoom(one.side_room.value), care_level=one.care_level.value,
            specialty=one.specialty,
            required_equipment=one.required_equipment,
            preferred_equipment=one.preferred_equipment,
            needs_supervision=one.needs_supervision, falls_risk=one.falls_risk,
            immunosuppressed=one.immunosuppressed, end_of_life=one.end_of_life,
            infection=one.infection, moves_so_far=one.moves_so_far,
            current_bed=_key(one.current_bed if one.current_bed in here else None),
            target_ward=_key(one.target_ward), prefers_room=RoomWish(one.wish.room.value),
            prefers_languages=one.wish.languages, prefers_nurse_sex=one.wish.nurse_sex,
            family_district=one.wish.family_district, family_minutes=one.wish.family_minutes,
        )  # fmt: skip


def _waivers(fact: WaiverFact, facts: PlacementFacts, waiting: dict[UUID, str]) -> Iterator[Waiver]:
    """Execution checks the waiver again, so a wider reading here costs a stale item at worst."""
    for rule in WAIVED_RULES[fact.rule]:
        if fact.encounter_id is not None:
            request = waiting.get(fact.encounter_id)
            if request is not None:
                yield Waiver(rule=rule, scope=Scope.REQUEST, key=request)
        elif fact.bed_id is None:
            yield Waiver(rule=rule, scope=Scope.WARD, key=str(fact.ward_id))
        elif rule in ("BED_READY", "ISOLATION"):
            yield Waiver(rule=rule, scope=Scope.BED, key=str(fact.bed_id))
        else:
            rooms = {bed.id: bed.room_id for bed in facts.beds}
            yield Waiver(rule=rule, scope=Scope.ROOM, key=str(rooms[fact.bed_id]))


def _key(value: UUID | None) -> str | None:
    return str(value) if value else None
