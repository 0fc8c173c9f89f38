"""A dive from the linear optimum: it keeps what the optimum costs where some roster does."""

from random import Random
from time import perf_counter

import pytest

from bench.nrp_reader import read
from solvers.engine import Limits
from solvers.roster_dive import Dive
from solvers.roster_model import RosterModel
from solvers.roster_network import NEVER
from solvers.roster_search import Search
from tests.gateways.public_data import public_data
from tests.rosters.tiny_wards import tiny_ward


def search_with_bound(model: RosterModel, seconds: float) -> Search:
    search = Search(model, Limits(time_limit_s=seconds))
    search._cheapest()
    assert search._root(perf_counter(), perf_counter() + seconds, None)
    return search


@pytest.mark.parametrize("seed", range(20))
def test_a_dive_gives_everyone_an_allowed_row_and_never_beats_the_bound(seed: int) -> None:
    model = RosterModel(tiny_ward(Random(seed).randrange(10_000)))
    search = search_with_bound(model, 20)
    rows = Dive(search.columns, perf_counter() + 20, None).rows()
    assert all(model.row_points(person, row) < NEVER for person, row in enumerate(rows))
    assert search.cost(rows) >= search.whole_bound


def test_a_dive_that_is_stopped_still_gives_everyone_a_row() -> None:
    model = RosterModel(tiny_ward(3))
    search = search_with_bound(model, 20)
    rows = Dive(search.columns, perf_counter() + 20, lambda: True).rows()
    assert [len(row) for row in rows] == [model.days] * len(model.people)


@pytest.mark.nightly
def test_the_dive_alone_finds_the_best_roster_of_a_sprint() -> None:
    path = public_data("nrp") / "sprint_late01.xml"
    search = search_with_bound(RosterModel(read(path).problem), 600)
    assert search.whole_bound == 37
    assert search.cost(Dive(search.columns, perf_counter() + 600, None).rows()) == 37
