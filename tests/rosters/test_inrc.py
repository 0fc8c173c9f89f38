"""Public instances of the competition: the solver's count of any roster is the checker's."""

from pathlib import Path
from random import Random

import pytest

from bench.nrp_reader import HARD, read
from solvers.engine import Limits
from solvers.roster_model import RosterModel
from solvers.roster_posting import gaps_points
from solvers.rosters import solve
from tests.gateways.public_data import public_data
from tests.rosters.inrc_checker import inrc_cost


def instance(name: str) -> Path:
    return public_data("nrp") / f"{name}.xml"


@pytest.mark.parametrize(
    "name", ["sprint01", "sprint_hint01", "sprint_late02", "medium_late01", "long_late01"]
)
def test_a_random_roster_costs_what_the_checker_counts(name: str) -> None:
    path = instance(name)
    model = RosterModel(read(path).problem)
    draw = Random(name)
    for free in (0.2, 0.5):
        rows = tuple(
            tuple(
                0 if draw.random() < free else draw.randrange(1, model.duties)
                for _ in range(model.days)
            )
            for _ in model.people
        )
        roster = {
            (person.staff.key, day): model.problem.shifts[duty - 1].key
            for person, row in zip(model.people, rows, strict=True)
            for day, duty in enumerate(row)
            if duty
        }
        wrong, cost = inrc_cost(path, roster)
        assert sum(model.row_points(n, row) for n, row in enumerate(rows)) == cost
        assert gaps_points(model, rows) == wrong * HARD


def test_a_roster_of_a_second_meets_all_demand() -> None:
    path = instance("sprint_late02")
    plan = solve(read(path).problem, Limits(time_limit_s=1.0))
    roster = {(duty.staff, duty.day): duty.shift for duty in plan.duties}
    assert inrc_cost(path, roster) == (0, plan.outcome.objective)


@pytest.mark.nightly
@pytest.mark.parametrize(("name", "best"), [("sprint01", 56), ("sprint_late01", 37)])
def test_a_sprint_is_proven_to_cost_what_is_best_known(name: str, best: int) -> None:
    path = instance(name)
    plan = solve(read(path).problem, Limits(time_limit_s=600.0))
    roster = {(duty.staff, duty.day): duty.shift for duty in plan.duties}
    assert inrc_cost(path, roster) == (0, best)
    assert (plan.outcome.status, plan.outcome.bound) == ("OPTIMAL", best)
