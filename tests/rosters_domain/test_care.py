"""Doctors and patients: planned, approved, carried out as what opens the patient's record."""

from datetime import timedelta
from pathlib import Path

from sqlmodel import Session, select

import app.plan_kinds  # noqa: F401 - every kind registers itself
from api.context import Context, snapshot
from app.solver_process import SolverLimits
from domain.beds.commands import AdmitPatient
from domain.patients.model import Encounter
from domain.patients.queries import treats
from domain.plans.commands import ExecuteItem, FinishPlan, ItemDecision
from domain.plans.kinds import OverrideReason, kind_of
from domain.plans.model import ItemState, Proposal, ProposalItem, SolverRun
from domain.plans.runs import ClaimRun, RecordPlan
from domain.rosters.care_asking import ApproveCarePlan, RequestCarePlan
from domain.rosters.care_kind import ASSIGN_CARE, NO_DOCTOR
from domain.staff.model import Profession, StaffMember
from kit.db import reading
from kit.errors import Conflict, Invalid
from kit.work import Actor, ActorKind
from tests.domain_world import World
from tests.house import house
from tests.matrix.city import fill
from tests.matrix.corner import PROGRAM
from tests.rosters_domain.planned import carried_out, solved
from tests.staff.team import Team


def on_duty_now(team: Team) -> None:
    """Two doctors of medicine on duty from the roster's first morning, and one who is not."""
    world = team.world
    for number in ("DR1", "DR2", "DR3"):
        team.hire(number, profession=Profession.DOCTOR, specialty="MEDICINE")
    team.shift("DOC", 0, 24 * 60, profession=Profession.DOCTOR, skill=None)
    for number in ("DR1", "DR2"):
        given = team.give(number, "DOC", 0)
    team.publish()
    world.now = given.since + timedelta(hours=8)


def lying(world: World, code: str) -> Encounter:
    encounter = world.arrive()
    world.tick()
    world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds[code]))
    return encounter


def doctor_of(team: Team, encounter: Encounter) -> set[str]:
    with Session(team.world.engine) as session:
        return {number for number, account in team.accounts.items()
                if encounter.subject in treats(session, account)}  # fmt: skip


def test_patients_are_shared_out_and_keep_the_doctor_they_know(team: Team) -> None:
    on_duty_now(team)
    world = team.world
    patients = [lying(world, code) for code in ("A1", "A4", "A5")]
    ask = RequestCarePlan(hospital_id=world.hospital.id, ward_id=world.ward_a.id)
    plan = world.run(ask)
    items = solved(world, plan)
    assert {item.action for item in items} == {ASSIGN_CARE}
    world.run(ApproveCarePlan(proposal_id=plan.id))
    carried_out(world, plan)
    first = [doctor_of(team, one) for one in patients]
    assert sorted(len(found) for found in first) == [1, 1, 1]
    assert set().union(*first) == {"DR1", "DR2"}  # two carry it, the third is not there
    world.tick()
    again = world.run(ask)
    solved(world, again)
    world.run(ApproveCarePlan(proposal_id=again.id))
    carried_out(world, again)
    assert [doctor_of(team, one) for one in patients] == first


def test_a_person_chooses_another_doctor_and_the_first_no_longer_treats(team: Team) -> None:
    on_duty_now(team)
    world = team.world
    patient = lying(world, "A1")
    plan = world.run(RequestCarePlan(hospital_id=world.hospital.id))
    (item,) = solved(world, plan)
    world.run(ApproveCarePlan(proposal_id=plan.id))
    carried_out(world, plan)
    (before,) = doctor_of(team, patient)
    other = "DR2" if before == "DR1" else "DR1"
    world.tick()
    plan = world.run(RequestCarePlan(hospital_id=world.hospital.id))
    (item,) = solved(world, plan)

    def chosen(number: str) -> ApproveCarePlan:
        return ApproveCarePlan(proposal_id=plan.id, items=(ItemDecision(
            item_id=item.id, choice={"doctor": str(team.people[number].id)},
            reason=OverrideReason.PATIENT_WISH,
        ),))  # fmt: skip

    assert world.refused(chosen("N1"), Invalid, "INVALID").field == "items.doctorId"
    world.run(chosen(other))
    carried_out(world, plan)
    assert doctor_of(team, patient) == {other}


def test_a_doctor_who_has_gone_home_takes_nobody(team: Team) -> None:
    on_duty_now(team)
    world = team.world
    lying(world, "A1")
    plan = world.run(RequestCarePlan(hospital_id=world.hospital.id))
    (item,) = solved(world, plan)
    world.run(ApproveCarePlan(proposal_id=plan.id))
    world.tick(timedelta(hours=20))
    world.refused(ExecuteItem(item_id=item.id), Conflict, "NOT_ON_DUTY")
    world.refused(RequestCarePlan(hospital_id=world.hospital.id), Conflict, "NO_STAFF")


def test_a_specialty_that_nobody_has_is_named(team: Team) -> None:
    on_duty_now(team)
    world = team.world
    patient = lying(world, "A1")
    with Session(world.engine) as session:
        row = session.get(Encounter, patient.id)
        assert row is not None
        row.specialty = "SURGERY"
        session.commit()
    (item,) = solved(world, world.run(RequestCarePlan(hospital_id=world.hospital.id)))
    assert (item.action, item.state) == (NO_DOCTOR, ItemState.UNPLACED)
    assert {"rule": "SPECIALTY", "doctors": 3} in item.reasons


def test_a_physician_sees_who_the_patient_is_only_once_the_plan_was_carried_out(
    sqlite_url: str, tmp_path: Path
) -> None:
    with house(sqlite_url, tmp_path) as program:
        city = fill(program, sqlite_url, ["EAST"], ["A"])
        corner = city.corners["EAST/A"]
        with reading(program.engine) as session:
            plan = session.get_one(Proposal, corner.ids["care_plan"])
            problem = bytes(session.get_one(SolverRun, plan.run_id).problem)
            doctor = session.get_one(StaffMember, corner.ids["doctor"])
            subject = session.get_one(Encounter, corner.ids["encounter"]).subject
        assert doctor.account_id is not None
        physician = Actor(doctor.account_id, ActorKind.SERVICE)

        def sees() -> bool:
            context = Context(program, physician)
            with snapshot(context) as session:
                return "I" in context.sight(corner.scope, session, subject).classes

        assert not sees()
        limits = SolverLimits(5.0, 0, 0)
        answer = kind_of("care").solve(problem, limits, lambda _progress: None)
        city.do(ClaimRun(proposal_id=plan.id), PROGRAM)
        city.do(RecordPlan(proposal_id=plan.id, answer=answer), PROGRAM)
        manager = city.enrol("bed-manager", scope=corner.scope)
        city.do(ApproveCarePlan(proposal_id=plan.id), manager)
        with reading(program.engine) as session:
            items = session.exec(
                select(ProposalItem.id).where(ProposalItem.proposal_id == plan.id)
            ).all()
        for item in items:
            city.do(ExecuteItem(item_id=item), manager)
        city.do(FinishPlan(proposal_id=plan.id), PROGRAM)
        assert sees()
