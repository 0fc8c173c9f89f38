"""What was worked before a plan counts in it: Sundays of the year, the averaging window, overtime
of the month, the balance of hours, and public holidays."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session

from domain.places.model import Hospital
from domain.plans.model import ProposalItem, SolverRun
from domain.rosters.asking import RequestRosterPlan
from domain.rosters.line_rows import UNCOVERED
from domain.staff.duties import AssignDuty
from domain.staff.model import AbsenceKind
from domain.staff.policies import SetStaffingPolicy
from domain.staff.rosters import OpenRoster, PublishRoster
from domain.staff.shifts import RetireShift
from domain.staff.terms import RecordAbsence
from kit.canonical import parse_canonical
from solvers.roster_parts import History, Staff
from solvers.rosters import RosterProblem, from_canonical
from tests.rosters_domain.planned import solved
from tests.staff.team import Team

DAY = timedelta(days=1)
MOST = 60  # days of one roster


@pytest.fixture
def days_only(team: Team) -> Team:
    """One nurse is needed by day, nobody at night."""
    team.world.run(RetireShift(shift_id=team.shifts["N"].id))
    return team


def told(team: Team, first: date, until: date) -> None:
    """Published rosters of these days."""
    while first < until:
        ends = min(until, first + MOST * DAY)
        roster = team.world.run(
            OpenRoster(ward_id=team.world.ward_a.id, from_day=first, until_day=ends)
        )
        team.world.run(PublishRoster(roster_id=roster.id))
        first = ends


def worked(team: Team, number: str, days: Iterable[date], shift: str = "D") -> None:
    for day in days:
        team.world.run(AssignDuty(staff_id=team.people[number].id, day=day,
                                  shift_id=team.shifts[shift].id))  # fmt: skip


def days_of(first: date, count: int, weekdays: Iterable[int] = range(7)) -> list[date]:
    every = (first + n * DAY for n in range(count))
    return [day for day in every if day.weekday() in weekdays]


def only(team: Team, number: str, first: date, days: int) -> None:
    """Everybody else is away."""
    for other, member in team.people.items():
        if other != number:
            team.world.run(RecordAbsence(
                staff_id=member.id, absence_kind=AbsenceKind.TRAINING, from_day=first,
                until_day=first + days * DAY,
            ))  # fmt: skip


def rules(team: Team, code: str, zone: str | None = None) -> None:
    world = team.world
    world.run(SetStaffingPolicy(hospital_id=world.hospital.id, labour_rules=code))
    if zone is not None:
        with Session(world.engine) as session:
            hospital = session.get(Hospital, world.hospital.id)
            assert hospital is not None
            hospital.time_zone = zone
            session.commit()


def planned(team: Team, first: date, days: int) -> tuple[RosterProblem, list[ProposalItem]]:
    team.world.now = datetime(first.year, first.month, first.day, tzinfo=UTC) - 2 * DAY
    plan = team.world.run(RequestRosterPlan(
        hospital_id=team.world.hospital.id, ward_id=team.world.ward_a.id, from_day=first,
        days=days, time_limit_s=5,
    ))  # fmt: skip
    problem = bytes(team.world.get(SolverRun, plan.run_id).problem)
    return from_canonical(parse_canonical(problem)), solved(team.world, plan)


def person(problem: RosterProblem, team: Team, number: str) -> Staff:
    return next(one for one in problem.staff if one.key == str(team.people[number].id))


def history(problem: RosterProblem, team: Team, number: str) -> History:
    return person(problem, team, number).history


def short_for(items: list[ProposalItem]) -> dict[str, list[str]]:
    """Rules that keep everybody from each shift that stays short."""
    return {
        item.detail["day"]: [one["rule"] for one in item.reasons]
        for item in items if item.action == UNCOVERED
    }  # fmt: skip


def duties(team: Team, items: list[ProposalItem], number: str) -> list[str]:
    line = next(item for item in items if item.key == str(team.people[number].id))
    return [one["day"] for one in line.detail["duties"]]


@pytest.mark.parametrize(("sundays", "free"), [(36, False), (37, True)])
def test_who_worked_37_sundays_of_the_year_gets_no_more(
    days_only: Team, sundays: int, free: bool
) -> None:
    team, first = days_only, date(2026, 10, 26)
    rules(team, "DE")
    told(team, date(2026, 1, 1), team.at(0))
    told(team, team.at(14), first)
    team.publish()
    worked(team, "N1", days_of(date(2026, 1, 1), 300, [6])[:sundays])
    only(team, "N1", first, 7)
    problem, items = planned(team, first, 7)
    assert history(problem, team, "N1").sundays_worked == sundays
    sunday = "2026-11-01"
    assert (sunday not in duties(team, items, "N1")) is free
    assert ("FREE_SUNDAYS_A_YEAR" in short_for(items).get(sunday, [])) is free


def test_sundays_before_anybody_planned_here_count_as_many_as_a_year_allows(team: Team) -> None:
    rules(team, "DE")
    told(team, date(2026, 3, 1), team.at(0))
    worked(team, "N1", [date(2026, 3, 8), date(2026, 3, 22)])
    problem, _ = planned(team, team.at(0), 7)
    # eight Sundays of January and February are not known: 37 of 52 of them
    assert history(problem, team, "N1").sundays_worked == 2 + 8 * 37 // 52
    assert history(problem, team, "N2").sundays_worked == 8 * 37 // 52


def test_the_average_week_counts_the_weeks_before(days_only: Team) -> None:
    team, first = days_only, days_only.at(0)
    rules(team, "CN")
    team.shift("L", 8 * 60, 11 * 60, least_staff=0, by_ratio=False)
    told(team, first - 21 * DAY, first)
    worked(team, "N1", days_of(first - 21 * DAY, 21, range(5)), "L")
    only(team, "N1", first, 7)
    problem, items = planned(team, first, 7)
    assert history(problem, team, "N1").window_min == 15 * 660
    assert len(duties(team, items, "N1")) == 1  # 4 × 44 h less 165 h
    assert sum("AVERAGE_WEEK" in why for why in short_for(items).values()) == 6


def test_leave_and_days_nobody_knows_are_neutral_in_the_average(team: Team) -> None:
    rules(team, "DE")
    first = team.at(0)
    told(team, first - 28 * DAY, first)
    worked(team, "N1", days_of(first - 28 * DAY, 5, range(5)))
    for number in ("N1", "N2"):
        team.world.run(RecordAbsence(
            staff_id=team.people[number].id, absence_kind=AbsenceKind.VACATION,
            from_day=first - 7 * DAY, until_day=first + DAY,
        ))  # fmt: skip
    problem, _ = planned(team, first, 7)
    unknown = (24 * 7 - 7 - 28) * 2880 // 7
    leave = 6 * 480  # five weekdays before the plan and one in it
    assert history(problem, team, "N1").window_min == unknown + 5 * 480 + leave
    assert history(problem, team, "N2").window_min == unknown + leave
    assert history(problem, team, "N3").window_min == unknown


def test_overtime_of_the_month_counts_from_its_first_day(days_only: Team) -> None:
    team, first = days_only, date(2026, 5, 18)
    rules(team, "CN")
    team.shift("L", 8 * 60, 11 * 60, least_staff=0, by_ratio=False)
    told(team, date(2026, 5, 1), first)
    worked(team, "N1", days_of(date(2026, 5, 1), 17), "L")
    only(team, "N1", first, 28)
    problem, items = planned(team, first, 28)
    overtime = 17 * 660 - 2400 * 17 // 7
    assert history(problem, team, "N1").month_overtime_min == overtime
    left = 4 * 2400 + 36 * 60 - overtime  # less than the average week of the plan alone allows
    assert len(duties(team, items, "N1")) == left // 480
    assert any("MONTH_OVERTIME" in why for why in short_for(items).values())


def test_hours_above_the_contract_are_given_back(days_only: Team) -> None:
    team, first = days_only, days_only.at(0)
    rules(team, "DE")
    told(team, first - 28 * DAY, first)
    worked(team, "N1", days_of(first - 28 * DAY, 28, range(6)))
    worked(team, "N2", days_of(first - 28 * DAY, 28, range(4)))
    problem, items = planned(team, first, 7)
    assert history(problem, team, "N1").minutes_balance == 4 * 480
    assert history(problem, team, "N2").minutes_balance == -4 * 480
    assert history(problem, team, "N3").minutes_balance == -20 * 480
    shares = [len(duties(team, items, number)) for number in ("N1", "N2", "N3")]
    assert shares[0] <= 5 - 4  # of a week's five days four are owed to them
    assert sum(shares) == 7


@pytest.mark.parametrize(("zone", "free"), [("Europe/Berlin", True), ("Asia/Shanghai", False)])
def test_who_worked_on_a_holiday_gets_another_day_off(
    days_only: Team, zone: str, free: bool
) -> None:
    team, good_friday = days_only, date(2026, 4, 3)
    rules(team, "DE", zone)
    team.publish()
    first = good_friday + 13 * DAY
    told(team, team.at(14), first)
    off = {date(2026, 4, 5), date(2026, 4, 6), date(2026, 4, 12)}  # Sundays, Easter Monday
    worked(team, "N1", [day for day in days_of(good_friday, 13) if day not in off])
    only(team, "N1", first, 1)
    problem, items = planned(team, first, 1)
    assert (-13 in problem.holidays) is free
    assert (duties(team, items, "N1") == []) is free
    assert ("SUBSTITUTE_REST_DAY" in short_for(items).get(first.isoformat(), [])) is free


@pytest.mark.parametrize(
    ("zone", "holidays", "worked_days"),
    [("Europe/Berlin", (4, 7), 8), ("Asia/Shanghai", (5, 6, 7), 9)],
)
def test_a_public_holiday_takes_a_day_off_the_hours_to_work(
    team: Team, zone: str, holidays: tuple[int, ...], worked_days: int
) -> None:
    rules(team, "DE", zone)
    problem, items = planned(team, team.at(0), 14)
    assert tuple(day for day in problem.holidays if day >= 0) == holidays
    assert person(problem, team, "N1").target_min == worked_days * 480
    line = next(item for item in items if item.key == str(team.people["N1"].id))
    assert line.detail["target_minutes"] == worked_days * 480
