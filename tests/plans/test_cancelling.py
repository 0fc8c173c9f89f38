"""A plan that is called off while it is computed: no process stays, no answer is stored."""

import time
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session

from bench.bed_hospitals import Shape, hospital
from domain.plans.cancelling import CancelPlan
from domain.plans.model import PlanState, Proposal, SolverRun
from domain.plans.runs import RecordPlan
from kit.canonical import canonical_json
from kit.db import open_engine
from kit.errors import Conflict
from solvers.beds import problem_hash, to_canonical
from tests.matrix.corner import PROGRAM
from tests.plans.test_bed_plan import Planning, planning

__all__ = ["planning"]


def workers() -> list[str]:
    """Solver processes of this test's own process."""
    me = str(Path("/proc/self").resolve().name)
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if parent == me and "app.solver_worker" in (folder / "cmdline").read_text():
                found.append(folder.name)
        except OSError:  # it has just ended
            continue
    return found


def test_only_a_computing_plan_can_be_cancelled_and_its_answer_comes_too_late(
    planning: Planning,
) -> None:
    plan = planning.request()
    assert planning.city.do(CancelPlan(proposal_id=plan), planning.chief).state == "CANCELLED"
    with pytest.raises(Conflict) as late:
        planning.city.do(RecordPlan(proposal_id=plan, answer={}), PROGRAM)
    assert late.value.reason == "PLAN_STATE"
    assert planning.items(plan) == []
    ready = planning.solved()
    with pytest.raises(Conflict) as done:
        planning.city.do(CancelPlan(proposal_id=ready), planning.chief)
    assert "REJECTED" in done.value.allowed
    assert planning.plan(ready).state is PlanState.READY


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("how", ["cancelled", "superseded"])
def test_the_process_of_an_unwanted_plan_ends_at_once(planning: Planning, how: str) -> None:
    plan = planning.request()
    _make_hard(planning, plan)
    jobs = planning.city.app.jobs
    ends = time.monotonic() + 30
    while not workers():
        jobs.round()
        assert time.monotonic() < ends
        time.sleep(0.02)
    if how == "cancelled":
        planning.city.do(CancelPlan(proposal_id=plan), planning.chief)
    else:
        newer = planning.request()
        planning.city.do(CancelPlan(proposal_id=newer), planning.chief)
    while workers():
        jobs.round()
        assert time.monotonic() < ends
        time.sleep(0.02)
    assert planning.plan(plan).state == how.upper()
    assert planning.items(plan) == []


def _make_hard(planning: Planning, plan: UUID) -> None:
    """Put a problem that takes many seconds in the place of the small one."""
    hard = hospital(5, Shape(requests=400, beds=3_000, occupied=0.8))
    engine = open_engine(planning.city.url, guarded=False)
    with Session(engine) as session:
        row = session.get_one(Proposal, plan)
        run = session.get_one(SolverRun, row.run_id)
        run.problem = canonical_json(to_canonical(hard))
        run.problem_hash, run.time_limit_ms = problem_hash(hard), 60_000
        session.commit()
    engine.dispose()
