"""What wishes change in a plan, what that costs clinically, and that older problems replay."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from solvers.bed_preferences import effect_of, missed, without_preferences
from solvers.bed_problem import BedPlanProblem
from solvers.bed_ruleset import DEFAULT_RULES, RuleSet
from solvers.beds import from_canonical, problem_hash, solve, to_canonical
from tests.solvers.bed_cases import hospital, patient
from tests.solvers.bed_checker import cheapest
from tests.solvers.bed_strategies import problems

STORED = Path(__file__).with_name("bed_problem_format_1.json")
few = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def test_a_wish_gives_way_to_a_need_and_its_price_is_shown() -> None:
    """p wishes the single room for 3 points, q would lose 10 without it, r loses 4."""
    problem = hospital(
        patient("p", prefers_room="SINGLE"),
        patient("q", infection=True),
        beds=("bay:1", "bay:2", "side:1"),
        rooms={"side": {"kind": "SIDE"}},
    )
    plan = solve(problem)
    effect = effect_of(problem, plan)
    assert plan.bed_of["q"] == "side:1"
    assert (effect.missed, effect.missed_without) == (3, 3)
    assert (effect.clinical, effect.price, effect.otherwise) == (0, 0, ())


def test_a_wish_that_is_granted_says_what_it_costs_the_others() -> None:
    rules = replace(DEFAULT_RULES, preferences=(("PREFERS_ROOM", 9),))
    problem = hospital(
        patient("p", prefers_room="SINGLE"),
        patient("q", infection=True),
        beds=("bay:1", "bay:2", "side:1"),
        rooms={"side": {"kind": "SIDE"}},
        rules=rules,
    )
    plan = solve(problem)
    effect = effect_of(problem, plan)
    assert plan.bed_of["p"] == "side:1"
    assert (effect.missed, effect.missed_without) == (0, 9)
    assert (effect.clinical, effect.clinical_without, effect.price) == (4, 0, 4)
    assert set(effect.otherwise) == {"p", "q"}
    assert effect.exact


@few
@given(problems())
def test_the_clinical_cost_without_wishes_is_the_least_there_is(problem: BedPlanProblem) -> None:
    plan = solve(problem)
    effect = effect_of(problem, plan)
    assert effect.exact
    assert effect.clinical + effect.missed == plan.outcome.objective == cheapest(problem)
    assert effect.clinical_without == solve(without_preferences(problem)).outcome.objective
    assert effect.price >= 0
    assert effect.missed == missed(plan)


def test_a_problem_stored_before_there_were_preferences_replays_to_the_same_plan() -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    problem = from_canonical(stored["problem"])
    assert problem.rules.preferences == ()
    assert problem.rules.version == "beds-1"
    plan = solve(problem)
    assert (plan.bed_of, plan.outcome.objective) == (stored["beds"], stored["objective"])
    assert problem_hash(problem) != stored["hash"]  # the new form has a hash of its own
    assert from_canonical(to_canonical(problem)) == problem


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("prefers_nurse_sex", {"prefers_nurse_sex": "X"}),
        ("family_minutes", {"family_district": "north"}),
        ("family_minutes", {"family_minutes": -1, "family_district": "north"}),
        ("prefers_room", {"prefers_room": "SUITE"}),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(field: str, facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=field):
        patient(**facts)


def test_a_rule_has_its_weight_in_one_table_only() -> None:
    with pytest.raises(ValueError, match=r"rules\.preferences: MIXED_BAY"):
        RuleSet(version="x", weights=(("MIXED_BAY", 8),), preferences=(("MIXED_BAY", 1),))
