"""Plans of a ward's beds and of transfers between hospitals."""

from datetime import timedelta
from uuid import UUID

from sqlmodel import Session, select

from app.solver_process import SolverLimits
from domain.places.commands import OpenHospital, OpenWard
from domain.places.model import ApprovalMode, ModeReason
from domain.places.modes import SwitchApprovalMode
from domain.plans.approval_commands import ProposeApprovalRule
from domain.plans.approval_model import Effect
from domain.plans.kinds import kind_of
from domain.plans.model import ProposalItem, SolverRun
from domain.plans.runs import ClaimRun, RecordPlan, RequestBedPlan
from domain.pressure.commands import DeclarePressure
from domain.pressure.model import PressureReason
from domain.scenarios.commands import ChangeKind, RequestScenario, ScenarioChange
from domain.scenarios.transfer_commands import (
    NetworkChange,
    RequestTransferScenario,
    TransferChangeKind,
)
from domain.transfers.commands import RecordConsent, RequestTransfer, SetTravelTime
from domain.transfers.planning import RequestTransferPlan
from domain.transfers.words import TransferReason
from kit.db import reading
from kit.work import NETWORK
from tests.matrix.corner import PROGRAM, City, Corner
from tests.matrix.people import arrive


def plan(city: City, corner: Corner) -> None:
    ids = corner.ids
    plan = city.do(RequestBedPlan(hospital_id=ids["hospital"], ward_id=ids["ward"]))
    city.do(ClaimRun(proposal_id=plan.id), PROGRAM)
    with Session(city.app.engine) as session:
        run = session.get(SolverRun, plan.run_id)
        assert run is not None
        problem = bytes(run.problem)
        session.rollback()
    answer = kind_of("beds").solve(problem, SolverLimits(5.0, 0, 0), lambda _progress: None)
    city.do(RecordPlan(proposal_id=plan.id, answer=answer), PROGRAM)
    with reading(city.app.engine) as session:
        item = session.exec(select(ProposalItem).where(ProposalItem.proposal_id == plan.id)).one()
        ids["plan"], ids["item"], ids["asked_request"] = plan.id, item.id, UUID(item.key)
    closed = ScenarioChange(kind=ChangeKind.WARD_CLOSED, ward_id=ids["ward"])
    what_if = RequestScenario(hospital_id=ids["hospital"], changes=(closed,))
    ids["scenario"] = city.do(what_if).id


def approval_rule(city: City, corner: Corner) -> None:
    rule = ProposeApprovalRule(
        hospital_id=corner.ids["hospital"], plan_kind="beds", mode=ApprovalMode.SURGE,
        effect=Effect.ORDINARY, approvals=1,
    )  # fmt: skip
    corner.ids["approval_rule"] = city.do(rule).id


def transfers(city: City) -> None:
    """Of each ward a patient is to go to a third hospital, and one of that is to come."""
    far = city.do(OpenHospital(code="FAR", name_zh="FAR", name_en="FAR"))
    ward = city.do(OpenWard(hospital_id=far.id, code="F", name_zh="F", name_en="F",
                            licensed_beds=4, staffed_beds=4))  # fmt: skip
    distant = Corner(ward.scope, {"hospital": far.id, "ward": ward.id})
    coordinator = city.enrol("network-coordinator", scope=NETWORK)
    for name, corner in city.corners.items():
        ids = corner.ids
        ids["other_hospital"] = far.id
        ids["transfer"] = city.do(RequestTransfer(
            encounter_id=ids["waiting_encounter"], to_hospital_id=far.id,
            reason=TransferReason.CAPACITY,
        )).id  # fmt: skip
        _, coming = arrive(city, distant, f"Coming {name}")
        ids["incoming"] = city.do(RequestTransfer(
            encounter_id=coming, to_hospital_id=ids["hospital"], reason=TransferReason.CAPACITY,
        )).id  # fmt: skip
        way = SetTravelTime(hospital_id=ids["hospital"], to_hospital_id=far.id, minutes=30)
        city.do(way, coordinator)
        ids["transfer_plan"] = city.do(RequestTransferPlan(hospital_id=ids["hospital"])).id
        ids["transfer_scenario"] = city.do(RequestTransferScenario(
            hospital_id=ids["hospital"],
            network_changes=(NetworkChange(kind=TransferChangeKind.HOSPITAL_CLOSED,
                                           at_hospital_id=ids["other_hospital"]),),
        )).id  # fmt: skip
        ids["declaration"] = city.do(DeclarePressure(
            hospital_id=ids["hospital"], level=2, reason=PressureReason.EXERCISE,
            ends_at=city.app.clock() + timedelta(hours=1),
        )).id  # fmt: skip
        city.do(RecordConsent(encounter_id=ids["encounter"], given=True))
        for mode in (ApprovalMode.SURGE, ApprovalMode.PEACETIME):
            city.do(SwitchApprovalMode(hospital_id=ids["hospital"], mode=mode,
                                       reason=ModeReason.EXERCISE))  # fmt: skip
