"""Each hard rule forbids what it says, allows the rest, and gives way to its waiver by name."""

from typing import Any

import pytest

from solvers.bed_problem import BedPlanProblem
from solvers.bed_rules import HARD_RULES
from solvers.bed_ruleset import DEFAULT_WEIGHTS, HARD_CODES, RuleSet
from solvers.beds import solve
from tests.solvers.bed_cases import hospital, lying, patient, placed, waiver


def assert_forbids(rule: str, problem: BedPlanProblem) -> None:
    """The one request stays without a bed, for this rule alone; with a waiver it is placed."""
    plan = solve(problem)
    assert plan.items == ()
    reasons = {each.rule.split(":")[0]: each.forbids for each in plan.unplaced[0].hindrances}
    assert rule in reasons
    waived = solve(BedPlanProblem(**{**vars(problem), "waivers": (waiver(rule, "REQUEST", "p"),)}))
    assert [item.waived for item in waived.items] == [(rule,)]


def assert_allows(problem: BedPlanProblem) -> None:
    assert len(placed(problem)) == len(problem.requests)


BAY = ("bay:1", "bay:2")
TAKEN = {"bay:2": {"blocked_by": ("OCCUPIED",)}}


def test_the_codes_that_can_be_waived_are_the_rules() -> None:
    assert set(HARD_CODES) == set(HARD_RULES)


def test_one_patient_per_bed() -> None:
    problem = hospital(patient("p"), patient("q", priority=1))
    assert placed(problem) == {"q": "bay:1"}
    assert_allows(hospital(patient("p"), patient("q"), beds=BAY))


def test_bed_ready() -> None:
    assert_forbids("BED_READY", hospital(patient(), bed={"bay:1": {"blocked_by": ("DIRTY",)}}))
    assert_allows(hospital(patient()))


@pytest.mark.parametrize("code", ["OCCUPIED", "HELD"])
def test_a_bed_that_someone_has_is_never_waived(code: str) -> None:
    problem = hospital(
        patient(),
        bed={"bay:1": {"blocked_by": (code,)}},
        waivers=[waiver("BED_READY", "REQUEST", "p"), waiver("BED_READY", "WARD", "w")],
    )
    assert placed(problem) == {}


def test_a_hold_of_ones_own_does_not_block() -> None:
    held = {"bay:1": {"blocked_by": ("HELD",)}}
    assert placed(hospital(patient(held_bed="bay:1"), patient("q"), bed=held)) == {"p": "bay:1"}


def test_required_equipment() -> None:
    assert_forbids("REQUIRED_EQUIPMENT", hospital(patient(required_equipment=("oxygen",))))
    has = {"equipment": ("oxygen",)}
    assert_allows(hospital(patient(required_equipment=("oxygen",)), bed={"bay:1": has}))
    assert_allows(hospital(patient(required_equipment=("oxygen",)), rooms={"bay": has}))


def test_target_ward() -> None:
    other = hospital(patient(), beds=("bay:1",))
    two_wards = {**vars(other), "wards": (*other.wards, type(other.wards[0])(key="v"))}
    elsewhere = {**two_wards, "requests": (patient(target_ward="v"),)}
    assert_forbids("TARGET_WARD", BedPlanProblem(**elsewhere))
    assert_allows(hospital(patient(target_ward="w")))


def test_level_of_care() -> None:
    assert_forbids("LEVEL_OF_CARE", hospital(patient(care_level="HDU")))
    assert_allows(hospital(patient(care_level="HDU"), care_level="ICU"))


@pytest.mark.parametrize("age", [15, None])
def test_age_limits(age: int | None) -> None:
    assert_forbids("AGE_LIMITS", hospital(patient(age_years=age), min_age=16))
    assert_allows(hospital(patient(age_years=16), min_age=16, max_age=16))


def test_ward_sex_where_the_rule_set_makes_it_hard() -> None:
    weights = tuple(DEFAULT_WEIGHTS.items())
    hard = RuleSet(version="t", weights=weights, ward_sex_is_hard=True)
    assert_forbids("WARD_SEX", hospital(patient(sex="M"), sex_policy="FEMALE", rules=hard))
    assert_allows(hospital(patient(sex="F"), sex_policy="FEMALE", rules=hard))
    assert_allows(hospital(patient(sex="M"), sex_policy="FEMALE"))


def test_side_room_required_and_forbidden() -> None:
    side: dict[str, Any] = {"rooms": {"side": {"kind": "SIDE"}}, "beds": ("side:1",)}
    assert_forbids("SIDE_ROOM", hospital(patient(side_room="REQUIRED"), beds=BAY, bed=TAKEN))
    assert_allows(hospital(patient(side_room="REQUIRED"), **side))
    assert_forbids("SIDE_ROOM", hospital(patient(side_room="FORBIDDEN"), **side))
    assert_allows(hospital(patient(side_room="FORBIDDEN"), beds=BAY))


@pytest.mark.parametrize(
    ("isolation", "right", "wrong"),
    [
        ("CONTACT", "SIDE", "BAY"),
        ("CONTACT", "NEG_PRESSURE", "POS_PRESSURE"),
        ("DROPLET", "SIDE", "BAY"),
        ("AIRBORNE", "NEG_PRESSURE", "SIDE"),
        ("PROTECTIVE", "POS_PRESSURE", "NEG_PRESSURE"),
    ],
)
def test_isolation_needs_its_kind_of_room(isolation: str, right: str, wrong: str) -> None:
    ill = patient(isolation=isolation, organism="FLU")
    assert_forbids("ISOLATION", hospital(ill, beds=("r:1",), rooms={"r": {"kind": wrong}}))
    assert_allows(hospital(ill, beds=("r:1",), rooms={"r": {"kind": right}}))


def _bay_with(**neighbour: Any) -> dict[str, Any]:
    return {"beds": BAY, "bed": TAKEN, "occupants": [lying("bay", **neighbour)]}


def test_isolation_may_join_the_same_cohort_in_a_bay() -> None:
    flu = {"isolation": "DROPLET", "organism": "FLU"}
    assert_allows(hospital(patient(**flu), **_bay_with(**flu)))
    other = {"isolation": "DROPLET", "organism": "RSV"}
    assert placed(hospital(patient(**flu), **_bay_with(**other))) == {}
    unknown = {"isolation": "DROPLET"}
    assert placed(hospital(patient(**unknown), **_bay_with(**unknown))) == {}


def test_a_plan_opens_no_cohort_of_its_own() -> None:
    flu = {"isolation": "DROPLET", "organism": "FLU"}
    two = (patient("p", **flu), patient("q", **flu))
    assert placed(hospital(*two, beds=BAY)) == {}
    opened = hospital(*two, beds=BAY, waivers=[waiver("ISOLATION", "ROOM", "bay")])
    assert placed(opened) == {"p": "bay:1", "q": "bay:2"}


def test_isolation_in_a_shared_room_co_blocks_its_other_beds() -> None:
    ill = {"isolation": "DROPLET", "organism": "FLU"}
    assert_forbids("CO_BLOCKING", hospital(patient(), **_bay_with(**ill)))
    assert_allows(hospital(patient(), **_bay_with()))
    opened = [waiver("ISOLATION", "REQUEST", "q")]
    both = hospital(patient("p"), patient("q", priority=1, **ill), beds=BAY, waivers=opened)
    assert placed(both) == {"q": "bay:1"}


@pytest.mark.parametrize(("policy", "sex"), [("FIXED_F", "M"), ("FIXED_M", "F"), ("FIXED_F", "U")])
def test_room_sex_fixed(policy: str, sex: str) -> None:
    room = {"bay": {"sex_policy": policy}}
    assert_forbids("ROOM_SEX", hospital(patient(sex=sex), rooms=room))
    assert_allows(hospital(patient(sex=policy[-1]), rooms=room))


def test_room_sex_is_that_of_the_people_in_it() -> None:
    assert_forbids("ROOM_SEX", hospital(patient(sex="M"), **_bay_with(sex="F")))
    assert_allows(hospital(patient(sex="F"), **_bay_with(sex="F")))


def test_room_sex_counts_those_whom_the_plan_puts_there() -> None:
    man, woman = patient("m", sex="M"), patient("w", sex="F", priority=1)
    assert placed(hospital(man, woman, beds=BAY)) == {"w": "bay:1"}
    assert_allows(hospital(man, woman, beds=("a:1", "a:2", "b:1", "b:2")))


def test_unknown_sex_shares_a_room_with_nobody() -> None:
    assert_forbids("ROOM_SEX", hospital(patient(sex="U"), **_bay_with(sex="U")))
    assert len(placed(hospital(patient("p", sex="U"), patient("q", sex="U"), beds=BAY))) == 1
    assert_allows(hospital(patient(sex="U"), beds=BAY))


def test_staffed_capacity() -> None:
    full: dict[str, Any] = {"staffed_beds": 10, "census": 7, "holds": 3}
    assert_forbids("STAFFED_CAPACITY", hospital(patient(), **full))
    assert_allows(hospital(patient(), **{**full, "holds": 2}))


def test_staffed_capacity_counts_those_whom_the_plan_adds() -> None:
    plan = solve(hospital(patient("p"), patient("q"), beds=BAY, staffed_beds=1))
    assert len(plan.items) == 1
    assert [(h.rule, h.forbids, h.alone, h.short_by) for h in plan.unplaced[0].hindrances] == [
        ("STAFFED_CAPACITY", 2, 1, 1),
        ("GIVEN_TO_OTHERS", 1, 0, None),
    ]


def test_a_patient_the_ward_counts_already_needs_no_more_staff() -> None:
    beds = {"bay:1": {"blocked_by": ("HELD",)}}
    problem = hospital(patient(held_bed="bay:1"), bed=beds, staffed_beds=1, holds=1)
    assert_allows(problem)


def test_a_waiver_to_mix_does_not_hide_what_the_mixing_costs() -> None:
    two = (patient("m", sex="M"), patient("w", sex="F"))
    plan = solve(hospital(*two, beds=BAY, waivers=[waiver("ROOM_SEX", "REQUEST", "w")]))
    assert [item.terms for item in plan.items] == [(("MIXED_BAY", 8),)] * 2
    assert [item.waived for item in plan.items] == [(), ("ROOM_SEX",)]
    assert plan.outcome.objective == plan.outcome.bound == 16
