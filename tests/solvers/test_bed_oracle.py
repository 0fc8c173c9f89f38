"""The solver against brute force, and against what must hold whatever the problem is."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solvers import bed_search
from solvers.bed_problem import BedPlanProblem, Scope, Waiver
from solvers.bed_ruleset import HARD_CODES
from solvers.beds import (
    Alternatives,
    alternatives,
    from_canonical,
    problem_hash,
    solve,
    to_canonical,
)
from tests.solvers.bed_checker import cheapest, cost_of
from tests.solvers.bed_strategies import problems

few = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@few
@given(problems())
def test_a_plan_costs_exactly_what_the_best_of_all_placements_costs(
    problem: BedPlanProblem,
) -> None:
    plan = solve(problem)
    assert plan.outcome.status == "OPTIMAL"
    assert plan.outcome.objective == plan.outcome.bound == cheapest(problem)
    assert cost_of(problem, plan.bed_of) == plan.outcome.objective


@few
@given(problems(), st.integers(0, 99))
def test_the_order_of_the_rows_changes_nothing(problem: BedPlanProblem, seed: int) -> None:
    shuffled: dict[str, Any] = {}
    for name in ("requests", "beds", "rooms", "wards", "occupants", "waivers"):
        rows = list(getattr(problem, name))
        random.Random(seed).shuffle(rows)
        shuffled[name] = tuple(rows)
    other = BedPlanProblem(**shuffled)
    assert problem_hash(other) == problem_hash(problem)
    assert solve(other).bed_of == solve(problem).bed_of


@few
@given(problems(), st.sampled_from(HARD_CODES))
def test_a_waived_rule_never_costs_more(problem: BedPlanProblem, rule: str) -> None:
    everywhere = [Waiver(rule=rule, scope=Scope.WARD, key=ward.key) for ward in problem.wards]
    relaxed = replace(problem, waivers=(*problem.waivers, *everywhere))
    assert (solve(relaxed).outcome.objective or 0) <= (solve(problem).outcome.objective or 0)


@few
@given(problems())
def test_a_problem_comes_back_from_its_canonical_form(problem: BedPlanProblem) -> None:
    assert from_canonical(to_canonical(problem)) == problem


@few
@given(problems())
def test_every_part_of_a_plan_is_allowed_without_the_rest(problem: BedPlanProblem) -> None:
    """Items are approved one by one, so none may lean on another."""
    placed = solve(problem).bed_of
    for left_out in placed:
        rest = {key: bed for key, bed in placed.items() if key != left_out}
        assert cost_of(problem, rest) is not None


@few
@given(problems())
def test_pricing_from_one_column_each_still_finds_the_best(problem: BedPlanProblem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bed_search, "SMALL", 0)
        patch.setattr(bed_search, "FIRST", 1)
        patch.setattr(bed_search, "BREADTH", 1)
        plan = solve(problem)
    assert plan.outcome.status == "OPTIMAL"
    assert plan.outcome.objective == cheapest(problem) == cost_of(problem, plan.bed_of)


@few
@given(problems())
def test_exact_prices_of_other_beds_are_those_of_brute_force(problem: BedPlanProblem) -> None:
    plan = solve(problem)
    for request in problem.requests:
        for other in alternatives(problem, plan, request.key):
            best = cheapest(problem, fixed={request.key: other.bed})
            assert other.exact
            assert (plan.outcome.objective or 0) + other.price == best


@few
@given(problems())
def test_a_price_without_solving_again_is_never_too_low(problem: BedPlanProblem) -> None:
    plan = solve(problem)
    prepared = Alternatives(problem, plan)
    for request in problem.requests:
        for other in prepared.of(request.key):
            best = cheapest(problem, fixed={request.key: other.bed})
            price = best - (plan.outcome.objective or 0)
            assert other.price == price if other.exact else other.price >= price
