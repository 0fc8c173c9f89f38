"""A transfer plan: what is frozen, what is proposed, and that an executed item only asks."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from app.solver_process import SolverLimits
from domain.beds.commands import AdmitPatient
from domain.beds.model import BedRequest
from domain.forecasts.model import ForecastSeries, ForecastState, StoredForecast
from domain.forecasts.series import Step
from domain.forecasts.words import ForecastMeasure
from domain.patients.commands import UpdateEncounter
from domain.patients.describing import DescribeWard
from domain.patients.preferring import StatePreferences
from domain.places.commands import UpdateWard
from domain.places.model import Hospital
from domain.plans.commands import ExecuteItem, ItemDecision
from domain.plans.kinds import OverrideReason, kind_of
from domain.plans.model import ItemState, Proposal, ProposalItem, SolverRun
from domain.plans.runs import ClaimRun, RecordPlan
from domain.pressure.commands import DeclarePressure
from domain.pressure.model import PressureReason
from domain.transfers.commands import DeclineTransfer, RecordConsent, RequestTransfer
from domain.transfers.model import Transfer
from domain.transfers.plan_problem import network_problem
from domain.transfers.planning import ApproveTransferPlan, RejectTransferPlan, RequestTransferPlan
from domain.transfers.ways import SetTravelTime
from domain.transfers.words import DeclineReason, TransferReason, TransferState, Urgency
from kit.clock import time_text
from kit.errors import Conflict, Invalid
from solvers.transfer_problem import TransferProblem
from tests.transfers.network import HOUR, Network


@pytest.fixture
def city(network: Network) -> Network:
    """The two hospitals on the map, 7 km apart; only SOUTH treats hearts."""
    with Session(network.engine) as session:
        for row, degrees in ((network.hospital, 31.23), (network.south, 31.29)):
            session.execute(  # a test arranges what no command changes
                update(Hospital).where(col(Hospital.id) == row.id)
                .values(latitude=degrees, longitude=121.47)
            )  # fmt: skip
        session.commit()
    network.run(UpdateWard(ward_id=network.ward_c.id, specialties=(("CARDIOLOGY", 1),)))
    return network


def wait_for_heart(city: Network, **what: Any) -> BedRequest:
    encounter = city.arrive()
    city.run(UpdateEncounter(encounter_id=encounter.id, specialty="CARDIOLOGY"))
    request = city.request(encounter, priority=5, **what)
    city.tick()
    return request


def frozen(city: Network) -> TransferProblem:
    with Session(city.engine) as session:
        return network_problem(session, None, city.now)


def planned(city: Network) -> tuple[Proposal, list[ProposalItem]]:
    """A plan of the network, solved and recorded as the job does it."""
    plan = city.run(RequestTransferPlan())
    city.run(ClaimRun(proposal_id=plan.id))
    problem = bytes(city.get(SolverRun, plan.run_id).problem)
    answer = kind_of(plan.kind).solve(problem, SolverLimits(5.0, 5_000, 0), lambda _told: None)
    city.run(RecordPlan(proposal_id=plan.id, answer=answer))
    with Session(city.engine, expire_on_commit=False) as session:
        asked = select(ProposalItem).where(ProposalItem.proposal_id == plan.id)
        return plan, list(session.exec(asked))


def test_what_is_frozen_is_the_present(city: Network) -> None:
    city.admit("A1")
    request = wait_for_heart(city, needed_by=city.now + HOUR)
    problem = frozen(city)
    units = {one.key: [(u.level, u.staffed, u.occupied, u.need_p90) for u in one.units]
             for one in problem.hospitals}  # fmt: skip
    assert units == {
        str(city.hospital.id): [("WARD", 7, 1, 0)], str(city.south.id): [("WARD", 4, 0, 0)],
    }  # fmt: skip
    assert problem.need_source == "NONE"
    assert {one.lat_e6 for one in problem.hospitals} == {31_230_000, 31_290_000}
    (patient,) = problem.patients
    assert (patient.key, patient.origin, patient.urgency) == (
        str(request.id), str(city.hospital.id), 5,
    )  # fmt: skip
    assert (patient.specialty, patient.lies_in, patient.waiting_min) == ("CARDIOLOGY", None, 1)
    assert patient.latest_min == 59


def test_a_measured_way_counts_instead_of_the_estimate(city: Network) -> None:
    wait_for_heart(city)
    _, (estimated,) = planned(city)
    way = {"hospital_id": city.hospital.id, "to_hospital_id": city.south.id}
    city.run(SetTravelTime(**way, minutes=77))
    _, (measured,) = planned(city)
    assert estimated.detail["minutes"] != 77 == measured.detail["minutes"]
    assert measured.penalty > estimated.penalty
    city.run(SetTravelTime(**way, minutes=None))
    assert planned(city)[1][0].detail["minutes"] == estimated.detail["minutes"]


@pytest.mark.parametrize(("minutes", "field"), [(0, "minutes"), (1441, "minutes")])
def test_an_impossible_way_is_refused(city: Network, minutes: int, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        city.run(SetTravelTime(hospital_id=city.hospital.id, to_hospital_id=city.south.id,
                               minutes=minutes))  # fmt: skip
    assert refused.value.field == field
    with pytest.raises(Invalid, match="two hospitals"):
        city.run(SetTravelTime(hospital_id=city.south.id, to_hospital_id=city.south.id, minutes=5))


def test_beds_are_kept_free_for_what_is_forecast(city: Network) -> None:
    city.admit("A1")
    series = ForecastSeries(hospital_id=city.hospital.id, ward_id=city.ward_a.id, horizon=3,
                            measure=ForecastMeasure.CENSUS, step=Step.DAY, place_key="a")  # fmt: skip
    made = StoredForecast(
        series_id=series.id, hospital_id=city.hospital.id, ward_id=city.ward_a.id, horizon=3,
        state=ForecastState.READY, model="test", requested_by=city.actor.id, time_zone="UTC",
        requested_at=city.now, made_at=city.now, as_of=city.now,
        quantiles=[[0.0] * 3, [0.0] * 3, [1.0] * 3, [2.4, 3.6, 5.0], [6.0] * 3],
    )  # fmt: skip
    with Session(city.engine) as session:
        session.add(series)
        session.flush()
        session.add(made)
        session.commit()
    as_of = city.now
    need = {days: kept_free(city, days) for days in (1, 2, 3)}
    assert {days: beds for days, (beds, _) in need.items()} == {1: 2, 2: 3, 3: 4}
    assert need[1][1] == f"CENSUS p90, 1 d, as of {time_text(as_of)}, 1 of 3 wards"
    city.tick(37 * HOUR)
    assert kept_free(city, 1) == (0, "NONE")  # too old to go by


def kept_free(city: Network, days: int) -> tuple[int, str | None]:
    with Session(city.engine) as session:
        problem = network_problem(session, None, city.now, days)
    here = next(one for one in problem.hospitals if one.key == str(city.hospital.id))
    return here.units[0].need_p90, problem.need_source


def test_a_family_travels_as_long_as_the_wards_say(city: Network) -> None:
    request = wait_for_heart(city)
    city.run(DescribeWard(ward_id=city.ward_a.id, travel=(("east", 45), ("west", 10))))
    city.run(DescribeWard(ward_id=city.ward_b.id, travel=(("east", 30),)))
    city.run(StatePreferences(encounter_id=request.encounter_id, family_district="east",
                              family_minutes=40))  # fmt: skip
    problem = frozen(city)
    assert [point.key for point in problem.points] == ["district:east", "district:west"]
    assert {(way.origin, way.hospital): way.minutes for way in problem.travel} == {
        ("district:east", str(city.hospital.id)): 30,
        ("district:east", str(city.south.id)): 30,  # says nothing: as far as the farthest
        ("district:west", str(city.hospital.id)): 10,
        ("district:west", str(city.south.id)): 10,
    }
    assert problem.patients[0].family == "district:east"
    city.run(DescribeWard(ward_id=city.ward_c.id, travel=(("east", 90),)))
    _, (item,) = planned(city)
    assert {"code": "FAMILY_DISTANCE", "penalty": 9} in item.terms


@pytest.mark.parametrize("days", [0, 8])
def test_a_horizon_is_a_week_at_most(city: Network, days: int) -> None:
    city.refused(RequestTransferPlan(horizon_days=days), Invalid, "INVALID")


def test_an_executed_item_asks_the_hospital_and_decides_nothing_for_it(city: Network) -> None:
    request = wait_for_heart(city)
    plan, (item,) = planned(city)
    assert plan.hospital_id is None
    assert (item.state, item.key, item.action) == (
        ItemState.PROPOSED, str(request.id), "TRANSFER",
    )  # fmt: skip
    assert item.detail["hospital"] == str(city.south.id)
    assert item.detail["minutes"] == 14  # 6.67 km × 1.3 at 40 km/h
    assert [one["decision"] for one in item.alternatives] == ["WAITS"]
    city.run(ApproveTransferPlan(proposal_id=plan.id))
    done = city.run(ExecuteItem(item_id=item.id))
    assert (done.state, done.outcome) == (ItemState.EXECUTED, "REQUESTED")
    with Session(city.engine, expire_on_commit=False) as session:
        transfer = session.exec(select(Transfer)).one()
    assert done.detail["transfer"] == str(transfer.id)
    assert (transfer.state, transfer.urgency, transfer.to_hospital_id) == (
        TransferState.UNDER_REVIEW, Urgency.URGENT, city.south.id,
    )  # fmt: skip
    assert frozen(city).patients == ()  # whoever is on the way is not planned again


def test_a_patient_who_went_another_way_falls_out_alone(city: Network) -> None:
    request = wait_for_heart(city)
    plan, (item,) = planned(city)
    city.run(ApproveTransferPlan(proposal_id=plan.id))
    city.run(AdmitPatient(encounter_id=request.encounter_id, bed_id=city.beds["A4"]))
    city.refused(ExecuteItem(item_id=item.id), Conflict, "REQUEST_STATE")


def test_a_rejected_plan_asks_nobody(city: Network) -> None:
    wait_for_heart(city)
    plan, (item,) = planned(city)
    city.run(RejectTransferPlan(proposal_id=plan.id, reason=OverrideReason.FAMILY))
    assert city.get(ProposalItem, item.id).state == ItemState.REJECTED
    assert city.sql("SELECT count(*) FROM transfer") == [(0,)]


def test_another_hospital_is_chosen_by_its_id_and_with_a_reason(city: Network) -> None:
    wait_for_heart(city)
    plan, (item,) = planned(city)
    wrong = ItemDecision(item_id=item.id, choice={"hospital": "x"}, reason=OverrideReason.FAMILY)
    city.refused(ApproveTransferPlan(proposal_id=plan.id, items=(wrong,)), Invalid, "INVALID")
    there = ItemDecision(item_id=item.id, choice={"hospital": str(city.south.id)},
                         reason=OverrideReason.FAMILY)  # fmt: skip
    city.run(ApproveTransferPlan(proposal_id=plan.id, items=(there,)))
    chosen = city.get(ProposalItem, item.id)
    assert (chosen.state, chosen.chosen) == (
        ItemState.APPROVED, {"hospital": str(city.south.id)},
    )  # fmt: skip


def refuse(city: Network, request: BedRequest) -> None:
    city.run(RecordConsent(encounter_id=request.encounter_id, given=False))


def close(city: Network, request: BedRequest) -> None:
    city.run(DeclarePressure(hospital_id=city.south.id, level=4, reason=PressureReason.DEMAND,
                             ends_at=city.now + HOUR))  # fmt: skip


def decline(city: Network, request: BedRequest) -> None:
    encounter = request.encounter_id
    transfer = city.run(_ask(city, encounter))
    city.run(DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.NO_STAFF))


def _ask(city: Network, encounter: Any) -> Any:
    return RequestTransfer(encounter_id=encounter, to_hospital_id=city.south.id,
                           reason=TransferReason.SPECIALTY)  # fmt: skip


@pytest.mark.parametrize(
    ("happened", "rule"), [(refuse, "CONSENT"), (close, "ACCEPTING"), (decline, "NOT_DECLINED")]
)
def test_what_forbids_a_transfer_keeps_the_patient_waiting(
    city: Network, happened: Any, rule: str
) -> None:
    request = wait_for_heart(city)
    happened(city, request)
    city.tick()
    _, (item,) = planned(city)
    assert item.state == ItemState.UNPLACED
    assert item.detail["hospital"] is None
    assert rule in {one["rule"] for one in item.reasons}
