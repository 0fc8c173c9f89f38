"""Whole rosters one can check by hand: cover, rules in conflict, repair, swaps, questions."""

from dataclasses import replace

import pytest

from solvers.engine import Limits
from solvers.roster_decided import as_decided
from solvers.roster_explain import Explainer
from solvers.roster_parts import Duty, RosterWaiver, Wanted, Wish
from solvers.roster_problem import RosterProblem
from solvers.roster_repair import Absence, Change, repair, swap_allowed
from solvers.roster_ruleset import Term
from solvers.rosters import solve
from tests.rosters.wards import THIN, UNCOVERED, need, nurse, rules, ward

REST = Term(rule="REST_BETWEEN_DUTIES", limit=660)


def duty(staff: str, day: int, shift: str, skill: str = "") -> Duty:
    return Duty(staff=staff, day=day, shift=shift, skill=skill)


def test_what_cannot_be_covered_is_named_with_how_many_are_short() -> None:
    problem = ward(nurse("a"), nurse("b"), demand=(need(2, "E", 3),))
    plan = solve(problem)
    assert [(g.day, g.shift, g.skill, g.short_by, g.cost) for g in plan.uncovered] == [
        (2, "E", "", 1, UNCOVERED)
    ]
    assert (plan.outcome.status, plan.outcome.objective) == ("OPTIMAL", UNCOVERED)


def test_a_thin_shift_is_a_gap_that_is_covered() -> None:
    plan = solve(ward(nurse("a"), demand=(need(0, "E", 1, preferred=2),)))
    assert plan.uncovered == ()
    assert [(gap.heads, gap.cost) for gap in plan.gaps] == [(1, THIN)]


def test_a_ward_without_staff_has_its_whole_demand_open() -> None:
    plan = solve(ward(demand=(need(0, "E", 2), need(1, "L", 1, preferred=2))))
    assert plan.outcome.objective == 3 * UNCOVERED + THIN
    assert [gap.short_by for gap in plan.gaps] == [2, 1]


def test_one_skill_is_kept_for_where_only_it_will_do() -> None:
    """`b` alone is senior: `a` takes the general duty, whoever comes first."""
    demand = (need(0, "E"), need(0, "E", skill="SENIOR"))
    plan = solve(ward(nurse("b", "SENIOR"), nurse("a"), demand=demand))
    assert plan.duties == (duty("a", 0, "E"), duty("b", 0, "E", "SENIOR"))


def conflict_ward(*rows: Term) -> RosterProblem:
    """The published roster is frozen, and its short rest is against the law."""
    told = (duty("a", 0, "L"), duty("a", 1, "E"))
    return ward(
        nurse("a"),
        demand=(need(0, "L"), need(1, "E")),
        published=told,
        frozen=(0, 1),
        terms=(REST, *rows),
    )


def test_hard_rules_that_leave_no_row_are_named_and_the_rest_is_planned() -> None:
    plan = solve(conflict_ward())
    assert plan.outcome.status == "INFEASIBLE"
    assert [(each.staff, each.rules) for each in plan.conflicts] == [("a", ("FROZEN_DAY",))]
    assert plan.duties != ()


def test_the_smallest_conflict_may_be_two_rules() -> None:
    """Absence and freezing contradict each other on two counts: rest, and the day itself."""
    problem = conflict_ward(Term(rule="MIN_DUTIES", limit=7), Term(rule="MAX_DUTIES", limit=5))
    free = replace(problem, published=None, frozen=())
    (conflict,) = solve(free).conflicts
    assert len(conflict.rules) == 1
    (both,) = solve(problem).conflicts
    assert len(both.rules) == 2


def test_a_waived_rule_is_no_conflict() -> None:
    problem = replace(
        conflict_ward(), waivers=(RosterWaiver(rule="REST_BETWEEN_DUTIES", staff="a"),)
    )
    plan = solve(problem)
    assert (plan.outcome.status, plan.conflicts) == ("OPTIMAL", ())
    assert plan.items[0].waived == ("REST_BETWEEN_DUTIES",)


def test_fairness_is_measured_with_what_was_before() -> None:
    demand = tuple(need(day, "N") for day in range(4))
    plan = solve(ward(nurse("a"), nurse("b"), demand=demand, rules=rules(NIGHTS_ABOVE_SHARE=5)))
    nights = next(each for each in plan.fairness if each.measure == "NIGHTS")
    assert (nights.least, nights.most, nights.width) == (0, 0, 0)


def test_the_same_problem_gives_the_same_roster() -> None:
    demand = tuple(need(day, shift) for day in range(7) for shift in "EL")
    problem = ward(*(nurse(key) for key in "abcd"), demand=demand, terms=(REST,))
    assert solve(problem).duties == solve(problem).duties


def sick_ward() -> tuple[RosterProblem, tuple[Duty, ...]]:
    """`a` and `b` work early and late for three days; `c` is free and knows no late."""
    told = tuple(
        duty(who, day, shift) for day in range(3) for who, shift in (("a", "E"), ("b", "L"))
    )
    demand = tuple(need(day, shift) for day in range(3) for shift in "EL")
    people = (nurse("a"), nurse("b"), nurse("c", barred=tuple((d, "L") for d in range(3))))
    return ward(*people, demand=demand, terms=(REST,)), told


def test_a_sick_call_is_repaired_by_one_change() -> None:
    problem, told = sick_ward()
    answer = repair(problem, told, [Absence("a", (1,))])
    assert answer.changes == (Change("c", 1, None, "E"),)
    assert answer.proven
    assert answer.plan.uncovered == ()


def test_a_sick_call_may_need_a_chain() -> None:
    """Nobody but `a` can take the late, and then `c` the early of `a`."""
    problem, told = sick_ward()
    answer = repair(problem, told, [Absence("b", (2,))])
    assert answer.changes == (Change("a", 2, "E", "L"), Change("c", 2, None, "E"))
    assert answer.proven


def test_days_that_are_past_stay() -> None:
    problem, told = sick_ward()
    answer = repair(problem, told, [Absence("b", (2,))], today=2)
    assert [each for each in answer.plan.duties if each.day < 2] == [
        each for each in sorted(told) if each.day < 2
    ]


def test_the_absence_of_a_stranger_is_refused() -> None:
    problem, told = sick_ward()
    with pytest.raises(ValueError, match=r"absences\.staff: x is not part of the problem"):
        repair(problem, told, [Absence("x", (0,))])


def test_a_swap_is_allowed_where_it_breaks_nothing() -> None:
    problem, told = sick_ward()
    verdict = swap_allowed(
        problem,
        told,
        given=[duty("a", 2, "E"), duty("b", 2, "L")],
        taken=[duty("a", 2, "L"), duty("b", 2, "E")],
    )
    assert (verdict.allowed, verdict.broken) == (False, (("b", "REST_BETWEEN_DUTIES"),))
    verdict = swap_allowed(problem, told, [duty("a", 2, "E")], [duty("c", 2, "E")])
    assert (verdict.allowed, verdict.broken, verdict.price) == (True, (), 0)


def test_a_swap_of_a_duty_nobody_has_is_refused() -> None:
    problem, told = sick_ward()
    with pytest.raises(ValueError, match="is not in the roster"):
        swap_allowed(problem, told, [duty("c", 0, "E")], [])


def test_questions_about_a_duty_are_answered_by_rule_or_price() -> None:
    problem, _ = sick_ward()
    wishes = (Wish(staff="c", day=1, wanted=Wanted.OFF),)
    problem = replace(problem, wishes=wishes, rules=rules(WISH_MISSED=10))
    plan = solve(problem)
    asked = Explainer(problem, plan)
    assert asked.why_not("c", 0, "L").forbidden == ("SHIFT_ALLOWED",)
    early = next(each for each in plan.duties if (each.day, each.shift) == (1, "E"))
    assert early.staff != "c"
    assert [(each.staff, each.price) for each in asked.alternatives(early)] == [("c", 10)]
    again = asked.why_not("c", 1, "E", Limits(time_limit_s=10.0))
    assert (again.forbidden, again.price_from, again.price, again.exact) == ((), 10, 10, True)
    assert ("c", 1) in {(each.staff, each.day) for each in again.changes}
    as_planned = asked.why_not(early.staff, 1, "E", Limits(time_limit_s=10.0))
    assert (as_planned.price, as_planned.exact, as_planned.changes) == (0, True, ())
    [swapped] = {"a", "b"} - {early.staff}  # has the late duty that day; the two change lines
    others = asked.alternatives(early, limits=Limits(time_limit_s=10.0))
    assert [(each.staff, each.price, each.exact) for each in others] == [
        (swapped, 0, True), ("c", 10, True),
    ]  # fmt: skip
    assert asked.explain("c").penalty == 0
    with pytest.raises(ValueError, match="staff: x is not part"):
        asked.explain("x")


def test_a_stored_roster_is_priced_as_it_was_planned() -> None:
    problem, _ = sick_ward()
    problem = replace(problem, rules=rules(WISH_MISSED=10))
    plan = solve(problem)
    again = as_decided(problem, plan.duties, plan.outcome.bound)
    assert again.plan.outcome.objective == plan.outcome.objective
    assert again.plan.outcome.status == plan.outcome.status == "OPTIMAL"
    assert again.plan.duties == plan.duties
    open_too = as_decided(problem, [], plan.outcome.bound)  # nobody works: every head is missing
    assert open_too.plan.outcome.status == "FEASIBLE"
    assert sum(gap.short_by for gap in open_too.plan.gaps) == sum(
        row.minimum for row in problem.demand
    )
    with pytest.raises(ValueError, match="duties: x on day 0"):
        as_decided(problem, [duty("x", 0, "E")])


def test_a_price_is_at_most_that_where_nothing_was_solved_again() -> None:
    problem, _ = sick_ward()
    problem = replace(problem, rules=rules(WISH_MISSED=10))
    plan = solve(problem)
    late = next(each for each in plan.duties if each.shift == "L")
    told = Explainer(problem, plan).why_not(late.staff, late.day, None)
    assert (told.price_from, told.exact) == (None, False)
    assert told.price is not None


def test_hindrances_count_whom_each_rule_keeps_away() -> None:
    problem = ward(
        nurse("a"),
        nurse("b", "RN", absent=(0,)),
        demand=(need(0, "E", skill="RN"),),
    )
    plan = solve(problem)
    found = Explainer(problem, plan).hindrances(0, "E", "RN")
    assert plan.uncovered[0].hindrances == found
    assert [(each.rule, each.forbids, each.alone) for each in found] == [
        ("ABSENT", 1, 1),
        ("SKILL_HELD", 1, 1),
    ]
