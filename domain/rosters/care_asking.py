"""Asking for a care plan, and deciding about it."""

from dataclasses import dataclass
from uuid import UUID

from domain.places.model import Hospital
from domain.plans.asking import ask
from domain.plans.commands import ApprovePlan, RejectPlan
from domain.plans.model import Proposal
from domain.rosters.care_freezing import care_facts, care_problem, frozen_care
from domain.rosters.care_kind import CARE
from domain.rosters.freezing import unfit
from domain.staff.commands import require_ward_of
from kit.command import Command
from kit.errors import Conflict
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class RequestCarePlan(Command[Proposal]):
    """Ask which doctor on duty should look after which patient of a ward or hospital.

    Answers at once; the plan comes by itself. By specialty, load, acuity, and who knows the
    patient. Who is on duty stands in the published rosters.
    """

    action = "care.plan"

    hospital_id: UUID
    ward_id: UUID | None = None
    time_limit_s: int = 10

    def scope(self, work: Work) -> Scope:
        hospital = work.get(Hospital, self.hospital_id)
        if self.ward_id is None:
            return hospital.scope
        return require_ward_of(work, self.ward_id, hospital.id).scope

    def apply(self, work: Work) -> Proposal:
        facts = care_facts(work.session, self.hospital_id, self.ward_id, work.now)
        if not facts.on_duty:
            raise Conflict("no doctor stands in a published roster now; publish one first",
                           reason="NO_STAFF")  # fmt: skip
        with unfit():
            problem = care_problem(facts)
        frozen, digest = frozen_care(problem)
        work.note(doctors=len(facts.on_duty), patients=len(facts.patients))
        return ask(
            work, CARE, hospital_id=self.hospital_id, ward_id=self.ward_id, problem=frozen,
            digest=digest, rules=problem.rules.version, time_limit_s=self.time_limit_s,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ApproveCarePlan(ApprovePlan):
    """Approve a care plan, whole or patient by patient: each opens the record to the doctor.

    Without `items` every patient is approved as planned. Another doctor or a rejection needs a
    reason.
    """

    action = "care.assign"


@dataclass(frozen=True, kw_only=True)
class RejectCarePlan(RejectPlan):
    """Reject a care plan as a whole. Nothing in it is carried out."""

    action = "care.assign"
