"""Why not this bed, and what is to be said about a placement: readable cases and brute force."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from solvers import bed_alternatives
from solvers.bed_explanation import explain
from solvers.bed_problem import BedPlanProblem, Scope, Waiver
from solvers.bed_why_not import WhyNot, why_not
from solvers.beds import solve
from solvers.engine import Limits
from tests.solvers.bed_cases import hospital, lying, patient, waiver
from tests.solvers.bed_checker import cheapest, cost_of
from tests.solvers.bed_strategies import problems

few = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def asked(problem: BedPlanProblem, request: str, bed: str) -> WhyNot:
    return why_not(problem, solve(problem), request, bed)


def test_a_rule_that_forbids_names_the_waivers_that_would_lift_it() -> None:
    problem = hospital(
        patient(sex="M"),
        beds=("bay:1", "bay:2"),
        bed={"bay:2": {"blocked_by": ("OCCUPIED",)}},
        occupants=[lying("bay", "F")],
    )
    answer = asked(problem, "p", "bay:1")
    assert [each.rule for each in answer.forbidden] == ["ROOM_SEX"]
    subjects = [(each.scope, each.key) for each in answer.forbidden[0].waivers]
    assert subjects == [(Scope.REQUEST, "p"), (Scope.ROOM, "bay"), (Scope.WARD, "w")]
    assert answer.exact
    assert answer.price_to is None


def test_each_code_of_an_unready_bed_is_named_and_a_taken_bed_is_never_waived() -> None:
    problem = hospital(
        patient(),
        beds=("a:1", "b:1"),
        bed={"a:1": {"blocked_by": ("DIRTY", "BLOCKED")}, "b:1": {"blocked_by": ("OCCUPIED",)}},
    )
    dirty, taken = asked(problem, "p", "a:1"), asked(problem, "p", "b:1")
    assert [each.rule for each in dirty.forbidden] == ["BED_READY:BLOCKED", "BED_READY:DIRTY"]
    assert all(each.waivers for each in dirty.forbidden)
    assert [(each.rule, each.waivers) for each in taken.forbidden] == [("BED_READY:OCCUPIED", ())]


def one_side_room() -> BedPlanProblem:
    """p loses 10 points without the side room, q loses 4."""
    return hospital(
        patient("p", immunosuppressed=True),
        patient("q", infection=True),
        beds=("bay:1", "bay:2", "side:1"),
        rooms={"side": {"kind": "SIDE"}},
    )


def test_a_dearer_bed_says_by_how_much_and_who_would_move() -> None:
    answer = asked(one_side_room(), "q", "side:1")
    assert (answer.price_from, answer.price_to, answer.exact) == (6, 6, True)
    moved = [(c.request, c.before, c.after, c.cost_after - c.cost_before) for c in answer.changes]
    assert moved == [("p", "side:1", "bay:1", 10), ("q", "bay:1", "side:1", -4)]


def test_another_bed_of_the_same_kind_is_free_of_charge_and_moves_nobody_else() -> None:
    answer = asked(one_side_room(), "q", "bay:2")
    assert (answer.price_to, answer.exact) == (0, True)
    assert [(c.request, c.before, c.after) for c in answer.changes] == [("q", "bay:1", "bay:2")]


def test_the_bed_of_the_plan_itself_costs_nothing_and_changes_nothing() -> None:
    answer = asked(one_side_room(), "p", "side:1")
    assert (answer.price_to, answer.exact, answer.changes) == (0, True, ())


def test_a_run_without_time_says_between_what_the_price_lies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = one_side_room()
    plan = solve(problem)
    late = bed_alternatives.Resolved(0, 0, None)
    monkeypatch.setattr(bed_alternatives.Alternatives, "_resolve", lambda *_: late)
    monkeypatch.setattr(bed_alternatives.Alternatives, "least_cost", lambda *_: 4)
    answer = why_not(problem, plan, "q", "side:1")
    assert (answer.price_from, answer.price_to, answer.exact) == (0, 6, False)


@few
@given(problems())
def test_every_answer_is_that_of_brute_force(problem: BedPlanProblem) -> None:
    plan = solve(problem)
    now = plan.outcome.objective or 0
    for request in problem.requests:
        for bed in problem.beds:
            answer = why_not(problem, plan, request.key, bed.key)
            alone = cost_of(problem, {request.key: bed.key})
            assert answer.exact
            assert (alone is None) == bool(answer.forbidden)
            if not answer.forbidden:
                assert answer.price_to == cheapest(problem, {request.key: bed.key}) - now
                assert sum(c.cost_after - c.cost_before for c in answer.changes) == answer.price_to


@few
@given(problems())
def test_the_named_waivers_together_allow_the_bed(problem: BedPlanProblem) -> None:
    plan = solve(problem)
    for request in problem.requests:
        for bed in problem.beds:
            broken = why_not(problem, plan, request.key, bed.key).forbidden
            if broken and all(each.waivers for each in broken):
                lifted: list[Waiver] = [each.waivers[0] for each in broken]
                waived = _with(problem, lifted)
                assert not why_not(waived, solve(waived), request.key, bed.key).forbidden


def _with(problem: BedPlanProblem, waivers: list[Waiver]) -> BedPlanProblem:
    return replace(problem, waivers=(*problem.waivers, *waivers))


def test_an_explanation_tells_terms_rules_alternatives_and_who_competes() -> None:
    problem = one_side_room()
    told = explain(problem, solve(problem), "p")
    assert (told.bed, told.cost, told.terms) == ("side:1", 0, ())
    assert told.kept == ("BED_READY", "LEVEL_OF_CARE", "STAFFED_CAPACITY")
    assert [(o.price, o.exact) for o in told.alternatives] == [(6, True)]
    assert [(r.request, r.bed, r.price, r.exact) for r in told.rivals] == [("q", "side:1", 6, True)]
    other = explain(problem, solve(problem), "q")
    assert (other.broken, other.cost, other.rivals) == (("INFECTION_NO_SIDE_ROOM",), 4, ())


def test_an_explanation_of_a_waiting_patient_names_who_has_the_bed_and_the_price() -> None:
    problem = hospital(patient("a", priority=2), patient("b", priority=1))
    told = explain(problem, solve(problem), "b")
    assert (told.bed, told.cost) == (None, 1_250)
    assert [each.rule for each in told.hindrances] == ["GIVEN_TO_OTHERS"]
    assert [(r.request, r.bed, r.price) for r in told.rivals] == [("a", "bay:1", 250)]


def test_a_lifted_rule_is_told() -> None:
    problem = hospital(patient(isolation="CONTACT"), waivers=[waiver("ISOLATION", "REQUEST", "p")])
    assert explain(problem, solve(problem), "p").waived == ("ISOLATION",)


@pytest.mark.parametrize(("request_key", "bed", "field"), [("x", "bay:1", "request_key"),
                                                          ("p", "x", "bed_key")])  # fmt: skip
def test_what_is_not_part_of_the_problem_is_named(request_key: str, bed: str, field: str) -> None:
    problem = hospital(patient())
    with pytest.raises(ValueError, match=field):
        why_not(problem, solve(problem), request_key, bed, Limits())
    if field == "request_key":
        with pytest.raises(ValueError, match=field):
            explain(problem, solve(problem), request_key)


@few
@given(problems())
def test_explained_prices_are_those_of_brute_force(problem: BedPlanProblem) -> None:
    plan = solve(problem)
    now = plan.outcome.objective or 0
    for request in problem.requests:
        told = explain(problem, plan, request.key)
        for rival in told.rivals:
            assert rival.exact
            key = rival.request if told.bed else request.key
            assert rival.price == cheapest(problem, {key: rival.bed}) - now
