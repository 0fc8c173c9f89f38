"""Patients who cannot all be placed: the smallest conflict and the fewest steps out of it."""

from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings

from solvers import bed_conflict
from solvers.bed_conflict import Conflict, conflict_of
from solvers.bed_elastic import Step
from solvers.bed_problem import BedPlanProblem
from solvers.bed_ruleset import HARD_CODES
from solvers.engine import Answer, Outcome, Status
from tests.solvers.bed_cases import hospital, lying, patient, waiver
from tests.solvers.bed_checker import ways
from tests.solvers.bed_strategies import problems

few = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def told(problem: BedPlanProblem) -> Conflict:
    return conflict_of(problem, [request.key for request in problem.requests])


def test_no_conflict_where_everybody_finds_a_bed() -> None:
    assert told(hospital(patient("a"), patient("b"), beds=("bay:1", "bay:2"))) == Conflict((), True)


def test_two_men_a_dirty_bed_and_a_room_of_women() -> None:
    problem = hospital(
        patient("a", sex="M"),
        patient("b", sex="M"),
        beds=("x:1", "x:2", "x:3", "y:1", "y:2"),
        bed={"x:1": {"blocked_by": ("OCCUPIED",)}, "y:2": {"blocked_by": ("DIRTY",)}},
        occupants=[lying("x", "F")],
    )
    conflict = told(problem)
    assert (conflict.rules, conflict.proven) == (("BED_READY", "ROOM_SEX"), True)
    assert conflict.patients == ("a", "b")
    assert conflict.ways_out == ((Step("BED_READY:DIRTY", "y:2"),), (Step("ROOM_SEX", "x"),))


def test_too_few_staff_says_how_many_more_beds_must_be_staffed() -> None:
    beds = tuple(f"bay:{n}" for n in range(4))
    people = (patient(f"p{n}") for n in range(4))
    conflict = told(hospital(*people, beds=beds, staffed_beds=3, census=2))
    assert (conflict.rules, conflict.patients) == (("STAFFED_CAPACITY",), ("p0", "p1"))
    more = tuple(Step("STAFFED_CAPACITY", "w", nth) for nth in (1, 2, 3))
    assert conflict.ways_out == (more,)


def test_one_room_for_two_infections_needs_a_waiver_for_one_patient() -> None:
    problem = hospital(
        patient("a", isolation="AIRBORNE"),
        patient("b", isolation="AIRBORNE"),
        beds=("neg:1", "side:1"),
        rooms={"neg": {"kind": "NEG_PRESSURE"}, "side": {"kind": "SIDE"}},
    )
    conflict = told(problem)
    assert (conflict.rules, conflict.patients) == (("ISOLATION",), ("a", "b"))
    [[step]] = conflict.ways_out
    assert step.rule == "ISOLATION"
    assert step.key in ("a", "b")


def test_more_patients_than_beds_is_no_matter_of_rules() -> None:
    conflict = told(hospital(patient("a"), patient("b"), patient("c"), beds=("x:1", "x:2")))
    assert (conflict.rules, conflict.short_by) == (("ONE_PATIENT_PER_BED",), 1)
    assert (conflict.patients, conflict.ways_out) == (("a", "b", "c"), ())


def test_those_who_need_not_be_placed_are_left_out_of_it() -> None:
    problem = hospital(patient("a"), patient("b"), beds=("x:1",))
    assert conflict_of(problem, ["b"]) == Conflict((), True)
    with pytest.raises(ValueError, match="must: z"):
        conflict_of(problem, ["z"])


def test_what_is_waived_already_is_no_conflict() -> None:
    problem = hospital(patient(isolation="CONTACT"), waivers=[waiver("ISOLATION", "REQUEST", "p")])
    assert told(problem).rules == ()


def test_a_run_without_time_names_all_rules_and_says_that_it_proved_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = Answer(Outcome(Status.NONE, None, None, None, True, 1, 0, "HiGHS", "1"), {})
    monkeypatch.setattr("solvers.bed_elastic.minimise", lambda *_: late)
    conflict = told(hospital(patient(), bed={"bay:1": {"blocked_by": ("DIRTY",)}}))
    assert (conflict.rules, conflict.proven, conflict.ways_out) == (("BED_READY",), False, ())


@few
@given(problems())
def test_the_conflict_is_as_small_as_brute_force_can_find_and_the_ways_out_as_short(
    problem: BedPlanProblem,
) -> None:
    must = tuple(request.key for request in problem.requests)
    possible = list(ways(problem, must))
    conflict = conflict_of(problem, must)
    assert conflict.proven
    assert (not possible) == (conflict.rules == (bed_conflict.ONE_PATIENT_PER_BED,))
    if possible:
        assert len(conflict.rules) == _smallest([_codes(way) for way in possible])
        if conflict.rules:
            _check(problem, conflict, possible)


def _check(
    problem: BedPlanProblem, conflict: Conflict, possible: list[set[tuple[str, str, int]]]
) -> None:
    assert all(_codes(way) & set(conflict.rules) for way in possible)
    found = [{(s.rule, s.key, s.nth) for s in way} for way in conflict.ways_out]
    assert len(found[0]) == min(map(len, possible))
    assert all(any(way <= steps for way in possible) for steps in found)
    fewer = list(ways(problem, conflict.patients))
    assert all(_codes(way) & set(conflict.rules) for way in fewer)
    for left_out in conflict.patients:
        rest = tuple(key for key in conflict.patients if key != left_out)
        assert any(not _codes(way) & set(conflict.rules) for way in ways(problem, rest))


def _codes(way: set[tuple[str, str, int]]) -> set[str]:
    return {rule.partition(":")[0] for rule, _, _ in way}


def _smallest(possible: list[set[str]]) -> int:
    """The size of the smallest set of rules that has one in every way; 0 if one needs none."""
    if not all(possible):
        return 0
    for size in range(len(HARD_CODES) + 1):
        for chosen in combinations(HARD_CODES, size):
            if all(way.intersection(chosen) for way in possible):
                return size
    raise AssertionError("unreachable")
