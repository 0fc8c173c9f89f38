"""Questions about a roster plan: who else, and why not, by rule or by price."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from app.questions import Questions
from app.solver_process import SolverLimits
from domain.plans.asked import Asked
from domain.plans.kinds import kind_of
from domain.plans.model import PlanState, Proposal
from domain.rosters import asked
from domain.rosters.asking import RequestRosterPlan, RequestRosterRepair
from domain.staff.commands import RegisterStaff
from domain.staff.identity import StaffIdentity
from domain.staff.model import AbsenceKind, Profession
from domain.staff.roster_model import Want
from domain.staff.terms import RecordAbsence, SetContract, SetSkill
from domain.staff.wishes import StateWish
from kit.errors import Invalid, NotFound
from kit.ids import new_id
from kit.work import NETWORK, Scope
from tests.measures.test_api import ask
from tests.plans.test_bed_plan import Planning, planning
from tests.rosters_domain.planned import solved
from tests.staff.team import Team

__all__ = ["planning"]

WHO_ELSE = """query ($p: UUID!, $s: UUID!, $d: Date!) { whoElse(planId: $p, staffId: $s, day: $d) {
    shiftId others { staffId price exact terms { rule { code en } penalty } } } }"""
WHY_NOT = """query ($p: UUID!, $s: UUID!, $d: Date!, $t: UUID) {
    whyNotDuty(planId: $p, staffId: $s, day: $d, shiftId: $t) {
    forbidden { code zh } priceFrom priceTo exact
    changes { staffId day beforeShiftId afterShiftId } } }"""
ITEMS = """query ($p: UUID!) { rosterPlanItems(planId: $p, first: 9) { nodes {
    staffId kept { code en } waived { code } duties { day shiftId } } } }"""


def answer(team: Team, question: Asked) -> dict[str, Any]:
    limits = SolverLimits(10.0, 0, 0)
    return kind_of(question.kind).answer(question.problem, question.question, limits)


@pytest.fixture
def plan(team: Team) -> Proposal:
    """Two days of a day and a night shift for three nurses; N3 wishes the first day off."""
    world = team.world
    world.run(StateWish(staff_id=team.people["N3"].id, day=team.at(0), want=Want.OFF, weight=5))
    found = world.run(RequestRosterPlan(
        hospital_id=world.hospital.id, ward_id=world.ward_a.id, from_day=team.at(0), days=2,
        time_limit_s=5,
    ))  # fmt: skip
    solved(world, found)
    return found


def test_why_not_names_the_rule_or_an_exact_price(team: Team, plan: Proposal) -> None:
    def why(number: str, day: int, shift: str | None) -> dict[str, Any]:
        with Session(team.world.engine) as session:
            return answer(team, asked.why_not_duty(
                session, [NETWORK], plan.id, team.people[number].id, team.at(day),
                team.shifts[shift].id if shift else None,
            ))  # fmt: skip

    wished = why("N3", 0, "D")
    assert (wished["forbidden"], wished["exact"]) == ((), True)
    assert wished["price_from"] == wished["price"] >= 5 * 10  # the wish, by its weight
    assert (str(team.people["N3"].id), team.at(0).isoformat()) in {
        (each["staff"], each["day"]) for each in wished["changes"]
    }
    by_night = next(one for one in plan_duties(team, plan) if one[2] == team.shifts["N"].id)
    number = next(key for key, one in team.people.items() if str(one.id) == by_night[0])
    if by_night[1] == 0:  # from a night into the next day there is no rest
        assert why(number, 0, "N")["price"] == 0


def plan_duties(team: Team, plan: Proposal) -> list[tuple[str, int, UUID]]:
    with Session(team.world.engine) as session:
        question = asked.why_not_duty(
            session, [NETWORK], plan.id, team.people["N1"].id, team.at(0), None
        )
    return [(staff, day, UUID(shift)) for staff, day, shift in question.question["duties"]]


def test_who_else_tells_whom_and_at_which_price(team: Team, plan: Proposal) -> None:
    holder, day, shift = next(one for one in plan_duties(team, plan) if one[1] == 0)
    with Session(team.world.engine) as session:
        question = asked.who_else(session, [NETWORK], plan.id, UUID(holder), team.at(day))
    told = answer(team, question)
    assert told["shift"] == str(shift)
    others = {one["staff"]: one for one in told["others"]}
    assert others.keys() == {str(one.id) for one in team.people.values()} - {holder}
    assert all(one["exact"] for one in others.values())
    wisher = others[str(team.people["N3"].id)]
    assert wisher["price"] >= 5 * 10  # the wish, by its weight
    assert told["others"] == sorted(told["others"], key=lambda one: (one["price"], one["staff"]))


def test_what_is_no_part_of_the_plan_cannot_be_asked(team: Team, plan: Proposal) -> None:
    world, nurse = team.world, team.people["N1"].id
    with Session(world.engine) as session:
        reach = [NETWORK]
        with pytest.raises(NotFound):
            asked.who_else(session, [Scope(new_id())], plan.id, nurse, team.at(0))
        with pytest.raises(NotFound):
            asked.who_else(session, reach, plan.id, new_id(), team.at(0))
        with pytest.raises(NotFound):
            asked.why_not_duty(session, reach, plan.id, nurse, team.at(0), new_id())
        with pytest.raises(Invalid) as beyond:
            asked.why_not_duty(session, reach, plan.id, nurse, team.at(9), None)
        assert beyond.value.field == "day"
        with pytest.raises(Invalid) as free:
            asked.who_else(session, reach, plan.id, team.people["N3"].id, team.at(0))
        assert free.value.reason == "NO_DUTY"
    early = world.run(RequestRosterPlan(
        hospital_id=world.hospital.id, ward_id=world.ward_a.id, from_day=team.at(0), days=2,
    ))  # fmt: skip
    with Session(world.engine) as session, pytest.raises(Invalid) as unsolved:
        asked.who_else(session, [NETWORK], early.id, nurse, team.at(0))
    assert unsolved.value.reason == "NOT_READY"


def test_a_repair_is_asked_by_its_own_ranking(team: Team) -> None:
    world = team.world
    for day in range(4):
        team.give("N1", "D", day)
    team.publish()
    world.run(RecordAbsence(staff_id=team.people["N2"].id, absence_kind=AbsenceKind.TRAINING,
                            from_day=team.at(0), until_day=team.at(14)))  # fmt: skip
    world.now += timedelta(days=27)  # the day before the roster begins
    found = world.run(RequestRosterRepair(ward_id=world.ward_a.id))
    solved(world, found)
    with Session(world.engine) as session:
        away = asked.why_not_duty(session, [NETWORK], found.id, team.people["N2"].id, team.at(0),
                                  team.shifts["D"].id)  # fmt: skip
        moved = asked.why_not_duty(session, [NETWORK], found.id, team.people["N1"].id, team.at(0),
                                   None)  # fmt: skip
    assert "ABSENT" in answer(team, away)["forbidden"]
    changed = answer(team, moved)
    assert changed["price"] is not None
    assert changed["price"] >= 10_000  # one more day that people were told otherwise


def hire(planning: Planning, number: str) -> None:
    """One more nurse of the ward, who may do its shift."""
    city, ids = planning.city, planning.corner.ids
    today = city.app.clock().date()
    member = city.do(RegisterStaff(
        hospital_id=ids["hospital"], home_ward_id=ids["ward"], number=number,
        profession=Profession.NURSE, joined_on=today, identity=StaffIdentity(family_en=number),
    ))  # fmt: skip
    city.do(SetContract(staff_id=member.id, from_day=today, weekly_minutes=2400))
    city.do(SetSkill(staff_id=member.id, skill="WARD", valid_from=today))


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_planners_ask_through_graphql(planning: Planning) -> None:
    city, ids = planning.city, planning.corner.ids
    city.app.questions = Questions()  # real processes
    first: date = city.app.clock().date() + timedelta(days=40)
    for number in ("THIRD", "FOURTH", "FIFTH", "SIXTH"):
        hire(planning, number)
    plan = city.do(RequestRosterPlan(hospital_id=ids["hospital"], ward_id=ids["ward"],
                                     from_day=first, days=2, time_limit_s=5)).id  # fmt: skip
    planning.until(plan, PlanState.READY)
    given: dict[str, Any] = {"p": str(plan), "s": str(ids["staff"]), "d": first.isoformat()}
    lines = ask(city, planning.chief, ITEMS, p=str(plan))["rosterPlanItems"]["nodes"]
    mine = next(one for one in lines if one["staffId"] == str(ids["staff"]))
    assert "REST_BETWEEN_DUTIES" in {rule["code"] for rule in mine["kept"]}
    assert mine["waived"] == []
    told = ask(city, planning.chief, WHO_ELSE, **given)["whoElse"]
    assert told["shiftId"] == str(ids["shift"])
    best = told["others"][0]
    assert best["exact"]
    other = {**given, "s": best["staffId"], "t": str(ids["shift"])}
    why = ask(city, planning.chief, WHY_NOT, **other)["whyNotDuty"]
    assert (why["forbidden"], why["exact"]) == ([], True)
    assert why["priceFrom"] == why["priceTo"] == best["price"]
    stranger = city.enrol("roster-planner", scope=Scope(new_id()))
    assert ask(city, stranger, WHY_NOT, **other)["code"] == "NotFound"
