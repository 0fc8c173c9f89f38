"""Who sees what of a transfer, and when: three hospitals, the real policy, through GraphQL."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlmodel import select

from api.context import Context
from app.solver_process import SolverLimits
from app.wiring import App
from domain.beds.commands import AddBed, AdmitPatient, HoldBed, RequestBed
from domain.patients.commands import Identity, RegisterEncounter, RegisterPatient, UpdateEncounter
from domain.patients.model import Encounter, Sex
from domain.places.commands import AddRoom, OpenHospital, OpenWard, UpdateWard
from domain.places.model import ApprovalMode, ModeReason, RoomKind, Ward
from domain.places.modes import SwitchApprovalMode
from domain.plans.commands import ExecuteItem
from domain.plans.kinds import kind_of
from domain.plans.model import ProposalItem, SolverRun
from domain.plans.runs import ClaimRun, RecordPlan
from domain.transfers.commands import (
    AcceptTransfer,
    ArriveTransfer,
    AuthoriseTransfer,
    DeclineTransfer,
    DispatchTransfer,
    RecordConsent,
    RequestTransfer,
)
from domain.transfers.model import Transfer
from domain.transfers.planning import ApproveTransferPlan, RequestTransferPlan
from domain.transfers.words import DeclineReason, TransferReason
from kit.db import reading
from kit.errors import Conflict, Denied, NotFound, Refusal
from kit.work import Actor, Scope
from tests.house import enrol, house
from tests.matrix.asking import SCHEMA
from tests.matrix.corner import PROGRAM

FACTS = "state sex ageBand isolation encounterId receivingEncounterId requestId"
ONE = f"query ($id: UUID!) {{ transfer(id: $id) {{ {FACTS} }} }}"
WHO = "query ($h: UUID!) { patients(hospitalId: $h, first: 10) { nodes { familyNameEn } } }"


@dataclass
class Town:
    """NORTH asks, SOUTH is asked, EAST has nothing to do with it."""

    app: App
    wards: dict[str, Ward]
    people: dict[str, Actor]
    bed: Any
    encounter: Encounter

    def do(self, who: str, command: Any) -> Any:
        return self.app.pipeline.run(self.people[who], command).result

    def ask(self, who: str = "NORTH") -> Transfer:
        found: Transfer = self.do(who, RequestTransfer(
            encounter_id=self.encounter.id, to_hospital_id=self.wards["SOUTH"].hospital_id,
            reason=TransferReason.CAPACITY,
        ))  # fmt: skip
        return found

    def asked(self, who: str, text: str, **given: Any) -> dict[str, Any]:
        """The data, or the code of the refusal."""
        context = Context(self.app, self.people[who])
        values = {name: str(value) for name, value in given.items()}

        async def send() -> Any:
            return await SCHEMA.execute(text, variable_values=values, context_value=context)

        result = anyio.run(send)
        if result.errors:
            original = result.errors[0].original_error
            return {"refused": original.code if isinstance(original, Refusal) else str(original)}
        data: dict[str, Any] = result.data
        return data

    def names(self, who: str, where: str) -> list[str | None]:
        nodes = self.asked(who, WHO, h=self.wards[where].hospital_id)["patients"]["nodes"]
        return [node["familyNameEn"] for node in nodes]


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    seeder = enrol(database_url, "system-administrator")
    with house(database_url, tmp_path) as app:
        wards, people = {}, {"network": enrol(database_url, "network-coordinator")}
        for code in ("NORTH", "SOUTH", "EAST"):
            hospital = app.pipeline.run(seeder, OpenHospital(
                code=code, name_zh=code, name_en=code, latitude=31.2, longitude=121.5,
            )).result  # fmt: skip
            wards[code] = app.pipeline.run(seeder, OpenWard(
                hospital_id=hospital.id, code="W", name_zh="W", name_en="W", licensed_beds=4,
                staffed_beds=4,
            )).result  # fmt: skip
            people[code] = enrol(database_url, "house-supervisor", scope=Scope(hospital.id))
        app.decisions.reload()
        rooms = [
            app.pipeline.run(
                seeder, AddRoom(ward_id=wards[code].id, code="1", kind=RoomKind.SIDE)
            ).result
            for code in ("NORTH", "SOUTH")
        ]
        here, there = (
            app.pipeline.run(seeder, AddBed(room_id=room.id, code="1")).result for room in rooms
        )
        patient = app.pipeline.run(people["NORTH"], RegisterPatient(
            hospital_id=wards["NORTH"].hospital_id, sex=Sex.FEMALE,
            identity=Identity(family_en="Li"),
        )).result  # fmt: skip
        encounter = app.pipeline.run(
            people["NORTH"], RegisterEncounter(patient_id=patient.id, ward_id=wards["NORTH"].id)
        ).result
        app.pipeline.run(people["NORTH"], AdmitPatient(encounter_id=encounter.id, bed_id=here.id))
        yield Town(app, wards, people, there, encounter)


def test_sight_follows_the_transfer(town: Town) -> None:
    town.do("SOUTH", SwitchApprovalMode(hospital_id=town.wards["SOUTH"].hospital_id,
                                        mode=ApprovalMode.SURGE,
                                        reason=ModeReason.EXERCISE))  # fmt: skip
    transfer = town.ask()
    key = transfer.id
    # not put to anybody yet: the network sees it, the hospital that will be asked does not
    assert town.asked("SOUTH", ONE, id=key) == {"refused": "NOT_FOUND"}
    assert town.asked("network", ONE, id=key)["transfer"]["sex"] == "FEMALE"
    with pytest.raises(NotFound):
        town.do("SOUTH", AcceptTransfer(transfer_id=key))
    with pytest.raises(Denied):
        town.do("NORTH", AuthoriseTransfer(transfer_id=key))
    town.do("network", AuthoriseTransfer(transfer_id=key))
    # asked: placement facts of this one patient, and no more
    told = town.asked("SOUTH", ONE, id=key)["transfer"]
    assert told == {
        "state": "UNDER_REVIEW", "sex": "FEMALE", "ageBand": None, "isolation": "NONE",
        "encounterId": None, "receivingEncounterId": None, "requestId": None,
    }  # fmt: skip
    assert town.names("SOUTH", "SOUTH") == []
    assert town.names("SOUTH", "NORTH") == []
    for stranger in ("EAST",):
        assert town.asked(stranger, ONE, id=key) == {"refused": "NOT_FOUND"}
        with pytest.raises(NotFound):
            town.do(stranger, AcceptTransfer(transfer_id=key))
    # accepted: the person is known, under this hospital's own record
    accepted = town.do("SOUTH", AcceptTransfer(transfer_id=key))
    assert town.names("SOUTH", "SOUTH") == ["Li"]
    assert town.names("SOUTH", "NORTH") == []
    own = town.asked("SOUTH", ONE, id=key)["transfer"]
    assert own["receivingEncounterId"] == str(accepted.receiving_encounter_id)
    assert own["encounterId"] is None
    sent = town.asked("NORTH", ONE, id=key)["transfer"]
    assert sent["encounterId"] == str(town.encounter.id)
    assert (sent["receivingEncounterId"], sent["requestId"]) == (None, None)
    assert town.asked("EAST", ONE, id=key) == {"refused": "NOT_FOUND"}


def test_a_hospital_that_declined_no_longer_sees_what_it_was_told(town: Town) -> None:
    transfer = town.ask()
    town.do("SOUTH", DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.NO_BED))
    told = town.asked("SOUTH", ONE, id=transfer.id)["transfer"]
    assert (told["state"], told["sex"], told["isolation"]) == ("DECLINED", None, None)
    assert town.asked("NORTH", ONE, id=transfer.id)["transfer"]["sex"] == "FEMALE"


def test_each_side_takes_its_own_steps_and_the_journey_needs_no_right_in_the_other(
    town: Town,
) -> None:
    transfer = town.ask()
    with pytest.raises(NotFound):  # the sender reaches nothing of the other hospital
        town.do("EAST", DispatchTransfer(transfer_id=transfer.id))
    with pytest.raises(Denied) as raised:
        town.do("NORTH", AcceptTransfer(transfer_id=transfer.id))
    assert raised.value.reason == "OTHER_SIDE"
    accepted = town.do("SOUTH", AcceptTransfer(transfer_id=transfer.id))
    ends = town.app.clock() + timedelta(hours=1)
    town.do("SOUTH", HoldBed(request_id=accepted.request_id, bed_id=town.bed.id, expires_at=ends))
    with pytest.raises(Denied) as raised:
        town.do("SOUTH", DispatchTransfer(transfer_id=transfer.id))
    assert raised.value.reason == "OTHER_SIDE"
    town.do("NORTH", RecordConsent(encounter_id=town.encounter.id, given=True))
    town.do("NORTH", DispatchTransfer(transfer_id=transfer.id))
    arrived = town.do("SOUTH", ArriveTransfer(transfer_id=transfer.id))
    assert arrived.state == "ARRIVED"
    history = "query ($id: UUID!) { transferHistory(transferId: $id) { state } }"
    seen = {
        who: [one["state"] for one in town.asked(who, history, id=transfer.id)["transferHistory"]]
        for who in ("NORTH", "SOUTH")
    }
    assert seen["NORTH"] == ["REQUESTED", *seen["SOUTH"]]
    assert seen["SOUTH"] == ["UNDER_REVIEW", "ACCEPTED", "BED_HELD", "IN_TRANSIT", "ARRIVED"]


def test_the_network_carries_out_its_plan_without_seeing_who_it_is(town: Town) -> None:
    wish = {"specialty": "CARDIOLOGY", "encounter_id": town.encounter.id}
    town.do("NORTH", UpdateEncounter(**wish))  # type: ignore[arg-type]
    town.do("NORTH", RequestBed(encounter_id=town.encounter.id))
    administrator = enrol(town.app.settings.database, "system-administrator")
    town.app.decisions.reload()
    town.app.pipeline.run(administrator, UpdateWard(
        ward_id=town.wards["SOUTH"].id, specialties=(("CARDIOLOGY", 1),)
    ))  # fmt: skip
    with pytest.raises(Denied):
        town.do("NORTH", RequestTransferPlan())
    plan = town.do("network", RequestTransferPlan())
    with reading(town.app.engine) as session:
        run = session.get(SolverRun, plan.run_id)
        assert run is not None
        problem = bytes(run.problem)
    limits = SolverLimits(5.0, 5_000, 0)
    answer = kind_of(plan.kind).solve(problem, limits, lambda _told: None)
    town.app.pipeline.run(PROGRAM, ClaimRun(proposal_id=plan.id))
    town.app.pipeline.run(PROGRAM, RecordPlan(proposal_id=plan.id, answer=answer))
    look = """query ($id: UUID!) { transferPlanItems(planId: $id, first: 5) {
      nodes { state toHospitalId needSource kept { code zh en } } } }"""
    (item,) = town.asked("network", look, id=plan.id)["transferPlanItems"]["nodes"]
    south = str(town.wards["SOUTH"].hospital_id)
    assert (item["state"], item["toHospitalId"], item["needSource"]) == ("PROPOSED", south, "NONE")
    assert all(rule["zh"] and rule["en"] for rule in item["kept"])
    assert town.asked("SOUTH", look, id=plan.id) == {"refused": "NOT_FOUND"}
    town.do("network", ApproveTransferPlan(proposal_id=plan.id))
    with reading(town.app.engine) as session:
        key = session.exec(select(ProposalItem.id)).one()
    done = town.do("network", ExecuteItem(item_id=key))
    asked = town.asked("SOUTH", ONE, id=done.detail["transfer"])["transfer"]
    assert (asked["state"], asked["sex"], asked["encounterId"]) == ("UNDER_REVIEW", "FEMALE", None)
    assert town.asked("network", WHO, h=south) == {"patients": {"nodes": []}}


def test_two_who_accept_at_once_are_one_acceptance(town: Town) -> None:
    transfer = town.ask()
    told = both(lambda: town.do("SOUTH", AcceptTransfer(transfer_id=transfer.id)))
    assert told == ["TRANSFER_STATE", "Transfer"]
    assert town.names("SOUTH", "SOUTH") == ["Li"]


def test_two_requests_at_once_are_one_transfer(town: Town) -> None:
    refused, made = both(town.ask)
    assert made == "Transfer"
    assert refused in ("TRANSFER_OPEN", "LOST_A_RACE")  # the rule, or the index behind it


def both(work: Any) -> list[str]:
    """What two callers who begin together are told, sorted."""
    begin, told = threading.Barrier(2), []

    def one() -> None:
        begin.wait()
        try:
            told.append(type(work()).__name__)
        except Conflict as why:
            told.append(why.reason)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)
