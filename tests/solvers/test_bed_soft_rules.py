"""Each soft rule costs its weight when broken and nothing when kept."""

from typing import Any

import pytest

from solvers.bed_rules import PREFERENCES, SOFT_RULES
from solvers.bed_ruleset import DEFAULT_PREFERENCES, DEFAULT_RULES, DEFAULT_WEIGHTS, RuleSet
from solvers.beds import solve
from tests.solvers.bed_cases import hospital, lying, patient, terms

BAY: dict[str, Any] = {"beds": ("bay:1", "bay:2"), "bed": {"bay:2": {"blocked_by": ("OCCUPIED",)}}}
SIDE: dict[str, Any] = {"beds": ("side:1",), "rooms": {"side": {"kind": "SIDE"}}}
HEART_SECOND = {"specialties": (("lung", 1), ("heart", 2))}

CASES: list[tuple[str, int, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # rule, points, patient, hospital that breaks it, hospital that keeps it
    ("IMMUNOSUPPRESSED_NO_SIDE_ROOM", 10, {"immunosuppressed": True}, BAY, SIDE),
    ("WRONG_SEX_WARD", 10, {"sex": "F"}, {"sex_policy": "MALE"}, {"sex_policy": "FEMALE"}),
    ("FALLS_RISK_SIDE_ROOM", 5, {"falls_risk": True}, SIDE, BAY),
    (
        "NO_SUPERVISION",
        5,
        {"needs_supervision": True},
        {"bed": {"bay:1": {"visible": False}}},
        {"bed": {"bay:1": {"visible": True}}},
    ),
    ("INFECTION_NO_SIDE_ROOM", 4, {"infection": True}, BAY, SIDE),
    ("END_OF_LIFE_NO_SIDE_ROOM", 3, {"end_of_life": True}, BAY, SIDE),
    ("OUTLIER_SPECIALTY", 3, {"specialty": "heart"}, {}, {"specialties": (("heart", 1),)}),
    ("SECOND_SPECIALTY", 1, {"specialty": "heart"}, HEART_SECOND, {"specialties": (("heart", 1),)}),
    (
        "PREFERENCE_MISSED",
        4,
        {"preferred_equipment": ("hoist", "oxygen")},
        {},
        {"bed": {"bay:1": {"equipment": ("hoist", "oxygen")}}},
    ),
    ("PREFERENCE_MISSED", 2, {"side_room": "PREFERRED"}, BAY, SIDE),
    ("PREFERS_ROOM", 3, {"prefers_room": "SINGLE"}, BAY, SIDE),
    ("PREFERS_ROOM", 3, {"prefers_room": "SHARED"}, SIDE, BAY),
    (
        "PREFERS_LANGUAGE",
        3,
        {"prefers_languages": ("bo", "zh")},
        {"languages": ("en",)},
        {"languages": ("en", "zh")},
    ),
    (
        "PREFERS_NURSE_SEX",
        2,
        {"prefers_nurse_sex": "F"},
        {"nurse_sexes": ("M",)},
        {"nurse_sexes": ("F", "M")},
    ),
    (
        "PREFERS_NEAR_FAMILY",
        2,
        {"family_district": "north", "family_minutes": 30},
        {"travel_min": (("north", 31), ("south", 5))},
        {"travel_min": (("north", 30),)},
    ),
    (
        "PREFERS_NEAR_FAMILY",
        2,
        {"family_district": "north", "family_minutes": 30},
        {},
        {"travel_min": (("north", 1),)},
    ),
    ("CARE_ABOVE_NEED", 8, {}, {"care_level": "ICU"}, {"care_level": "WARD"}),
]


@pytest.mark.parametrize(("rule", "points", "facts", "breaks", "keeps"), CASES)
def test_breaking_the_rule_costs_its_points_and_keeping_it_is_free(
    rule: str, points: int, facts: dict[str, Any], breaks: dict[str, Any], keeps: dict[str, Any]
) -> None:
    assert terms(solve(hospital(patient(**facts), **breaks))) == {rule: points}
    assert terms(solve(hospital(patient(**facts), **keeps))) == {}


@pytest.mark.parametrize(("sex", "cost"), [("M", {}), ("F", {"MIXED_BAY": 8})])
def test_mixed_bay(sex: str, cost: dict[str, int]) -> None:
    mixed = {"bay": {"sex_policy": "MIXED"}}
    there = hospital(patient(sex="M"), **BAY, rooms=mixed, occupants=[lying("bay", sex)])
    assert terms(solve(there)) == cost


def test_mixed_bay_costs_everyone_whom_the_plan_puts_into_it() -> None:
    mixed = {"bay": {"sex_policy": "MIXED"}}
    two = (patient("m", sex="M"), patient("w", sex="F"))
    plan = solve(hospital(*two, beds=("bay:1", "bay:2"), rooms=mixed))
    assert [item.terms for item in plan.items] == [(("MIXED_BAY", 8),), (("MIXED_BAY", 8),)]
    assert plan.outcome.objective == 16


@pytest.mark.parametrize(
    ("moves", "cost"), [(2, {"TRANSFER": 11}), (3, {"TRANSFER": 11, "MANY_MOVES": 8})]
)
def test_transfer_and_many_moves(moves: int, cost: dict[str, int]) -> None:
    problem = hospital(patient(current_bed="bay:2", moves_so_far=moves), **BAY)
    assert terms(solve(problem)) == cost


def test_every_soft_rule_has_a_default_weight() -> None:
    assert set(SOFT_RULES) == {*DEFAULT_WEIGHTS, *DEFAULT_PREFERENCES}
    assert set(DEFAULT_PREFERENCES) == PREFERENCES


def test_weights_are_data() -> None:
    rules = RuleSet(version="t", weights=(("OUTLIER_SPECIALTY", 40),))
    assert terms(solve(hospital(patient(specialty="x"), rules=rules))) == {"OUTLIER_SPECIALTY": 40}


def test_the_urgent_come_first_then_those_who_wait_longer() -> None:
    urgent = patient("a", priority=2, immunosuppressed=True, infection=True, end_of_life=True)
    waiting = patient("b", priority=1, waiting_min=5_000)
    fresh = patient("c", priority=1)
    assert solve(hospital(urgent, waiting, fresh)).bed_of == {"a": "bay:1"}
    assert solve(hospital(waiting, fresh)).bed_of == {"b": "bay:1"}


def test_no_wait_and_no_sum_of_penalties_outweighs_one_point_of_priority() -> None:
    """Else an inconvenient bed could send a more urgent patient to the back of the queue."""
    worst = (
        sum(DEFAULT_WEIGHTS.values())
        + sum(DEFAULT_PREFERENCES.values())
        + 10 * DEFAULT_WEIGHTS["PREFERENCE_MISSED"]
    )
    assert DEFAULT_RULES.priority_step > DEFAULT_RULES.waiting_cap + worst
