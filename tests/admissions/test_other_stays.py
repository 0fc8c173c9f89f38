"""Other dates and rooms for a patient: exactly priced, or forbidden by a named rule."""

import pytest
from hypothesis import HealthCheck, given, settings

from solvers import admission_options
from solvers.admission_fixed import Fixing, OtherStay
from solvers.admission_judge import Stay
from solvers.admission_problem import AdmissionProblem
from solvers.admissions import AdmissionPlan, solve
from solvers.engine import Limits
from tests.admissions.cases import WEIGHTS, patient, problem, room
from tests.admissions.test_search import ward
from tests.admissions.tiny import cheapest, cheapest_with, problems

LONG = Limits(time_limit_s=300.0)


def stays_of(plan: AdmissionPlan) -> dict[str, Stay]:
    return {stay.patient: (stay.night, stay.rooms) for stay in plan.stays}


def fixing(case: AdmissionProblem) -> Fixing:
    return Fixing(case, stays_of(solve(case)), LONG)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_another_stay_costs_what_trying_all_plans_says(case: AdmissionProblem) -> None:
    asked, best = fixing(case), cheapest(case)
    for person in case.patients:
        told = asked.others(person.key, top=50)
        assert told.complete
        for other in told.stays:
            assert other.exact
            fixed = cheapest_with(case, {person.key: whole(case, other)})
            assert fixed is not None
            assert other.price_to == fixed - best


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_what_is_forbidden_is_in_no_plan(case: AdmissionProblem) -> None:
    asked = fixing(case)
    for person in case.patients:
        for each in case.rooms:
            told = asked.why_not(person.key, person.earliest, each.key)
            fixed = cheapest_with(case, {person.key: whole(case, told)})
            assert bool(told.forbidden) == (fixed is None)


def whole(case: AdmissionProblem, stay: OtherStay) -> tuple[int, list[str]]:
    person = next(each for each in case.patients if each.key == stay.patient)
    return stay.night, [stay.room] * min(case.nights - stay.night, person.nights)


def test_the_cheapest_others_come_first_and_nothing_cheaper_is_left_out() -> None:
    rooms = (room("r1", beds=1), room("r2", beds=1))
    case = problem(patient("a", latest=2), patient("b"), rooms=rooms)
    asked = fixing(case)
    told = asked.others("a", top=3)
    late = WEIGHTS["DELAY"]
    assert [each.price_to for each in told.stays] == [0, late, late]
    assert told.complete
    [cheapest] = [each for each in told.stays if each.night == 0]
    assert asked.why_not("a", 0, cheapest.room) == cheapest


def test_a_rule_that_forbids_is_named() -> None:
    there = patient("there", current_room="r", pinned=True)
    rooms = (room("r", beds=1), room("s", sex_policy="MALE"))
    case = problem(there, patient("a"), rooms=rooms, binding=("ROOM_SEX",))
    asked = fixing(case)
    assert asked.why_not("a", 0, "r").forbidden == ("BEDS",)
    assert asked.why_not("a", 0, "s").forbidden == ("ROOM_SEX",)
    assert asked.why_not("a", 1, "s").forbidden == ("DATES",)
    assert asked.why_not("a", 0, "r").exact
    with pytest.raises(ValueError, match="room: x is not part of the problem"):
        asked.why_not("a", 0, "x")


@pytest.mark.usefixtures("no_whole_model")
def test_in_a_large_problem_the_price_lies_between_its_ends() -> None:
    case = ward(1)
    plan = solve(case, rounds=3, limits=LONG)
    asked = Fixing(case, stays_of(plan), LONG)
    told = asked.others("p1", top=3)
    assert len(told.stays) == 3
    for each in told.stays:
        assert each.price_from is not None
        assert each.price_to is not None
        assert each.price_from <= each.price_to
    assert asked.now == plan.outcome.objective


@pytest.fixture
def no_whole_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission_options, "SMALL", 0)
