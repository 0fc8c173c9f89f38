"""A bed plan from the question to the held beds, with the real solver process."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.solver_process import SolverLimits, run_solver
from domain.beds.blocks import CloseBed
from domain.beds.commands import AddBed, RequestBed
from domain.beds.model import BedHold, BedRequest, BlockReason, HoldState, RequestState
from domain.places.commands import AddRoom
from domain.places.model import RoomSex
from domain.plans.commands import (
    ApprovePlan,
    ItemDecision,
    OverrideReason,
    RejectPlan,
)
from domain.plans.kinds import kind_of
from domain.plans.model import ItemState, PlanState, Proposal, ProposalItem, SolverRun
from domain.plans.runs import RequestBedPlan
from kit.clock import utc_now
from kit.db import open_engine, reading
from kit.errors import Conflict, Denied, Invalid
from kit.work import Actor, Scope
from tests.house import house
from tests.matrix.city import fill
from tests.matrix.corner import City, Corner
from tests.matrix.people import arrive

START = utc_now()


class Planning:
    """One ward with three free beds and three who wait for one."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.now = START
        self.corner: Corner = city.corners["EAST/A"]
        self.chief: Actor = city.enrol("house-supervisor", scope=Scope(self.corner.ids["hospital"]))
        self._open_room()  # the one that is there has an isolated patient in it
        for family in ("Second", "Third"):
            _, encounter = arrive(city, self.corner, family)
            city.do(RequestBed(encounter_id=encounter, target_ward_id=self.corner.ids["ward"]))

    def _open_room(self) -> None:
        ward = self.corner.ids["ward"]
        room = self.city.do(AddRoom(ward_id=ward, code="2", sex_policy=RoomSex.MIXED))
        for code in ("2A", "2B", "2C"):
            self.city.do(AddBed(room_id=room.id, code=code))

    def request(self) -> UUID:
        ids = self.corner.ids
        return self.city.do(
            RequestBedPlan(hospital_id=ids["hospital"], ward_id=ids["ward"]), self.chief
        ).id

    def solved(self) -> UUID:
        plan = self.request()
        self.until(plan, PlanState.READY)
        return plan

    def until(self, plan: UUID, state: PlanState) -> None:
        ends = time.monotonic() + 240
        while self.plan(plan).state is not state:
            assert time.monotonic() < ends, self.plan(plan).state
            self.city.app.jobs.round()
            time.sleep(0.02)

    def plan(self, key: UUID) -> Proposal:
        with reading(self.city.app.engine) as session:
            found = session.get(Proposal, key)
            assert found is not None
            session.expunge_all()
            return found

    def items(self, plan: UUID) -> list[ProposalItem]:
        with reading(self.city.app.engine) as session:
            asked = select(ProposalItem).where(ProposalItem.proposal_id == plan)
            found = list(session.exec(asked.order_by(col(ProposalItem.request_id))))
            session.expunge_all()
            return found

    def requests(self, plan: UUID) -> list[RequestState]:
        with reading(self.city.app.engine) as session:
            rows = (session.get(BedRequest, item.request_id) for item in self.items(plan))
            return [row.state for row in rows if row is not None]

    def held(self) -> set[UUID]:
        with reading(self.city.app.engine) as session:
            asked = select(BedHold.bed_id).where(BedHold.state == HoldState.ACTIVE)
            return set(session.exec(asked.where(BedHold.ward_id == self.corner.ids["ward"])))


def _call_off_other_plans(url: str) -> None:
    """The city's own: each would be solved first, in a process of its own."""
    engine = open_engine(url, guarded=False)
    with Session(engine) as session:
        for plan in session.exec(select(Proposal).where(Proposal.state == PlanState.COMPUTING)):
            plan.go(PlanState.CANCELLED)
        session.commit()
    engine.dispose()


@pytest.fixture
def planning(database_url: str, tmp_path: Path) -> Iterator[Planning]:
    made: list[Planning] = []

    def clock() -> datetime:
        return made[0].now if made else START

    with house(database_url, tmp_path, clock=clock) as app:
        city = fill(app, database_url, ["EAST"], ["A"])
        _call_off_other_plans(database_url)
        made.append(Planning(city))
        yield made[0]


def test_a_plan_is_solved_approved_and_carried_out(planning: Planning) -> None:
    plan, before = planning.solved(), planning.held()
    items = planning.items(plan)
    assert [item.state for item in items] == [ItemState.PROPOSED] * 3
    assert planning.requests(plan) == [RequestState.PROPOSED] * 3
    beds = {item.to_bed_id for item in items}
    assert len(beds) == 3
    planning.city.do(ApprovePlan(proposal_id=plan), planning.chief)
    planning.until(plan, PlanState.EXECUTED)
    assert planning.held() - before == beds
    assert planning.requests(plan) == [RequestState.HELD] * 3
    _replayed_alike(planning, plan)


def _replayed_alike(planning: Planning, plan: UUID) -> None:
    """A new process that solves the stored problem comes to the recorded hash."""
    with reading(planning.city.app.engine) as session:
        run = session.get(SolverRun, planning.plan(plan).run_id)
        assert run is not None
        limits = SolverLimits(run.time_limit_ms / 1000, run.gap_limit_ppm, run.seed)
        kind, problem, recorded = run.kind, bytes(run.problem), run.answer_hash
    assert run_solver(kind_of(kind).solving, problem, limits)["hash"] == recorded


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_people_decide_item_by_item(planning: Planning) -> None:
    plan = planning.solved()
    kept, changed, refused = planning.items(plan)
    silent = ItemDecision(item_id=refused.id, approve=False)
    with pytest.raises(Invalid, match="why"):
        planning.city.do(ApprovePlan(proposal_id=plan, items=(silent,)), planning.chief)
    decisions = (
        ItemDecision(item_id=kept.id),
        ItemDecision(item_id=changed.id, bed_id=refused.to_bed_id, reason=OverrideReason.CLINICAL),
        ItemDecision(item_id=refused.id, approve=False, reason=OverrideReason.PATIENT_WISH),
    )
    planning.city.do(ApprovePlan(proposal_id=plan, items=decisions), planning.chief)
    assert planning.plan(plan).state is PlanState.PARTLY_APPROVED
    planning.until(plan, PlanState.PARTLY_EXECUTED)
    assert {kept.to_bed_id, refused.to_bed_id} <= planning.held()
    assert changed.to_bed_id not in planning.held()
    states = [RequestState.HELD, RequestState.HELD, RequestState.ACTIVE]
    assert planning.requests(plan) == states


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_stale_item_fails_alone_and_its_patient_waits_again(planning: Planning) -> None:
    plan = planning.solved()
    first, *rest = planning.items(plan)
    planning.city.do(ApprovePlan(proposal_id=plan), planning.chief)
    assert first.to_bed_id is not None
    planning.city.do(CloseBed(bed_id=first.to_bed_id, reason=BlockReason.BUILDING))
    planning.until(plan, PlanState.PARTLY_EXECUTED)
    states = [item.state for item in planning.items(plan)]
    assert states == [ItemState.STALE, ItemState.EXECUTED, ItemState.EXECUTED]
    assert planning.requests(plan) == [RequestState.ACTIVE, RequestState.HELD, RequestState.HELD]
    assert {item.to_bed_id for item in rest} <= planning.held()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_newer_a_rejected_and_an_old_plan_give_the_requests_back(planning: Planning) -> None:
    first = planning.solved()
    second = planning.request()
    assert planning.plan(first).state is PlanState.SUPERSEDED
    assert planning.requests(first) == [RequestState.ACTIVE] * 3
    planning.until(second, PlanState.READY)
    reject = RejectPlan(proposal_id=second, reason=OverrideReason.DATA_WRONG)
    planning.city.do(reject, planning.chief)
    assert planning.requests(second) == [RequestState.ACTIVE] * 3
    third = planning.solved()
    planning.now += timedelta(minutes=31)
    with pytest.raises(Conflict) as late:
        planning.city.do(ApprovePlan(proposal_id=third), planning.chief)
    assert late.value.reason == "PLAN_EXPIRED"
    planning.until(third, PlanState.EXPIRED)
    assert planning.requests(third) == [RequestState.ACTIVE] * 3


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_waived_item_takes_two_people(planning: Planning) -> None:
    plan = planning.solved()
    item = planning.items(plan)[0]
    _waive(planning, item)
    decision = ApprovePlan(proposal_id=plan, items=(ItemDecision(item_id=item.id),))
    with pytest.raises(Denied) as own:
        planning.city.do(decision, planning.chief)
    assert own.value.reason == "OWN_PLAN"
    assert planning.items(plan)[0].state is ItemState.PROPOSED
    hospital = Scope(planning.corner.ids["hospital"])
    first, second = (planning.city.enrol("bed-manager", scope=hospital) for _ in range(2))
    planning.city.do(decision, first)
    assert planning.items(plan)[0].state is ItemState.AWAITING_SECOND
    with pytest.raises(Denied) as alone:
        planning.city.do(decision, first)
    assert alone.value.reason == "FOUR_EYES"
    planning.city.do(decision, second)
    assert planning.items(plan)[0].state is ItemState.APPROVED


def _waive(planning: Planning, item: ProposalItem) -> None:
    """As the solver would have marked an item that leans on a waiver."""
    engine = open_engine(planning.city.url, guarded=False)
    with Session(engine) as session:
        row = session.get(ProposalItem, item.id)
        assert row is not None
        row.waived = ["ROOM_SEX"]
        session.commit()
    engine.dispose()
