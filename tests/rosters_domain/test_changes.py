"""Published duties that change: swaps between two people, and sick calls with their repair."""

from datetime import UTC, datetime

import pytest
from sqlmodel import Session, select

from domain.plans.model import Proposal
from domain.rosters.asking import RequestRosterRepair
from domain.rosters.deciding import ApproveRosterPlan
from domain.rosters.line_rows import ROSTER_LINE
from domain.rosters.sick import ReportOwnSick, ReportSick
from domain.rosters.swaps import AnswerSwap, AskSwap, DecideSwap, WithdrawSwap
from domain.staff.model import Absence
from domain.staff.policies import SetStaffingPolicy
from domain.staff.roster_model import Duty, DutySwap
from domain.staff.shifts import RetireShift
from kit.errors import Conflict, NotFound
from tests.rosters_domain.planned import carried_out, solved
from tests.staff.team import Team


@pytest.fixture
def told(team: Team) -> Team:
    """N1 has the first day, N2 the second, and everybody knows."""
    team.world.run(SetStaffingPolicy(hospital_id=team.world.hospital.id, labour_rules="DE"))
    team.give("N1", "D", 0)
    team.give("N2", "D", 1)
    team.publish()
    return team


def duty(team: Team, number: str) -> Duty:
    with Session(team.world.engine, expire_on_commit=False) as session:
        asked = select(Duty).where(Duty.staff_id == team.people[number].id, Duty.ended_by == None)  # noqa: E711
        return session.exec(asked).one()


def asked(team: Team, *, both: bool = True) -> DutySwap:
    team.signed_in("N1")
    return team.world.run(AskSwap(
        duty_id=duty(team, "N1").id, other_staff_id=team.people["N2"].id,
        other_duty_id=duty(team, "N2").id if both else None,
    ))  # fmt: skip


def test_a_swap_takes_two_people_and_a_planner(told: Team) -> None:
    world = told.world
    swap = asked(told)
    again = AskSwap(duty_id=duty(told, "N1").id, other_staff_id=told.people["N3"].id)
    world.refused(again, Conflict, "SWAP_OPEN")
    world.refused(AnswerSwap(swap_id=swap.id, accept=True), NotFound, "NOT_FOUND")
    assert world.refused(DecideSwap(swap_id=swap.id, approve=True), Conflict,
                         "SWAP_STATE").allowed == ("ACCEPTED", "DECLINED", "WITHDRAWN")  # fmt: skip
    told.signed_in("N2")
    world.run(AnswerSwap(swap_id=swap.id, accept=True))
    assert told.on_duty() == [("N1", "D", 0, "PUBLISHED"), ("N2", "D", 1, "PUBLISHED")]
    world.run(DecideSwap(swap_id=swap.id, approve=True))
    assert told.on_duty() == [("N2", "D", 0, "PUBLISHED"), ("N1", "D", 1, "PUBLISHED")]
    assert world.get(DutySwap, swap.id).state == "DONE"
    told.signed_in("N1")
    world.refused(WithdrawSwap(swap_id=swap.id), Conflict, "SWAP_STATE")


def test_a_duty_is_taken_over_at_once_where_nobody_else_has_to_agree(told: Team) -> None:
    world = told.world
    world.run(SetStaffingPolicy(hospital_id=world.hospital.id, swaps_need_planner=False))
    swap = asked(told, both=False)
    given = duty(told, "N1")
    told.signed_in("N2")
    world.run(AnswerSwap(swap_id=swap.id, accept=True))
    assert told.on_duty() == [("N2", "D", 0, "PUBLISHED"), ("N2", "D", 1, "PUBLISHED")]
    assert world.get(Duty, given.id).ended_by == "TAKEN_OVER"


def test_no_swap_breaks_the_rest_that_the_law_gives(told: Team) -> None:
    world = told.world
    told.signed_in("N3")
    told.give("N3", "N", 0)  # ends at seven on the day after
    world.run(SetStaffingPolicy(hospital_id=world.hospital.id, swaps_need_planner=False))
    told.signed_in("N2")
    swap = world.run(AskSwap(duty_id=duty(told, "N2").id, other_staff_id=told.people["N3"].id))
    told.signed_in("N3")
    why = world.refused(AnswerSwap(swap_id=swap.id, accept=True), Conflict, "LABOUR_RULE_BROKEN")
    assert why.allowed == ("REST_BETWEEN_DUTIES",)
    world.run(AnswerSwap(swap_id=swap.id, accept=False))
    assert world.get(DutySwap, swap.id).state == "DECLINED"


def test_a_sick_call_frees_the_duty_and_asks_for_the_smallest_repair(team: Team) -> None:
    world = team.world
    world.run(RetireShift(shift_id=team.shifts["N"].id))
    for day in range(14):
        team.give("N2" if day % 2 else "N1", "D", day)
    team.publish()
    before = team.on_duty()
    world.now = datetime(2026, 3, 29, 12, tzinfo=UTC)
    world.run(ReportSick(staff_id=team.people["N1"].id, from_day=team.at(0),
                         until_day=team.at(2)))  # fmt: skip
    assert team.on_duty() == before[1:]
    with Session(world.engine, expire_on_commit=False) as session:
        plan = session.exec(select(Proposal)).one()
    assert plan.kind == "roster-repair"
    (line,) = solved(world, plan)
    assert (line.action, line.detail["changed_days"]) == (ROSTER_LINE, 1)
    assert line.key != str(team.people["N1"].id)
    world.run(ApproveRosterPlan(proposal_id=plan.id))
    carried_out(world, plan)
    after = team.on_duty()
    assert after[1:] == before[1:]  # what was told stands
    assert after[0][1:] == ("D", 0, "PUBLISHED")


def test_nobody_says_why_they_are_ill(told: Team) -> None:
    told.signed_in("N2")
    away = told.world.run(ReportOwnSick(from_day=told.at(1), until_day=told.at(2)))
    assert told.world.get(Absence, away.id).kind == "SICK"
    assert set(ReportOwnSick.__dataclass_fields__) == {"from_day", "until_day"}
    assert told.on_duty() == [("N1", "D", 0, "PUBLISHED")]


def test_a_repair_needs_a_published_roster(team: Team) -> None:
    asked_for = RequestRosterRepair(ward_id=team.world.ward_a.id)
    team.world.refused(asked_for, Conflict, "NO_ROSTER")
