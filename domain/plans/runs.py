"""From a question to a plan: freeze the world, let a job solve it, record what came back."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.places.model import Hospital, Ward
from domain.plans.answers import solver_name
from domain.plans.approving import approve_by_policy
from domain.plans.asking import ask
from domain.plans.bed_kind import BEDS
from domain.plans.bed_problem import frozen_problem
from domain.plans.kinds import kind_of
from domain.plans.model import PlanState, Proposal, SolverRun
from domain.plans.proposing import withdraw
from kit.command import Command
from kit.errors import Conflict, NotFound
from kit.work import Scope, Work

LEASE = timedelta(seconds=60)  # beyond the solver's own limit; then another worker may take over


@dataclass(frozen=True, kw_only=True)
class RequestBedPlan(Command[Proposal]):
    """Ask for a bed plan of a hospital or one ward. Answers at once; the plan comes by itself.

    The world as it is now is frozen into the problem; a newer plan supersedes an undecided one.
    """

    action = "plan.request"
    hospital_id: UUID
    ward_id: UUID | None = None
    time_limit_s: int = 10

    def scope(self, work: Work) -> Scope:
        hospital = work.get(Hospital, self.hospital_id)
        if self.ward_id is None:
            return Scope(hospital.id)
        ward = work.get(Ward, self.ward_id)
        if ward.hospital_id != hospital.id:
            raise NotFound.of("ward", self.ward_id)
        return Scope(hospital.id, ward.id)

    def apply(self, work: Work) -> Proposal:
        problem, digest, rules = frozen_problem(work, self.hospital_id, self.ward_id)
        return ask(
            work, BEDS, hospital_id=self.hospital_id, ward_id=self.ward_id, problem=problem,
            digest=digest, rules=rules, time_limit_s=self.time_limit_s,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ClaimRun(Command[None]):
    """Take a waiting solver run. Two workers that try get one run and one Conflict."""

    action = "plan.solve"
    proposal_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Proposal, self.proposal_id).scope

    def apply(self, work: Work) -> None:
        plan = work.get(Proposal, self.proposal_id)
        run = work.get(SolverRun, plan.run_id)
        taken = run.lease_until is not None and run.lease_until > work.now
        if plan.state is not PlanState.COMPUTING or taken:
            raise Conflict("the run is taken or done", reason="RUN_TAKEN", blocking=run.id)
        run.lease_until = work.now + timedelta(milliseconds=run.time_limit_ms) + LEASE


@dataclass(frozen=True, kw_only=True)
class RecordPlan(Command[Proposal]):
    """Store what the solver answered: the outcome, and an item for each thing it decided."""

    action = "plan.solve"
    proposal_id: UUID
    answer: dict[str, Any]

    def scope(self, work: Work) -> Scope:
        return work.get(Proposal, self.proposal_id).scope

    def apply(self, work: Work) -> Proposal:
        plan = work.get(Proposal, self.proposal_id)
        run = work.get(SolverRun, plan.run_id)
        plan.go(PlanState.READY)
        outcome = self.answer["outcome"]
        for name in ("status", "objective", "bound", "gap_ppm", "build_ms", "wall_ms"):
            setattr(run, name, outcome[name])
        run.solver = solver_name(outcome)
        run.answer_hash = self.answer["hash"]
        kind = kind_of(plan.kind)
        plan.ready_at, plan.expires_at = work.now, work.now + kind.good_for
        for item in kind.rows(work, plan, run, self.answer):
            work.add(item)
            if plan.scenario is None:
                kind.propose(work, item)
        if plan.scenario is None:
            work.session.flush()  # approvals refer to the items
            approve_by_policy(work, plan)
        work.emit("PlanReady", plan.scope, plan=plan.id)
        return plan


@dataclass(frozen=True, kw_only=True)
class FailPlan(Command[Proposal]):
    """Say that a plan could not be computed."""

    action = "plan.solve"
    proposal_id: UUID
    reason: str

    def scope(self, work: Work) -> Scope:
        return work.get(Proposal, self.proposal_id).scope

    def apply(self, work: Work) -> Proposal:
        plan = work.get(Proposal, self.proposal_id)
        plan.go(PlanState.FAILED)
        work.emit("PlanFailed", plan.scope, plan=plan.id)
        return plan


@dataclass(frozen=True, kw_only=True)
class ExpirePlan(Command[Proposal]):
    """Close a plan that nobody decided in time; its patients go back to waiting."""

    action = "plan.conclude"
    proposal_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Proposal, self.proposal_id).scope

    def apply(self, work: Work) -> Proposal:
        plan = work.get(Proposal, self.proposal_id)
        if plan.expires_at is None or plan.expires_at > work.now:
            raise Conflict("the plan is still good", reason="PLAN_FRESH", blocking=plan.id)
        withdraw(work, plan, PlanState.EXPIRED)
        return plan
