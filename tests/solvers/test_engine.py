"""The engine says what a solver reached, and no more."""

import random
from itertools import combinations
from time import perf_counter

import pulp
import pytest

from solvers.engine import Limits, minimise, relax
from solvers.engine_run import Building

SOLVERS = ("HiGHS", "CBC")


def knapsack(items: int, rows: int, *, impossible: bool = False) -> pulp.LpProblem:
    """Pick items to lower a cost of 1,000, each row up to 100."""
    draw = random.Random(0)
    lp = pulp.LpProblem("1", pulp.LpMinimize)
    picks = [lp.add_variable(f"x{i:06d}", 0, 1, "Integer") for i in range(items)]
    one = lp.add_variable("one", 1, 1)
    gains = [(pick, -draw.randint(10, 40)) for pick in picks]
    lp.setObjective(pulp.LpAffineExpression([*gains, (one, 1_000)]))
    for row in range(rows):
        weights = pulp.LpAffineExpression([(pick, draw.randint(5, 30)) for pick in picks])
        lp.addConstraint(pulp.LpConstraint(weights, pulp.LpConstraintLE, f"r{row}", rhs=100))
    if impossible:
        first = pulp.LpAffineExpression([(picks[0], 1)])
        lp.addConstraint(pulp.LpConstraint(first, pulp.LpConstraintGE, "r", rhs=2))
    return lp


def by_hand(items: int, rows: int) -> int:
    draw = random.Random(0)
    gains = [draw.randint(10, 40) for _ in range(items)]
    weights = [[draw.randint(5, 30) for _ in range(items)] for _ in range(rows)]
    picks = (c for size in range(items + 1) for c in combinations(range(items), size))
    fitting = (p for p in picks if all(sum(row[i] for i in p) <= 100 for row in weights))
    return 1_000 - max(sum(gains[i] for i in p) for p in fitting)


@pytest.mark.parametrize("solver", SOLVERS)
def test_optimal_means_that_objective_and_bound_are_the_true_best(solver: str) -> None:
    answer = minimise(knapsack(12, 4), Limits(), prefer=solver)
    assert answer.outcome.status == "OPTIMAL"
    assert answer.outcome.objective == answer.outcome.bound == by_hand(12, 4)
    assert (answer.outcome.gap, answer.outcome.cut_short) == (0.0, False)
    assert answer.outcome.solver == solver


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_run_that_stops_within_its_gap_is_feasible_and_says_its_gap(solver: str) -> None:
    best = minimise(knapsack(30, 12), Limits()).outcome.objective
    found = minimise(knapsack(30, 12), Limits(gap=0.3), prefer=solver).outcome
    assert found.status == "FEASIBLE"
    assert found.objective is not None
    assert found.bound is not None
    assert best is not None
    assert found.bound <= best <= found.objective
    assert found.gap == (found.objective - found.bound) / found.objective
    assert not found.cut_short


def test_a_run_that_the_clock_stops_is_never_called_optimal() -> None:
    found = minimise(knapsack(150, 40), Limits(time_limit_s=0.05)).outcome
    assert found.cut_short
    assert found.status in ("FEASIBLE", "NONE")
    assert found.gap is None or found.gap > 0


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_impossible_is_called_infeasible_and_has_no_figures(solver: str) -> None:
    answer = minimise(knapsack(5, 2, impossible=True), Limits(), prefer=solver)
    outcome = answer.outcome
    assert outcome.status == "INFEASIBLE"
    assert (outcome.objective, outcome.bound, outcome.gap) == (None, None, None)
    assert answer.values == {}


def test_cbc_steps_in_when_highs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise pulp.PulpSolverError("no solver")

    monkeypatch.setattr(pulp.HiGHS, "actualSolve", broken)
    outcome = minimise(knapsack(12, 4), Limits()).outcome
    assert (outcome.solver, outcome.objective) == ("CBC", by_hand(12, 4))


def test_cbc_leaves_no_file_behind(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    minimise(knapsack(12, 4), Limits(), prefer="CBC")
    assert list(tmp_path.iterdir()) == []  # type: ignore[attr-defined]


def test_progress_reports_incumbents_that_only_get_better() -> None:
    seen: list[tuple[float, float, float]] = []
    minimise(knapsack(40, 12), Limits(), lambda *figures: seen.append(figures))
    incumbents = [incumbent for incumbent, _, _ in seen]
    assert incumbents == sorted(incumbents, reverse=True)
    assert seen


def test_the_relaxation_is_a_floor_and_prices_its_rows() -> None:
    relaxed = relax(knapsack(12, 4), Limits())
    assert relaxed is not None
    assert relaxed.objective <= by_hand(12, 4)
    assert set(relaxed.prices) == {"r0", "r1", "r2", "r3"}
    assert all(price <= 0 for price in relaxed.prices.values())


def test_building_is_what_a_run_spends_outside_the_solver() -> None:
    clock, begun = Building(), perf_counter()
    with clock.building():
        outcome = minimise(knapsack(60, 20), Limits()).outcome
        clock.solved((outcome.wall_ms - outcome.build_ms) / 1000)
    assert 0 <= outcome.build_ms < outcome.wall_ms
    assert 0 < clock.building_s < perf_counter() - begun


@pytest.mark.parametrize(
    "wrong", [{"time_limit_s": 0}, {"time_limit_s": float("inf")}, {"gap": 1}, {"threads": 0}]
)
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="limits"):
        Limits(**wrong)  # type: ignore[arg-type]


def test_a_known_answer_is_the_first_that_is_had() -> None:
    best = minimise(knapsack(30, 12), Limits())
    said: list[float] = []
    again = minimise(
        knapsack(30, 12), Limits(), lambda incumbent, _b, _g: said.append(incumbent),
        start=best.values,
    )  # fmt: skip
    assert again.outcome.objective == best.outcome.objective
    assert said[0] == best.outcome.objective


def test_a_run_that_is_stopped_says_that_it_was_cut_short() -> None:
    stopped = minimise(knapsack(60, 30), Limits(time_limit_s=20), stop=lambda: True)
    assert stopped.outcome.cut_short
    assert stopped.outcome.status != "OPTIMAL"
