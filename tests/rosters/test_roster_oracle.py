"""The solver against brute force, and against what must hold whatever the ward is."""

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from solvers.roster_parts import RosterWaiver
from solvers.roster_problem import RosterProblem
from solvers.roster_repair import Absence, repair
from solvers.roster_ruleset import TERM_CODES
from solvers.rosters import from_canonical, problem_hash, solve, to_canonical
from tests.rosters.tiny_wards import cheapest, tiny_ward
from tests.rosters.ward_checker import cost_of

few = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
seeds = st.integers(0, 10_000)


@few
@given(seeds)
def test_a_roster_costs_exactly_what_the_best_of_all_costs(seed: int) -> None:
    problem = _possible(seed)
    plan = solve(problem)
    assert plan.outcome.status == "OPTIMAL"
    assert plan.outcome.objective == plan.outcome.bound == cheapest(problem)
    assert cost_of(problem, plan.duties) == plan.outcome.objective
    parts = sum(item.penalty for item in plan.items) + sum(gap.cost for gap in plan.gaps)
    assert parts == plan.outcome.objective


@few
@given(seeds, st.integers(0, 99))
def test_the_order_of_the_rows_changes_nothing(seed: int, order: int) -> None:
    problem = tiny_ward(seed)
    shuffled: dict[str, Any] = {}
    for name in ("staff", "shifts", "demand", "wishes", "waivers"):
        rows = list(getattr(problem, name))
        Random(order).shuffle(rows)
        shuffled[name] = tuple(rows)
    other = replace(problem, **shuffled)
    assert problem_hash(other) == problem_hash(problem)
    assert solve(other).duties == solve(problem).duties


@few
@given(seeds, st.sampled_from(TERM_CODES))
def test_a_waived_rule_never_costs_more(seed: int, rule: str) -> None:
    problem = tiny_ward(seed)
    assume(not solve(problem).conflicts)
    relaxed = replace(problem, waivers=(*problem.waivers, RosterWaiver(rule=rule)))
    assert (solve(relaxed).outcome.objective or 0) <= (solve(problem).outcome.objective or 0)


@few
@given(seeds)
def test_a_ward_comes_back_from_its_canonical_form(seed: int) -> None:
    problem = tiny_ward(seed)
    assert from_canonical(to_canonical(problem)) == problem


@few
@given(seeds)
def test_a_repair_covers_first_then_changes_least(seed: int) -> None:
    """Every roster is tried: none covers more, and none that covers as much changes less."""
    problem = replace(_possible(seed), published=None)
    before = solve(problem)
    person = problem.staff[0]
    days = tuple(duty.day for duty in before.items[0].duties)
    assume(days)
    away = replace(person, absent=(*person.absent, days[0]))
    frozen = replace(problem, staff=(away, *problem.staff[1:]), published=before.duties)
    weights = dict(frozen.rules.weights) | {"CHANGED_DUTY": 10_000, "UNCOVERED": 10**6}
    ranked = replace(frozen, rules=replace(frozen.rules, weights=tuple(weights.items())))
    assume(cheapest(ranked) is not None)
    answer = repair(problem, before.duties, [Absence(person.key, (days[0],))])
    assert answer.proven
    after = cost_of(ranked, answer.plan.duties)
    assert after == cheapest(ranked)


def _possible(seed: int) -> RosterProblem:
    problem = tiny_ward(seed)
    assume(cheapest(problem) is not None)
    return problem
