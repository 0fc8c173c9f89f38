"""Plans: replay, explanations, other beds, ranking, and what a malformed problem answers."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from bench.bed_hospitals import Shape
from bench.bed_hospitals import hospital as made_up
from kit.canonical import canonical_json
from solvers import bed_model
from solvers.bed_problem import Bed, BedPlanProblem, Room
from solvers.beds import (
    alternatives,
    from_canonical,
    problem_hash,
    rank_beds,
    solve,
    to_canonical,
)
from solvers.engine import Answer, Outcome, Status
from tests.solvers.bed_cases import hospital, lying, patient, waiver

REPLAY = """
import json, sys
from solvers.beds import from_canonical, problem_hash, solve
problem = from_canonical(json.loads(sys.stdin.read()))
plan = solve(problem)
print(json.dumps([problem_hash(problem), plan.bed_of, plan.outcome.objective]))
"""


def test_the_same_bytes_give_the_same_plan_in_another_process() -> None:
    problem = made_up(7, Shape(requests=40, beds=150, occupied=0.5))
    body = canonical_json(to_canonical(problem))
    answers = []
    for hash_seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", REPLAY],
            input=body,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        )
        answers.append(json.loads(run.stdout))
    here = solve(problem)
    expected = [problem_hash(problem), here.bed_of, here.outcome.objective]
    assert answers == [expected, expected]


def test_a_changed_fact_or_weight_changes_the_hash() -> None:
    problem = hospital(patient())
    older = hospital(patient(age_years=41))
    assert problem_hash(problem) == problem_hash(from_canonical(to_canonical(problem)))
    assert problem_hash(older) != problem_hash(problem)


def test_nothing_to_decide_needs_no_solver() -> None:
    plan = solve(hospital(patient(), bed={"bay:1": {"blocked_by": ("OCCUPIED",)}}))
    assert (plan.outcome.status, plan.outcome.solver) == ("OPTIMAL", "none")
    assert plan.outcome.objective == plan.unplaced[0].cost == 1_000
    nobody = solve(hospital())
    assert (nobody.items, nobody.unplaced, nobody.outcome.objective) == ((), (), 0)


def test_a_run_that_ends_with_nothing_places_nobody_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out_of_time = Outcome(Status.NONE, None, None, None, True, 5_000, 0, "HiGHS", "1")
    monkeypatch.setattr(bed_model, "minimise", lambda *_: Answer(out_of_time, {}))
    plan = solve(hospital(patient()))
    assert plan.items == ()
    assert (plan.outcome.status, plan.outcome.cut_short) == ("FEASIBLE", True)
    assert (plan.outcome.objective, plan.outcome.bound, plan.outcome.gap) == (1_000, 0, 1.0)
    assert [each.rule for each in plan.unplaced[0].hindrances] == ["NOT_WORTH_IT"]


def test_an_unplaced_request_says_which_rules_forbid_how_many_beds() -> None:
    problem = hospital(
        patient(sex="M", required_equipment=("oxygen",)),
        beds=("a:1", "a:2", "a:3", "b:1", "b:2"),
        bed={
            "a:1": {"blocked_by": ("OCCUPIED",)},
            "a:2": {"equipment": ("oxygen",)},
            "b:1": {"blocked_by": ("DIRTY",), "equipment": ("oxygen",)},
        },
        occupants=[lying("a", "F")],
    )
    reasons = solve(problem).unplaced[0].hindrances
    assert [(each.rule, each.forbids, each.alone) for each in reasons] == [
        ("REQUIRED_EQUIPMENT", 2, 1),
        ("ROOM_SEX", 2, 1),
        ("BED_READY:DIRTY", 1, 1),
        ("BED_READY:OCCUPIED", 1, 1),
    ]


def test_an_item_tells_its_terms_the_rules_it_keeps_and_what_was_waived() -> None:
    problem = hospital(
        patient(sex="M", specialty="heart", isolation="CONTACT"),
        rooms={"bay": {"sex_policy": "FIXED_F"}},
        waivers=[waiver("ROOM_SEX", "ROOM", "bay"), waiver("ISOLATION", "REQUEST", "p")],
    )
    item = solve(problem).items[0]
    assert item.terms == (("OUTLIER_SPECIALTY", 3),)
    assert item.broken == ("OUTLIER_SPECIALTY",)
    assert item.kept == ("BED_READY", "LEVEL_OF_CARE", "STAFFED_CAPACITY")
    assert item.waived == ("ISOLATION", "ROOM_SEX")


def two_for_one_side_room() -> BedPlanProblem:
    """p loses 10 points without the side room, q loses 4."""
    return hospital(
        patient("p", immunosuppressed=True),
        patient("q", infection=True),
        beds=("bay:1", "bay:2", "side:1"),
        rooms={"side": {"kind": "SIDE"}},
    )


def test_an_alternative_costs_what_the_whole_plan_costs_more() -> None:
    problem = two_for_one_side_room()
    plan = solve(problem)
    assert plan.bed_of == {"p": "side:1", "q": "bay:1"}
    [bay] = [a for a in alternatives(problem, plan, "p") if a.bed.startswith("bay")]
    assert (bay.price, bay.exact, bay.penalty, bay.terms) == (
        6,
        True,
        10,
        (("IMMUNOSUPPRESSED_NO_SIDE_ROOM", 10),),
    )
    [side] = [a for a in alternatives(problem, plan, "q") if a.bed == "side:1"]
    assert (side.price, side.exact, side.displaces) == (6, True, "p")


def test_ranked_beds_carry_their_penalties_and_broken_rules() -> None:
    ranked = rank_beds(two_for_one_side_room(), "q")
    assert [(each.bed, each.penalty) for each in ranked] == [
        ("side:1", 0),
        ("bay:1", 4),
        ("bay:2", 4),
    ]
    assert ranked[1].terms == (("INFECTION_NO_SIDE_ROOM", 4),)


def test_ranking_leaves_forbidden_beds_out_unless_asked() -> None:
    problem = hospital(
        patient(sex="M"), beds=("a:1", "b:1"), rooms={"a": {"sex_policy": "FIXED_F"}}
    )
    assert [each.bed for each in rank_beds(problem, "p")] == ["b:1"]
    both = rank_beds(problem, "p", forbidden_too=True)
    assert [(each.bed, each.forbidden) for each in both] == [("b:1", ()), ("a:1", ("ROOM_SEX",))]


@pytest.mark.parametrize("question", [rank_beds, lambda p, k: alternatives(p, solve(p), k)])
def test_an_unknown_request_is_named(question: Callable[[BedPlanProblem, str], Any]) -> None:
    with pytest.raises(ValueError, match="request_key: nobody"):
        question(hospital(patient()), "nobody")


@pytest.mark.parametrize(
    ("field", "build"),
    [
        ("requests, beds", lambda: hospital(*(patient(f"p{i}") for i in range(2_001)))),
        ("requests: p occurs twice", lambda: hospital(patient(), patient(encounter="other"))),
        (
            "requests.encounter",
            lambda: hospital(patient("p", encounter="x"), patient("q", encounter="x")),
        ),
        ("requests.held_bed", lambda: hospital(patient(held_bed="nowhere"))),
        ("requests.target_ward", lambda: hospital(patient(target_ward="nowhere"))),
        ("requests.care_level", lambda: hospital(patient(care_level="SPA"))),
        ("wards.care_level", lambda: hospital(patient(), care_level="SPA")),
        ("sex: 'X'", lambda: patient(sex="X")),
        ("age_years", lambda: patient(age_years=-1)),
        ("waivers.rule", lambda: waiver("MIXED_BAY", "WARD", "w")),
        ("waivers.scope", lambda: waiver("ROOM_SEX", "BED", "bay:1")),
        ("occupants.room", lambda: hospital(patient(), occupants=[lying("nowhere")])),
        ("beds.ward", lambda: _moved_bed()),
        ("format", lambda: from_canonical({"format": "other"})),
        ("problem", lambda: from_canonical({**to_canonical(hospital()), "beds": [{"nose": 1}]})),
    ],
)
def test_a_malformed_problem_is_refused_by_the_name_of_its_field(
    field: str, build: Callable[[], object]
) -> None:
    with pytest.raises(ValueError, match=field):
        build()


def _moved_bed() -> BedPlanProblem:
    fine = hospital(patient())
    other = type(fine.wards[0])(key="v")
    rooms = (*fine.rooms, Room(key="far", ward="v"))
    beds = (*fine.beds, Bed(key="b", ward="w", room="far"))
    return BedPlanProblem(
        requests=fine.requests, beds=beds, rooms=rooms, wards=(*fine.wards, other)
    )
