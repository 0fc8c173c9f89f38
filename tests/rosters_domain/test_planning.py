"""Rosters from question to published duties: frozen, solved, decided line by line, carried out."""

from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from domain.plans.commands import ExecuteItem, ItemDecision, RejectPlan
from domain.plans.kinds import OverrideReason
from domain.plans.model import ItemState, PlanState, SolverRun
from domain.rosters.asking import RequestRosterPlan
from domain.rosters.deciding import ApproveRosterPlan
from domain.rosters.line_rows import ROSTER_LINE, UNCOVERED
from domain.rosters.queries import coverage, fairness
from domain.rosters.texts import roster_text
from domain.staff.model import AbsenceKind
from domain.staff.policies import SetStaffingPolicy
from domain.staff.roster_model import Want
from domain.staff.terms import RecordAbsence
from domain.staff.wishes import StateWish
from kit.canonical import parse_canonical
from kit.errors import Conflict, Invalid, NotFound
from kit.work import NETWORK
from solvers.roster_ruleset import DAY_CODES, DEFAULT_WEIGHTS, TERM_CODES
from solvers.rosters import RosterProblem, from_canonical
from tests.rosters_domain.planned import carried_out, solved
from tests.staff.team import Team

WEEK = 7


def ask(team: Team, **how: object) -> RequestRosterPlan:
    values: dict[str, object] = {"from_day": team.at(0), "days": WEEK, "time_limit_s": 5, **how}
    return RequestRosterPlan(hospital_id=team.world.hospital.id,
                             ward_id=team.world.ward_a.id, **values)  # type: ignore[arg-type]  # fmt: skip


def frozen(team: Team, run_id: UUID) -> RosterProblem:
    return from_canonical(parse_canonical(bytes(team.world.get(SolverRun, run_id).problem)))


def test_a_roster_is_planned_approved_and_published(team_on_both: Team) -> None:
    team = team_on_both
    world = team.world
    for number in ("N4", "N5"):
        team.hire(number)
    world.run(RecordAbsence(staff_id=team.people["N1"].id, absence_kind=AbsenceKind.VACATION,
                            from_day=team.at(0), until_day=team.at(7)))  # fmt: skip
    plan = world.run(ask(team, days=4))
    items = solved(world, plan)
    assert [item.action for item in items] == [ROSTER_LINE] * 5
    away = next(item for item in items if item.key == str(team.people["N1"].id))
    assert away.detail["duties"] == []
    world.refused(RejectPlan(proposal_id=plan.id, reason=OverrideReason.STAFFING),
                  NotFound, "NOT_FOUND")  # fmt: skip
    world.run(ApproveRosterPlan(proposal_id=plan.id))
    assert carried_out(world, plan).state is PlanState.EXECUTED
    told = team.on_duty()
    assert {state for _, _, _, state in told} == {"PLANNED"}
    # five staffed beds: at least one nurse in each shift, and nobody in two of a day
    assert {(day, shift) for _, shift, day, _ in told} == {
        (day, shift) for day in range(4) for shift in ("D", "N")
    }
    assert len({(number, day) for number, _, day, _ in told}) == len(told)
    team.publish()
    assert {state for _, _, _, state in team.on_duty()} == {"PUBLISHED"}


def test_the_problem_holds_what_is_known_and_says_whose_census_it_is(team: Team) -> None:
    world = team.world
    team.hire("OLD", skill_until=team.at(2))
    world.run(SetStaffingPolicy(hospital_id=world.hospital.id, labour_rules="DE"))
    world.run(StateWish(staff_id=team.people["N2"].id, day=team.at(3), want=Want.OFF, weight=7))
    team.shift("ICU", 480, 480, least_staff=2, by_ratio=False)
    plan = world.run(ask(team))
    problem = frozen(team, plan.run_id)
    assert (problem.first_day, problem.days, problem.rules.version) == (
        "2026-03-30", WEEK, "de-2026-1",
    )  # fmt: skip
    needed = {(row.shift, row.minimum) for row in problem.demand}
    assert needed == {(str(team.shifts["D"].id), 1), (str(team.shifts["N"].id), 1),
                      (str(team.shifts["ICU"].id), 2)}  # fmt: skip
    assert [(wish.day, wish.wanted, wish.weight) for wish in problem.wishes] == [(3, "OFF", 7)]
    old = next(one for one in problem.staff if one.key == str(team.people["OLD"].id))
    assert (old.holds("WARD", 1), old.holds("WARD", 2)) == (True, False)
    with Session(world.engine) as session:
        need, found = coverage(session, [NETWORK], world.ward_a.id, team.at(0), team.at(1),
                               world.now)  # fmt: skip
    assert need.census.source == "STAFFED_BEDS"
    assert [(one.need.shift.code, one.need.people, one.short_by) for one in found] == [
        ("D", 1, 1), ("ICU", 2, 2), ("N", 1, 1),
    ]  # fmt: skip


def test_nobody_is_planned_whose_skill_has_run_out(team: Team) -> None:
    world = team.world
    for number in ("N1", "N2", "N3"):
        away = RecordAbsence(staff_id=team.people[number].id, absence_kind=AbsenceKind.TRAINING,
                             from_day=team.at(0), until_day=team.at(7))  # fmt: skip
        world.run(away)
    team.hire("OLD", skill_until=team.at(1))
    items = solved(world, world.run(ask(team, days=3)))
    line = next(item for item in items if item.key == str(team.people["OLD"].id))
    assert [one["day"] for one in line.detail["duties"]] == ["2026-03-30"]
    short = [item for item in items if item.action == UNCOVERED]
    assert {item.state for item in short} == {ItemState.UNPLACED}
    assert len(short) == 5  # six duties, one of them done


def test_a_person_decides_line_by_line(team: Team) -> None:
    world = team.world
    plan = world.run(ask(team, days=2))
    items = {item.key: item for item in solved(world, plan) if item.action == ROSTER_LINE}
    mine, other = (items[str(team.people[number].id)] for number in ("N1", "N2"))
    choice = {"duties": [{"day": "2026-03-31", "shift": str(team.shifts["D"].id)}]}
    unsaid = ItemDecision(item_id=mine.id, choice=choice)
    world.refused(ApproveRosterPlan(proposal_id=plan.id, items=(unsaid,)), Invalid, "INVALID")
    beyond = ItemDecision(item_id=mine.id, reason=OverrideReason.LOCAL_KNOWLEDGE,
                          choice={"duties": [{"day": "2026-04-30", "shift": "x"}]})  # fmt: skip
    world.refused(ApproveRosterPlan(proposal_id=plan.id, items=(beyond,)), Invalid, "INVALID")
    world.run(ApproveRosterPlan(proposal_id=plan.id, items=(
        ItemDecision(item_id=mine.id, choice=choice, reason=OverrideReason.LOCAL_KNOWLEDGE),
        ItemDecision(item_id=other.id, approve=False, reason=OverrideReason.STAFFING),
        ItemDecision(item_id=items[str(team.people["N3"].id)].id, approve=False,
                     reason=OverrideReason.STAFFING),
    )))  # fmt: skip
    carried_out(world, plan)
    assert team.on_duty() == [("N1", "D", 1, "PLANNED")]


def test_what_changed_meanwhile_falls_out_alone(team: Team) -> None:
    world = team.world
    plan = world.run(ask(team, days=2))
    items = solved(world, plan)
    busy = next(item for item in items if item.detail.get("duties"))
    world.run(ApproveRosterPlan(proposal_id=plan.id))
    away = RecordAbsence(staff_id=UUID(busy.key), absence_kind=AbsenceKind.SICK,
                         from_day=team.at(0), until_day=team.at(2))  # fmt: skip
    world.run(away)
    assert world.refused(ExecuteItem(item_id=busy.id), Conflict, "ABSENT").field == "day"


def test_a_plan_needs_days_ahead_and_shifts(team: Team) -> None:
    world = team.world
    past = ask(team, from_day=date(2026, 3, 1))
    assert world.refused(past, Invalid, "INVALID").field == "fromDay"
    assert world.refused(ask(team, days=63), Invalid, "INVALID").field == "days"
    nothing = RequestRosterPlan(hospital_id=world.hospital.id, ward_id=world.ward_b.id,
                                from_day=team.at(0))  # fmt: skip
    world.refused(nothing, Conflict, "NO_SHIFTS")
    over = ask(team, from_day=team.at(10), days=7)
    assert world.refused(over, Conflict, "ROSTER_OVERLAP").blocking == team.roster.id


def test_fairness_counts_published_nights_against_a_share_by_hours(team: Team) -> None:
    world = team.world
    team.hire("HALF", weekly_minutes=1200)
    for day in (0, 1):
        team.give("N1", "N", day)
    team.give("N2", "N", 2)
    team.give("N2", "D", 5)
    team.give("HALF", "N", 3)
    team.publish()
    world.now += timedelta(days=40)
    with Session(world.engine) as session:
        found = fairness(session, [NETWORK], world.hospital.id, 3, world.now)
    told = {one.member.number: (one.nights, round(one.fair_nights, 2), one.weekends)
            for one in found.burdens}  # fmt: skip
    assert told == {"N1": (2, 1.14, 0), "N2": (1, 1.14, 1), "N3": (0, 1.14, 0),
                    "HALF": (1, 0.57, 0)}  # fmt: skip
    assert (found.nights_spread, found.weekends_spread) == (2, 1)
    assert found.wishes_granted_percent is None


def test_every_rule_has_a_text_in_both_languages() -> None:
    for code in (*TERM_CODES, *DAY_CODES, *DEFAULT_WEIGHTS):
        chinese, english = roster_text(code)
        assert chinese != code, code
        assert english != code, code
