"""The hospital frozen for a chain of moves: who waits, and who could give way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from domain.beds.facts import PlacementFacts, placement_facts
from domain.beds.model import BedRequest, BedStay
from domain.patients.model import Encounter, EncounterStatus, Patient, PlacementNeed
from domain.plans.bed_problem import WAITING, problem_of
from kit.canonical import canonical_json
from kit.errors import Conflict, Invalid
from kit.work import Work
from solvers.bed_problem import BedPlanProblem, Occupant, Request, Sex, SideRoom
from solvers.bed_ruleset import Isolation
from solvers.beds import to_canonical

FORMAT = "move-chain-problem-1"


def frozen_chain(work: Work, request: BedRequest, most_moves: int) -> tuple[bytes, str, str]:
    """The problem's canonical bytes, their hash, and the version of the rule set."""
    if request.state not in WAITING:
        raise Conflict(f"the request is {request.state}", reason="REQUEST_STATE",
                       blocking=request.id, allowed=tuple(str(s) for s in WAITING))  # fmt: skip
    facts = placement_facts(work.session, request.hospital_id, work.now)
    try:
        problem = _with_movable(work.session, facts, str(request.id), work.now)
    except ValueError as unfit:
        raise Invalid(f"no chain can be planned: {unfit}", reason="PROBLEM_UNFIT") from unfit
    body = {
        "format": FORMAT,
        "most_moves": most_moves,
        "problem": to_canonical(problem),
        "target": str(request.id),
    }
    frozen = canonical_json(body)
    return frozen, sha256(frozen).hexdigest(), problem.rules.version


def _with_movable(
    session: Session, facts: PlacementFacts, target: str, now: datetime
) -> BedPlanProblem:
    """The bed problem with one request, and everybody who lies here and may be moved."""
    problem = problem_of(facts)
    asked = tuple(request for request in problem.requests if request.key == target)
    waiting = {request.encounter for request in problem.requests}
    movable = {
        request.encounter: request
        for request in _lying(session, facts, now.date())
        if request.encounter not in waiting
    }
    links = {request.encounter: request.key for request in (*asked, *movable.values())}
    occupants = tuple(
        Occupant(key=str(o.id), room=str(o.room_id), sex=Sex(o.sex.value),
                 isolation=Isolation(o.isolation.value), organism=o.organism,
                 request=links.get(str(o.encounter_id)))
        for o in facts.occupants
    )  # fmt: skip
    return replace(problem, requests=(*asked, *movable.values()), occupants=occupants)


def _lying(session: Session, facts: PlacementFacts, today: date) -> Iterator[Request]:
    """Admitted patients in their beds; who is on leave, dying or about to go stays undisturbed."""
    here = [o.encounter_id for o in facts.occupants if not o.is_hold]
    held = {o.encounter_id for o in facts.occupants if o.is_hold}
    rows = session.exec(
        select(Encounter, Patient, BedStay.bed_id, PlacementNeed)
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .join(BedStay, col(BedStay.encounter_id) == col(Encounter.id))
        .outerjoin(
            PlacementNeed,
            (col(PlacementNeed.encounter_id) == col(Encounter.id))
            & col(PlacementNeed.until).is_(None),
        )
        .where(
            col(Encounter.id).in_(here),
            Encounter.status == EncounterStatus.ADMITTED,
            col(BedStay.until).is_(None),
            col(BedStay.voided_at).is_(None),
        )
    )
    for encounter, patient, bed_id, need in rows:
        if encounter.id not in held and not (need is not None and need.end_of_life):
            yield _request(encounter, patient, bed_id, need, today)


def _request(
    encounter: Encounter, patient: Patient, bed_id: UUID, need: PlacementNeed | None, today: date
) -> Request:
    said: dict[str, Any] = {}
    if need is not None:
        said = {
            "isolation": Isolation(need.isolation.value),
            "organism": need.organism,
            "side_room": SideRoom(need.side_room.value),
            "care_level": need.care_level.value,
            "required_equipment": tuple(need.required_equipment),
            "preferred_equipment": tuple(need.preferred_equipment),
            "needs_supervision": need.needs_supervision,
            "falls_risk": need.falls_risk,
            "immunosuppressed": need.immunosuppressed,
            "infection": need.infection,
        }
    return Request(
        key=f"stay:{encounter.id}", encounter=str(encounter.id), sex=Sex(patient.sex.value),
        age_years=_years(patient.birth_date, today), specialty=encounter.specialty,
        moves_so_far=encounter.moves, current_bed=str(bed_id), **said,
    )  # fmt: skip


def _years(born: date | None, on: date) -> int | None:
    if born is None:
        return None
    return max(on.year - born.year - ((on.month, on.day) < (born.month, born.day)), 0)
