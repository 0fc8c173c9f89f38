"""The search for large problems: repeatable, never below its bound, never against a rule."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from solvers import admission_bound, admission_options
from solvers.admission_bound import lower_bound
from solvers.admission_problem import AdmissionProblem, Patient, Room
from solvers.admission_table import Table
from solvers.admissions import solve
from solvers.engine import Limits
from tests.admissions.cases import patient, problem, room
from tests.admissions.checker import cost, faults
from tests.admissions.test_oracle import as_checked
from tests.admissions.tiny import cheapest, problems


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every problem is too large for one model."""
    monkeypatch.setattr(admission_options, "SMALL", 0)


@settings(
    max_examples=8, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(problems())
@pytest.mark.usefixtures("large")
def test_the_search_keeps_the_rules_and_its_bound_holds(problem: AdmissionProblem) -> None:
    plan = solve(problem, rounds=2)
    outcome = plan.outcome
    assert faults(problem, as_checked(plan)) == []
    assert outcome.objective == cost(problem, as_checked(plan))
    assert outcome.bound is not None
    assert outcome.bound <= cheapest(problem) <= outcome.objective


def ward(seed: int) -> AdmissionProblem:
    """Forty patients for ten rooms over a fortnight."""
    draw = Random(seed)
    rooms = [
        room(f"r{i}", beds=draw.choice([1, 2, 4]), properties=("oxygen",) if i % 2 else ())
        for i in range(10)
    ]
    people = []
    for i in range(40):
        first = draw.randrange(12)
        people.append(
            patient(
                f"p{i}",
                sex=draw.choice("FM"),
                care=(("S", draw.randint(1, 5)),),
                earliest=first,
                latest=first + draw.choice([0, 0, 2]),
                preferred=draw.choice([(), ("oxygen",)]),
                preferred_size=draw.choice([1, 2, 4]),
            )
        )
    return problem(*people, rooms=tuple(rooms), nights=14)


@pytest.mark.usefixtures("large")
def test_the_same_problem_seed_and_rounds_give_the_same_plan() -> None:
    first, again = (solve(ward(1), rounds=3) for _ in range(2))
    assert first.stays == again.stays
    assert first.outcome.objective == again.outcome.objective
    assert not first.outcome.cut_short


@pytest.mark.usefixtures("large")
def test_the_order_of_rows_changes_nothing() -> None:
    case, draw = ward(2), Random(5)
    people: list[Patient] = list(case.patients)
    rooms: list[Room] = list(case.rooms)
    draw.shuffle(people)
    draw.shuffle(rooms)
    shuffled = problem(*people, rooms=tuple(rooms), nights=14)
    assert solve(shuffled, rounds=2).stays == solve(case, rounds=2).stays


@pytest.fixture
def ascent_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No linear programme is begun."""
    monkeypatch.setattr(admission_bound, "MAX_ROUNDS", 0)


@settings(
    max_examples=20, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(problems())
@pytest.mark.usefixtures("ascent_alone")
def test_the_prices_of_the_ascent_bound_every_plan(problem: AdmissionProblem) -> None:
    bound = lower_bound(Table(problem), Limits())
    assert not bound.proven
    assert bound.value <= cheapest(problem)


def test_a_bound_without_time_is_weaker_and_true() -> None:
    table = Table(ward(3))
    short, whole = (lower_bound(table, Limits(time_limit_s=seconds)) for seconds in (1e-6, 300.0))
    assert (short.proven, whole.proven) == (False, True)
    assert 0 <= short.value <= whole.value


def test_a_rule_that_no_longer_binds_never_makes_a_plan_dearer() -> None:
    pair = (patient("a"), patient("b", sex="M", latest=3), patient("c", required=("oxygen",)))
    bound = solve(problem(*pair, binding=("MIXED_SEX", "REQUIRED_PROPERTY"))).outcome.objective
    free = solve(problem(*pair)).outcome.objective
    assert bound is not None
    assert free is not None
    assert free <= bound
