"""Ask what would be: changes on a frozen copy, never on what is."""

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from domain.beds.facts import placement_facts
from domain.patients.model import Sex
from domain.places.model import Hospital, Room, Ward
from domain.plans.asking import ask
from domain.plans.bed_problem import problem_of
from domain.plans.model import Proposal
from domain.scenarios.kind import BED_SCENARIO
from domain.scenarios.solving import BASELINE, FORMAT, SCENARIO
from domain.staff.ratios import ratio_of
from kit.canonical import canonical_json
from kit.command import Command
from kit.errors import Invalid, NotFound
from kit.work import Scope, Work
from solvers.bed_problem import BedPlanProblem
from solvers.bed_problem import Sex as PlacementSex
from solvers.bed_scenarios import Change, ChangeKind, changed
from solvers.beds import to_canonical

MOST_CHANGES = 20


__all__ = ["ChangeKind", "RequestScenario", "ScenarioChange"]


@dataclass(frozen=True, kw_only=True)
class ScenarioChange:
    """One change: WARD_CLOSED and BEDS_ADDED name a ward, STAFF_MISSING a ward and how many
    nurses, ARRIVALS_PLUS a percentage, BAY_FLIPPED a room and the sex it would be for."""

    kind: ChangeKind
    ward_id: UUID | None = None
    room_id: UUID | None = None
    sex: Sex | None = None
    nurses: int | None = None
    percent: int | None = None
    beds: int | None = None


@dataclass(frozen=True, kw_only=True)
class RequestScenario(Command[Proposal]):
    """Ask what a hospital's bed plan would be after some changes, beside today's.

    Both are solved on frozen copies with the same limits. The answer can be looked at but never
    approved, and nothing that is changes. The same seed draws the same made-up arrivals.
    """

    action = "plan.request"
    hospital_id: UUID
    changes: tuple[ScenarioChange, ...]
    time_limit_s: int = 20
    seed: int = 0

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> Proposal:
        if not 1 <= len(self.changes) <= MOST_CHANGES:
            raise Invalid(f"give 1 to {MOST_CHANGES} changes", field="changes")
        changes = [_checked(work, self.hospital_id, change) for change in self.changes]
        facts = placement_facts(work.session, self.hospital_id, work.now, None)
        try:
            today = problem_of(facts)
            after = changed(today, changes, self.seed)
        except ValueError as unfit:
            raise Invalid(f"no scenario can be made: {unfit}", field="changes",
                          reason="PROBLEM_UNFIT") from unfit  # fmt: skip
        problem = _frozen(today, after)
        return ask(
            work, BED_SCENARIO, hospital_id=self.hospital_id, problem=problem,
            digest=sha256(problem).hexdigest(), rules=today.rules.version,
            time_limit_s=self.time_limit_s, seed=self.seed,
            scenario={"changes": [_plain(change) for change in changes]},
        )  # fmt: skip


def _frozen(today: BedPlanProblem, after: BedPlanProblem) -> bytes:
    return canonical_json(
        {
            "format": FORMAT,
            BASELINE.lower(): to_canonical(today),
            SCENARIO.lower(): to_canonical(after),
        }
    )


def _checked(work: Work, hospital_id: UUID, change: ScenarioChange) -> Change:
    """The change in the solver's words; a ward's own ratio says what a missing nurse costs."""
    ratio = 0
    if change.ward_id is not None:
        ward = work.get(Ward, change.ward_id)
        if ward.hospital_id != hospital_id:
            raise NotFound.of("ward", change.ward_id)
        ratio = ratio_of(work.session, ward).patients_per_nurse
    if change.room_id is not None and work.get(Room, change.room_id).hospital_id != hospital_id:
        raise NotFound.of("room", change.room_id)
    return Change(
        kind=change.kind,
        ward=_key(change.ward_id),
        room=_key(change.room_id),
        sex=PlacementSex(change.sex.value) if change.sex else None,
        nurses=change.nurses or 0,
        patients_per_nurse=ratio if change.kind is ChangeKind.STAFF_MISSING else 0,
        percent=change.percent or 0,
        beds=change.beds or 0,
    )


def _plain(change: Change) -> dict[str, Any]:
    """What the change says, without what it leaves open."""
    return {name: value for name, value in asdict(change).items() if value}


def _key(value: UUID | None) -> str | None:
    return str(value) if value else None
