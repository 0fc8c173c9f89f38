"""From a question to a plan: the frozen problem becomes a run that a job solves."""

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.plans.kinds import kind_of
from domain.plans.model import PlanState, Proposal, SolverRun
from domain.plans.proposing import withdraw
from kit.errors import Invalid
from kit.work import Work

LIVE = (PlanState.COMPUTING, PlanState.READY)


def ask(
    work: Work,
    kind: str,
    *,
    problem: bytes,
    digest: str,
    rules: str,
    time_limit_s: int,
    hospital_id: UUID | None = None,
    ward_id: UUID | None = None,
    gap_limit_ppm: int = 0,
    seed: int = 0,
    scenario: dict[str, Any] | None = None,
) -> Proposal:
    """Store the frozen problem and the plan that will answer it.

    `hospital_id` None asks for the whole network. A newer plan supersedes an undecided one of the
    same kind and place; a scenario supersedes nothing and can never be approved. Raises Invalid.
    """
    longest = kind_of(kind).longest_s
    if not 1 <= time_limit_s <= longest:
        raise Invalid(f"give 1 to {longest} seconds", field="timeLimitS")
    if scenario is None:
        _supersede(work, kind, hospital_id, ward_id)
    run = work.add(
        SolverRun(
            hospital_id=hospital_id, ward_id=ward_id, kind=kind, problem=problem,
            problem_hash=digest, time_limit_ms=time_limit_s * 1000, gap_limit_ppm=gap_limit_ppm,
            seed=seed, rules=rules,
        )
    )  # fmt: skip
    work.session.flush()  # the proposal refers to the run
    plan = work.add(
        Proposal(
            hospital_id=hospital_id, ward_id=ward_id, kind=kind, run_id=run.id, scenario=scenario,
            requested_by=work.actor.id, requested_at=work.now, as_of=work.now,
        )
    )  # fmt: skip
    work.emit("PlanRequested", plan.scope, plan=plan.id)
    return plan


def _supersede(work: Work, kind: str, hospital_id: UUID | None, ward_id: UUID | None) -> None:
    older = work.session.exec(
        select(Proposal).where(
            Proposal.kind == kind,
            Proposal.hospital_id == hospital_id,
            Proposal.ward_id == ward_id,
            col(Proposal.state).in_(LIVE),
        )
    )
    for plan in older:
        if plan.scenario is None:
            withdraw(work, plan, PlanState.SUPERSEDED)
