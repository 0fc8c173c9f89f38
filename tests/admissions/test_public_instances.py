"""The published instances: read whole, bounded as published, judged alike by judge and checker."""

import pytest

from bench.pas_reader import read
from solvers.admission_bound import lower_bound
from solvers.admission_problem import AdmissionProblem
from solvers.admission_table import Table
from solvers.admissions import solve
from solvers.engine import Limits
from tests.admissions.checker import cost, faults
from tests.admissions.test_oracle import as_checked
from tests.gateways.public_data import public_data


def instance(number: str) -> AdmissionProblem:
    return read(public_data("pas") / f"testdata{number}.txt")


def test_an_instance_is_read_whole() -> None:
    problem = instance("07")
    assert (problem.nights, len(problem.rooms), len(problem.wards)) == (14, 162, 6)
    assert sum(room.beds for room in problem.rooms) == 472
    assert len(problem.patients) == 519  # of 770; the others have no night in the horizon
    assert problem.wards[1].max_age == 16


@pytest.mark.nightly
@pytest.mark.parametrize(("number", "known"), [("01", 6432), ("05", 6208), ("08", 39676)])
def test_the_linear_bound_is_the_known_one(number: str, known: int) -> None:
    bound = lower_bound(Table(instance(number)), Limits(time_limit_s=300.0))
    assert bound.proven
    assert bound.value == known


@pytest.mark.nightly
def test_the_checker_counts_what_the_plan_says() -> None:
    problem = instance("05")
    plan = solve(problem, rounds=2, limits=Limits(time_limit_s=600.0))
    assert plan.unplanned == ()
    assert faults(problem, as_checked(plan)) == []
    assert plan.outcome.objective == cost(problem, as_checked(plan))
    assert plan.outcome.bound == 6208
