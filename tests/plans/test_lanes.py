"""Nobody's long run keeps those waiting who stand at a screen."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.plans import kinds
from domain.plans.bed_kind import BEDS, BedPlans
from domain.plans.kinds import Lane, PlanKind
from domain.plans.model import Proposal, SolverRun
from domain.plans.queries import runs_to_solve
from kit.ids import new_id

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class LongPlans(BedPlans):
    name = "long"
    longest_s: ClassVar[int] = 600


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> PlanKind:
    kind = LongPlans()
    monkeypatch.setattr(kinds, "_kinds", {BEDS: BedPlans(), kind.name: kind})
    return kind


def asked(session: Session, kind: str, **run: Any) -> UUID:
    """A computing plan of the network."""
    row = SolverRun(kind=kind, problem=b"", problem_hash="", rules="", time_limit_ms=1,
                    gap_limit_ppm=0, **run)  # fmt: skip
    session.add(row)
    session.flush()
    plan = Proposal(kind=kind, run_id=row.id, requested_by=new_id(), requested_at=NOW, as_of=NOW)
    session.add(plan)
    session.flush()
    return plan.id


def test_one_run_of_each_lane_is_due_the_oldest_first(bare_engine: Engine, long: PlanKind) -> None:
    with Session(bare_engine) as session:
        first, _ = asked(session, BEDS), asked(session, BEDS)
        slow, _ = asked(session, long.name), asked(session, long.name)
        due = {run.lane: run.proposal_id for run in runs_to_solve(session, NOW)}
    assert due == {Lane.QUICK: first, Lane.LONG: slow}


def test_a_long_run_under_way_holds_up_its_own_lane_only(
    bare_engine: Engine, long: PlanKind
) -> None:
    with Session(bare_engine) as session:
        asked(session, long.name, lease_until=NOW + timedelta(seconds=1))
        asked(session, long.name)
        quick = asked(session, BEDS)
        due = [run.proposal_id for run in runs_to_solve(session, NOW)]
    assert due == [quick]
