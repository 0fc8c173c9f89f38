"""A chain of moves from the question to the held bed, on both databases."""

from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.solver_process import SolverLimits
from domain.beds.commands import AddBed, AdmitPatient, BlockBed, MovePatient
from domain.beds.model import BedRequest, BedStay, BlockReason, RequestState
from domain.moves.commands import RequestMoveChain
from domain.moves.plan_kind import MovePlans
from domain.patients.commands import StatePlacementNeed
from domain.patients.model import Encounter, Isolation
from domain.places.commands import AddRoom
from domain.places.model import RoomKind
from domain.plans.commands import ApprovePlan, ExecuteItem, MarkStale
from domain.plans.model import ItemState, Proposal, ProposalItem, SolverRun
from domain.plans.runs import RecordPlan
from kit.errors import Conflict, Invalid
from tests.domain_world import HOUR, World, world

__all__ = ["world"]


class House:
    """A negative-pressure room is taken by one who does not need it; one waits who does."""

    def __init__(self, world: World) -> None:
        self.world = world
        room = world.run(AddRoom(ward_id=world.ward_a.id, code="N", kind=RoomKind.NEG_PRESSURE))
        world.beds["N"] = world.run(AddBed(room_id=room.id, code="N")).id
        self.lies, _ = world.admit("N")
        self.waits = world.arrive()
        world.run(StatePlacementNeed(encounter_id=self.waits.id, isolation=Isolation.AIRBORNE))
        self.request = world.request(self.waits)

    def plan(self, most_moves: int = 5) -> Proposal:
        world = self.world
        plan = world.run(RequestMoveChain(request_id=self.request.id, most_moves=most_moves))
        run = world.get(SolverRun, plan.run_id)
        answer = MovePlans().solve(bytes(run.problem), SolverLimits(), lambda _progress: None)
        return world.run(RecordPlan(proposal_id=plan.id, answer=answer))

    def items(self, plan: Proposal) -> list[ProposalItem]:
        with Session(self.world.engine, expire_on_commit=False) as session:
            asked = select(ProposalItem).where(ProposalItem.proposal_id == plan.id)
            return list(session.exec(asked.order_by(col(ProposalItem.step))))

    def lies_in(self, encounter: Encounter) -> UUID:
        with Session(self.world.engine) as session:
            return session.exec(
                select(BedStay.bed_id).where(
                    BedStay.encounter_id == encounter.id, col(BedStay.until).is_(None)
                )
            ).one()

    def due(self, item: ProposalItem) -> bool:
        with Session(self.world.engine) as session:
            return MovePlans().due(session, session.get_one(ProposalItem, item.id))


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def test_the_one_who_gives_way_moves_first_and_the_bed_is_held_next(house: House) -> None:
    plan = house.plan()
    first, last = house.items(plan)
    assert (first.action, first.step, first.encounter_id) == ("MOVE_PATIENT", 1, house.lies.id)
    assert first.from_bed_id == house.world.beds["N"]
    assert (last.action, last.step, last.request_id) == ("HOLD_BED", 2, house.request.id)
    assert last.to_bed_id == house.world.beds["N"]
    assert house.world.get(BedRequest, house.request.id).state is RequestState.PROPOSED
    house.world.run(ApprovePlan(proposal_id=plan.id))
    assert (house.due(first), house.due(last)) == (True, False)
    assert house.world.run(ExecuteItem(item_id=first.id)).outcome == "MOVED"
    assert house.lies_in(house.lies) == first.to_bed_id
    assert house.due(last)
    assert house.world.run(ExecuteItem(item_id=last.id)).outcome == "HELD"
    assert house.world.get(BedRequest, house.request.id).state is RequestState.HELD


def test_a_stale_step_stops_the_rest(house: House) -> None:
    plan = house.plan()
    first, last = house.items(plan)
    house.world.run(ApprovePlan(proposal_id=plan.id))
    assert first.to_bed_id is not None
    house.world.run(
        BlockBed(
            bed_id=first.to_bed_id, reason=BlockReason.REPAIR, expected_until=house.world.now + HOUR
        )
    )
    refused = house.world.refused(ExecuteItem(item_id=first.id), Conflict, "BED_BLOCKED")
    house.world.run(MarkStale(item_id=first.id, reason=refused.reason))
    house.world.refused(ExecuteItem(item_id=last.id), Conflict, "EARLIER_STEP_FELL_OUT")
    house.world.run(MarkStale(item_id=last.id, reason="EARLIER_STEP_FELL_OUT"))
    assert [item.state for item in house.items(plan)] == [ItemState.STALE] * 2
    assert house.lies_in(house.lies) == house.world.beds["N"]
    assert house.world.get(BedRequest, house.request.id).state is RequestState.ACTIVE


def test_a_patient_who_was_moved_otherwise_is_not_moved_again(house: House) -> None:
    plan = house.plan()
    first, _last = house.items(plan)
    house.world.run(ApprovePlan(proposal_id=plan.id))
    other = "A1" if first.to_bed_id != house.world.beds["A1"] else "A2"
    house.world.run(MovePatient(encounter_id=house.lies.id, bed_id=house.world.beds[other]))
    house.world.refused(ExecuteItem(item_id=first.id), Conflict, "MOVED_MEANWHILE")


def test_where_nobody_may_be_moved_the_plan_says_so(house: House) -> None:
    plan = house.plan(most_moves=0)
    (only,) = house.items(plan)
    assert (only.state, only.reasons[0]["rule"]) == (ItemState.UNPLACED, "NO_CHAIN")
    assert house.world.get(BedRequest, house.request.id).state is RequestState.ACTIVE


def test_a_chain_of_six_moves_cannot_be_asked_for(house: House) -> None:
    asked = RequestMoveChain(request_id=house.request.id, most_moves=6)
    house.world.refused(asked, Invalid, "INVALID")


def test_a_served_request_asks_for_no_chain(house: House) -> None:
    world = house.world
    other = world.arrive()
    request = world.request(other)
    world.run(AdmitPatient(encounter_id=other.id, bed_id=world.beds["A1"]))
    world.refused(RequestMoveChain(request_id=request.id), Conflict, "REQUEST_STATE")


def test_the_frozen_chain_is_solved_the_same_again(house: House) -> None:
    plan = house.plan()
    run = house.world.get(SolverRun, plan.run_id)
    again = MovePlans().solve(bytes(run.problem), SolverLimits(), lambda _progress: None)
    assert again["hash"] == run.answer_hash
