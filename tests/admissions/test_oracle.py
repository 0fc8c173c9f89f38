"""Plans against trying everything, and against the checker that shares no code with them."""

import pytest
from hypothesis import HealthCheck, given, settings

from solvers.admission_problem import AdmissionProblem
from solvers.admissions import AdmissionPlan, from_canonical, problem_hash, solve, to_canonical
from solvers.engine import Status
from tests.admissions.checker import Plan, cost, faults
from tests.admissions.tiny import cheapest, problems


def as_checked(plan: AdmissionPlan) -> Plan:
    return {stay.patient: (stay.night, list(stay.rooms)) for stay in plan.stays}


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_a_small_problem_is_solved_to_the_cheapest_of_all_plans(problem: AdmissionProblem) -> None:
    solved_to_the_cheapest(problem)


@pytest.mark.nightly
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_many_small_problems_are_solved_to_the_cheapest(problem: AdmissionProblem) -> None:
    solved_to_the_cheapest(problem)


def solved_to_the_cheapest(problem: AdmissionProblem) -> None:
    plan = solve(problem)
    assert plan.outcome.status is Status.OPTIMAL
    assert faults(problem, as_checked(plan)) == []
    assert plan.outcome.objective == cost(problem, as_checked(plan)) == cheapest(problem)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_bytes_say_all_of_the_problem(problem: AdmissionProblem) -> None:
    again = from_canonical(to_canonical(problem))
    assert again == problem
    assert problem_hash(again) == problem_hash(problem)
