"""One readable case per rule: a row that breaks it, how often, and one that keeps it.

Rows begin on a Monday; E, L, N are shifts, C an on-call, a dot is a free day.
"""

from dataclasses import replace
from typing import Any

import pytest

from solvers.roster_judge import judge, times_broken
from solvers.roster_model import RosterModel
from solvers.roster_parts import Duty, History, Pattern, RosterWaiver, Wanted, Wish
from solvers.roster_problem import RosterProblem
from solvers.roster_ruleset import TERM_CODES, Term, country_rules
from tests.rosters.wards import need, nurse, rules, ward

WEEKDAYS = "EEEEE"
EDGES = (("ends_with_horizon", 1),)
SHORT_REST = (("compensated_by", 720), ("shortened", 600), ("within_days", 28))


def row_of(text: str, problem: RosterProblem) -> tuple[int, ...]:
    keys = [".", *(shift.key for shift in problem.shifts)]
    return tuple(keys.index(letter) for letter in text)


def times(term: Term, text: str, **facts: Any) -> int:
    """How often the row breaks the term."""
    facts = {"days": len(text), **facts}
    person = nurse("a", history=facts.pop("history", History()))
    problem = ward(person, terms=(term,), **facts)
    model = RosterModel(problem)
    rule = next(each for each in model.rules[0].enforced if each.code == term.rule)
    return times_broken(rule, row_of(text, problem))


CASES: list[tuple[str, dict[str, Any], str, int, str]] = [
    # rule, its term, a row that breaks it, how often, a row that keeps it
    ("MIN_DUTIES", {"limit": 4}, "EE.....", 2, "EEEE..."),
    ("MAX_DUTIES", {"limit": 3}, "EEEEE..", 2, "EEE...."),
    ("MIN_DAYS_IN_ROW", {"limit": 3}, ".E..EE.", 3, ".EEE..."),
    ("MAX_DAYS_IN_ROW", {"limit": 4}, "EEEEEE.", 2, "EEEE.EE"),
    ("MIN_FREE_IN_ROW", {"limit": 2}, "E.EE.EE", 2, "E..EE.."),
    ("MAX_FREE_IN_ROW", {"limit": 3}, "E.....E", 2, "E...E.."),
    ("MIN_NIGHTS_IN_ROW", {"limit": 2}, "N.NN...", 1, "NN.NNN."),
    ("MAX_NIGHTS_IN_ROW", {"limit": 3}, "NNNNN..", 2, "NNN.NNN"),
    ("MAX_ON_CALL_IN_ROW", {"limit": 1}, "CC.....", 1, "C.C...."),
    ("MAX_NIGHTS", {"limit": 2}, "NN.N...", 1, "NN....."),
    ("MAX_ON_CALLS", {"limit": 1}, "C..C..C", 2, "C......"),
    ("FREE_AFTER_NIGHTS", {"limit": 2}, "NN.E...", 1, "NN..E.."),
    ("MIN_WEEKENDS_IN_ROW", {"limit": 2}, ".....EE.............", 1, ".....EE.....EE......"),
    ("MAX_WEEKENDS_IN_ROW", {"limit": 1}, ".....EE.....E.", 1, ".....EE......." + ".....EE"),
    ("MAX_WEEKENDS", {"limit": 1}, ".....E.......E", 1, ".....EE......."),
    ("COMPLETE_WEEKEND", {}, ".....E.", 1, ".....EE"),
    ("SAME_SHIFT_IN_WEEKEND", {}, ".....EL", 2, ".....EE"),
    ("NO_NIGHT_BEFORE_FREE_WEEKEND", {}, "....N..", 1, "....NN."),
    ("SAME_SHIFT_IN_BLOCK", {}, "EELE...", 2, "EE.LL.."),
    ("MAX_MINUTES", {"limit": 960}, "EEE....", 1, "EE....."),
    ("MIN_MINUTES", {"limit": 960}, "E......", 8, "EE....."),
    ("REST_BETWEEN_DUTIES", {"limit": 660}, "LE.....", 1, "EL.E..."),
    ("DUTY_LENGTH", {"limit": 500}, "N......", 1, "E......"),
    ("DAY_OVERTIME", {"limit": 30, "options": (("day", 480),)}, "N......", 1, "E......"),
    ("WEEK_MINUTES", {"limit": 2400}, "EEEEEE.", 1, "EEEEE..EEEEE.."),
    ("AVERAGE_WEEK", {"limit": 2400}, "EEEEEE.", 1, "EEEEE.."),
    ("MONTH_OVERTIME", {"limit": 300, "options": (("week", 2400),)}, "EEEEEE.", 1, "EEEEE.."),
    ("REST_DAY_A_WEEK", {"limit": 1}, "EEEEEEE", 1, "EEEEEE."),
    ("FREE_SUNDAYS_A_YEAR", {"limit": 52}, "......E", 1, "EEEEEE."),
    ("SUBSTITUTE_REST_DAY", {"limit": 3}, "......EEEE", 1, "......EE.E"),
]


@pytest.mark.parametrize(
    ("code", "term", "breaks", "count", "keeps"), CASES, ids=[case[0] for case in CASES]
)
def test_a_rule_counts_what_breaks_it_and_nothing_else(
    code: str, term: dict[str, Any], breaks: str, count: int, keeps: str
) -> None:
    rule = Term(rule=code, **term)
    assert times(rule, breaks) == count
    assert times(rule, keeps) == 0


def test_every_rule_has_a_case() -> None:
    elsewhere = {"UNWANTED_PATTERN", "ALTERNATIVE_SKILL"}
    assert {case[0] for case in CASES} | elsewhere == set(TERM_CODES)


def test_an_unwanted_pattern_counts_each_time_from_its_weekday_on() -> None:
    friday = Pattern(key="p", days=("FREE", "ANY", "E"), weekday=4)
    term = Term(rule="UNWANTED_PATTERN", pattern="p")
    assert times(term, "....." + "LE" + ".....LE", patterns=(friday,)) == 2
    assert times(term, ".LE.E..", patterns=(friday,)) == 0


def test_patterns_that_overlap_count_each() -> None:
    term = Term(rule="UNWANTED_PATTERN", pattern="p")
    assert times(term, "ELELE..", patterns=(Pattern(key="p", days=("E", "L", "E")),)) == 2


def test_a_rest_may_be_shortened_once_until_it_is_made_good() -> None:
    """Late ends at 21:30, a day shift at 8:00 leaves ten and a half hours."""
    early = replace(ward().shifts[1], key="E", start_min=480)
    shifts = (early, *(shift for shift in ward().shifts if shift.key != "E"))
    term = Term(rule="REST_BETWEEN_DUTIES", limit=660, options=SHORT_REST)
    assert times(term, "LE.LE..", shifts=shifts) == 0
    assert times(term, "LELE...", shifts=shifts) == 0
    strict = Term(rule="REST_BETWEEN_DUTIES", limit=660)
    assert times(strict, "LE.LE..", shifts=shifts) == 2


def test_a_short_rest_that_is_not_made_good_in_time_is_a_breach() -> None:
    """Rests of exactly eleven hours never make a shortened one good."""
    day = [replace(ward().shifts[1], key=key, start_min=start, length_min=780)
           for key, start in (("E", 480), ("L", 420), ("N", 480))]  # fmt: skip
    late = (("compensated_by", 720), ("shortened", 600), ("within_days", 2))
    term = Term(rule="REST_BETWEEN_DUTIES", limit=660, options=late)
    assert times(term, "ELEE...", shifts=tuple(day)) == 0
    longer = Term(
        rule="REST_BETWEEN_DUTIES", limit=660, options=(*late[1:], ("compensated_by", 721))
    )
    assert times(longer, "ELLL...", shifts=tuple(day)) == 1


def test_a_run_goes_on_over_the_edge_of_the_month() -> None:
    past = History(known_days=3, past=((-2, "E"), (-1, "E")))
    assert times(Term(rule="MAX_DAYS_IN_ROW", limit=3), "EE.....", history=past) == 1
    assert times(Term(rule="MIN_DAYS_IN_ROW", limit=3), "E......", history=past) == 0
    assert times(Term(rule="MIN_DAYS_IN_ROW", limit=3), "......E") == 0
    assert times(Term(rule="MIN_DAYS_IN_ROW", limit=3, options=EDGES), "......E") == 2


def test_the_average_week_counts_what_was_worked_before() -> None:
    term = Term(rule="AVERAGE_WEEK", limit=2400, options=(("weeks", 4),))
    assert times(term, "EEEEE..", history=History(window_min=3 * 2400)) == 0
    assert times(term, "EEEEE..", history=History(window_min=3 * 2400 + 480)) == 1


def test_overtime_of_this_month_before_the_horizon_counts() -> None:
    term = Term(rule="MONTH_OVERTIME", limit=600, options=(("week", 2400),))
    assert times(term, "EEEEEE.", history=History(month_overtime_min=0)) == 0
    assert times(term, "EEEEEE.", history=History(month_overtime_min=200)) == 1


def points(text: str, problem: RosterProblem, skill: str = "") -> dict[str, int]:
    """Points of the soft rules that the first person's row breaks."""
    return dict(judged(text, problem, skill).terms)


def judged(text: str, problem: RosterProblem, skill: str = "") -> Any:
    model = RosterModel(problem)
    row = row_of(text, problem)
    skills = tuple(skill if duty else "" for duty in row)
    return judge(model.people[0], model.rules[0], model.told, row, skills)


def test_a_wish_counts_by_its_weight_and_by_those_missed_before() -> None:
    wishes = (
        Wish(staff="a", day=0, wanted=Wanted.OFF, weight=2),
        Wish(staff="a", day=1, wanted=Wanted.ON, shift="L"),
    )
    weights = rules(WISH_MISSED=10, WISH_MISSED_BEFORE=3)
    person = nurse("a", history=History(wishes_missed=2))
    problem = ward(person, wishes=wishes, rules=weights)
    assert points("EE.....", problem) == {"WISH_MISSED": 3 * (10 + 2 * 3)}
    assert points(".L.....", problem) == {}


def test_leaving_the_published_roster_costs_per_changed_day() -> None:
    told = (Duty(staff="a", day=0, shift="E"), Duty(staff="a", day=1, shift="E"))
    problem = ward(nurse("a"), published=told, rules=rules(CHANGED_DUTY=7))
    assert points("EL....E", problem) == {"CHANGED_DUTY": 14}
    assert points("EE.....", problem) == {}


def test_each_night_above_the_share_costs_more_than_the_one_before() -> None:
    demand = tuple(need(day, "N") for day in range(4))
    problem = ward(nurse("a"), nurse("b"), demand=demand, rules=rules(NIGHTS_ABOVE_SHARE=5))
    assert points("NN.....", problem) == {}
    assert points("NNNN...", problem) == {"NIGHTS_ABOVE_SHARE": 5 * (1 + 2)}
    before = nurse("a", history=History(nights_balance=1))
    carried = replace(problem, staff=(before, nurse("b")))
    assert points("NNNN...", carried) == {"NIGHTS_ABOVE_SHARE": 5 * (1 + 2 + 3)}


def test_each_weekend_above_the_share_costs_more_than_the_one_before() -> None:
    demand = tuple(need(day, "E") for day in (5, 6, 12, 13))
    problem = ward(
        nurse("a"), nurse("b"), days=14, demand=demand, rules=rules(WEEKENDS_ABOVE_SHARE=5)
    )
    assert points(".....EE.......", problem) == {}
    assert points(".....EE.....EE", problem) == {"WEEKENDS_ABOVE_SHARE": 5}


def test_started_hours_off_the_target_cost_balances_included() -> None:
    weights = rules(HOURS_ABOVE_TARGET=2, HOURS_BELOW_TARGET=3)
    problem = ward(nurse("a", target_min=960), rules=weights)
    assert points("EE.....", problem) == {}
    assert points("EEE....", problem) == {"HOURS_ABOVE_TARGET": 2 * 8}
    assert points("E......", problem) == {"HOURS_BELOW_TARGET": 3 * 8}
    ahead = nurse("a", target_min=960, history=History(minutes_balance=480))
    assert points("E......", replace(problem, staff=(ahead,))) == {}


def test_absence_takes_a_fifth_of_a_week_off_the_target() -> None:
    problem = ward(nurse("a", absent=(0, 5)), rules=rules(HOURS_BELOW_TARGET=1))
    assert points(".EEEE..", problem) == {}


def test_hard_rules_of_a_day_are_named() -> None:
    told = (Duty(staff="a", day=6, shift="E"),)
    person = nurse("a", absent=(0,), barred=((1, "E"),))
    problem = ward(person, published=told, frozen=(6,))
    assert judged("EE.....", problem, "RN").broken == (
        "ABSENT", "FROZEN_DAY", "SHIFT_ALLOWED", "SKILL_HELD",
    )  # fmt: skip
    assert judged("......E", problem).broken == ()


def test_a_skill_ends_on_its_day() -> None:
    from solvers.roster_parts import HeldSkill

    person = nurse("a")
    until = replace(person, skills=(HeldSkill(skill="RN", until=3),))
    assert judged("..E....", ward(until), "RN").broken == ()
    assert judged("...E...", ward(until), "RN").broken == ("SKILL_HELD",)


def test_a_missing_skill_of_a_shift_may_be_soft() -> None:
    shifts = tuple(
        replace(shift, skills=("HEAD",)) if shift.key == "E" else shift for shift in ward().shifts
    )
    hard = ward(nurse("a"), shifts=shifts)
    assert judged("E......", hard).broken == ("SKILL_HELD",)
    soft = ward(nurse("a"), shifts=shifts, terms=(Term(rule="ALTERNATIVE_SKILL", weight=10),))
    assert judged("E......", soft).broken == ()
    assert points("E......", soft) == {"ALTERNATIVE_SKILL": 10}


def test_a_hard_rule_that_is_waived_is_named_as_such() -> None:
    problem = ward(
        nurse("a"),
        terms=(Term(rule="MAX_DUTIES", limit=1),),
        waivers=(RosterWaiver(rule="MAX_DUTIES", staff="a"),),
    )
    found = judged("EE.....", problem)
    assert (found.broken, found.waived) == ((), ("MAX_DUTIES",))


@pytest.mark.parametrize(
    ("country", "text", "broken"),
    [
        ("de", "LE.....", ("REST_BETWEEN_DUTIES",)),
        ("de", "NNNNN..", ("MAX_NIGHTS_IN_ROW",)),
        ("de", "EEEEEEEE......", ("MAX_DAYS_IN_ROW",)),
        ("de", "EEEEE..", ()),
        ("cn", "LE.....", ("REST_BETWEEN_DUTIES",)),
        ("cn", "NNNN...", ("MAX_NIGHTS_IN_ROW",)),
        ("cn", "EEEEEEE", ("AVERAGE_WEEK", "MAX_DAYS_IN_ROW", "REST_DAY_A_WEEK")),
        ("cn", "EEEEE..", ()),
    ],
)
def test_a_countrys_law_is_kept_or_named(country: str, text: str, broken: tuple[str, ...]) -> None:
    problem = ward(nurse("a"), days=len(text), rules=country_rules(country))
    assert judged(text, problem).broken == broken
