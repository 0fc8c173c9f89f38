"""A scenario of the network from the question to both sides, with nothing that is touched."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlmodel import Session, SQLModel, col

from app.solver_process import SolverLimits
from domain.patients.commands import UpdateEncounter
from domain.places.commands import UpdateWard
from domain.places.model import CareLevel, Hospital
from domain.plans.kinds import kind_of
from domain.plans.model import PlanState, Proposal, SolverRun
from domain.plans.runs import ClaimRun, RecordPlan
from domain.scenarios.queries import scenario_in_reach
from domain.scenarios.transfer_commands import (
    NetworkChange,
    RequestTransferScenario,
    TransferChangeKind,
)
from domain.transfers.planning import ApproveTransferPlan, RequestTransferPlan
from kit.errors import Conflict, Invalid, NotFound
from kit.work import NETWORK
from tests.transfers.network import Network

READ = "transfer_plan.read"
Kind = TransferChangeKind
# What a scenario writes: itself, its record, and how it is told and counted.
ITS_OWN = ("proposal", "solver_run", "ledger", "outbox", "answered", "idempotency", "checkpoint",
           "tree", "head", "sequence", "stream", "feed")  # fmt: skip


@pytest.fixture
def city(network: Network) -> Network:
    """Only SOUTH treats hearts, and a patient of NORTH waits for that."""
    network.run(UpdateWard(ward_id=network.ward_c.id, specialties=(("CARDIOLOGY", 1),)))
    encounter = network.arrive()
    network.run(UpdateEncounter(encounter_id=encounter.id, specialty="CARDIOLOGY"))
    network.request(encounter, priority=5)
    with Session(network.engine) as session:
        for row, degrees in ((network.hospital, 31.23), (network.south, 31.29)):
            session.execute(  # a test arranges what no command changes
                update(Hospital).where(col(Hospital.id) == row.id)
                .values(latitude=degrees, longitude=121.47)
            )  # fmt: skip
        session.commit()
    network.tick()
    return network


def solved(city: Network, *changes: NetworkChange, hospital_id: UUID | None = None) -> Any:
    asked = RequestTransferScenario(network_changes=changes, hospital_id=hospital_id)
    plan = city.run(asked)
    city.run(ClaimRun(proposal_id=plan.id))
    problem = bytes(city.get(SolverRun, plan.run_id).problem)
    answer = kind_of(plan.kind).solve(problem, SolverLimits(5.0, 0, 0), lambda _told: None)
    city.run(RecordPlan(proposal_id=plan.id, answer=answer))
    return compared(city, plan.id)


def compared(city: Network, plan_id: UUID) -> Any:
    with Session(city.engine, expire_on_commit=False) as session:
        return scenario_in_reach(session, (NETWORK,), plan_id, READ)


def rows(city: Network) -> dict[str, list[str]]:
    with Session(city.engine) as session:
        return {
            name: sorted(map(repr, session.execute(table.select())))
            for name, table in SQLModel.metadata.tables.items()
            if not any(part in name for part in ITS_OWN)
        }


def closed(city: Network) -> NetworkChange:
    return NetworkChange(kind=Kind.HOSPITAL_CLOSED, at_hospital_id=city.south.id)


def test_a_scenario_shows_both_sides_and_touches_nothing(city: Network) -> None:
    before = rows(city)
    assert {"bed", "bed_request", "hospital", "transfer", "ward"} <= set(before)
    found = solved(city, closed(city))
    assert rows(city) == before
    assert found.plan.state is PlanState.READY
    assert found.changes == [{"kind": "HOSPITAL_CLOSED", "hospital": str(city.south.id)}]
    today, after = found.baseline, found.scenario
    assert (today["placed"], today["waiting"]) == (1, 0)
    assert (after["placed"], after["waiting"], after["displaced"]) == (0, 1, 0)
    assert after["cost"] > today["cost"]
    assert [each["code"] for each in after["broken"]] == ["WAITS"]
    assert today["status"] == after["status"] == "OPTIMAL"
    assert of(today, city.south.id) == (0, 1, 0, 0)
    assert of(today, city.hospital.id) == (0, 0, 1, 0)
    assert of(after, city.hospital.id) == (0, 0, 0, 1)


def of(side: dict[str, Any], hospital: UUID) -> tuple[int, ...]:
    found = next(each for each in side["hospitals"] if each["hospital"] == str(hospital))
    return tuple(found[name] for name in ("placed_here", "received", "sent", "waiting"))


def test_who_lies_in_a_closed_hospital_is_displaced_in_a_plan_of_the_network_alone(
    city: Network,
) -> None:
    city.admit("A1")
    shut = NetworkChange(kind=Kind.HOSPITAL_CLOSED, at_hospital_id=city.hospital.id)
    after = solved(city, shut).scenario
    assert (after["displaced"], after["displaced_waiting"]) == (1, 0)
    assert after["placed"] == 2
    own = solved(city, shut, hospital_id=city.hospital.id).scenario
    others = solved(city, shut, hospital_id=city.south.id).scenario
    assert (own["displaced"], others["displaced"]) == (1, 0)


def test_beds_and_arrivals_change_what_the_plan_can_do(city: Network) -> None:
    arrivals = NetworkChange(kind=Kind.ARRIVALS_PLUS, percent=900)
    more = NetworkChange(kind=Kind.BEDS_ADDED, at_hospital_id=city.south.id, beds=6,
                         level=CareLevel.WARD)  # fmt: skip
    crowded = solved(city, arrivals).scenario
    assert (crowded["placed"], crowded["waiting"]) == (4, 6)
    helped = solved(city, arrivals, more).scenario
    assert (helped["placed"], helped["waiting"]) == (10, 0)


def test_a_scenario_is_never_approved_and_leaves_a_live_plan_open(city: Network) -> None:
    live = city.run(RequestTransferPlan())
    found = solved(city, closed(city))
    assert city.get(Proposal, live.id).state is PlanState.COMPUTING
    city.refused(ApproveTransferPlan(proposal_id=found.plan.id), Conflict, "SCENARIO_ONLY")
    with pytest.raises(NotFound):
        compared(city, live.id)


def test_an_unknown_hospital_is_not_found(city: Network) -> None:
    change = NetworkChange(kind=Kind.HOSPITAL_CLOSED, at_hospital_id=uuid4())
    city.refused(RequestTransferScenario(network_changes=(change,)), NotFound, "NOT_FOUND")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ((), "INVALID"),
        ((NetworkChange(kind=Kind.HOSPITAL_CLOSED),), "PROBLEM_UNFIT"),
        ((NetworkChange(kind=Kind.ARRIVALS_PLUS, percent=0),), "PROBLEM_UNFIT"),
    ],
)
def test_a_scenario_that_cannot_be_is_refused(
    city: Network, changes: tuple[NetworkChange, ...], reason: str
) -> None:
    city.refused(RequestTransferScenario(network_changes=changes), Invalid, reason)
    horizon = RequestTransferScenario(network_changes=(closed(city),), horizon_days=8)
    city.refused(horizon, Invalid, "INVALID")
