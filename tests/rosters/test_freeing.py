"""Parts of a roster set free: heads that are missing are found, and nothing gets dearer."""

from random import Random
from time import perf_counter

import pytest

from solvers.engine import Limits
from solvers.roster_freeing import Freeing
from solvers.roster_model import RosterModel
from solvers.roster_posting import gap_days
from solvers.roster_rows import FREE
from solvers.roster_ruleset import Term
from solvers.roster_search import Search
from tests.rosters.wards import need, nurse, rules, ward

REST = Term(rule="REST_BETWEEN_DUTIES", limit=660)
DAYS = 12


@pytest.fixture
def search() -> Search:
    """Three nurses, an early and a late duty on each of twelve days, rest between them."""
    wanted = tuple(need(day, shift) for day in range(DAYS) for shift in "EL")
    people = [nurse(key) for key in "abc"]
    problem = ward(*people, days=DAYS, demand=wanted, rules=rules(REST))
    return Search(RosterModel(problem), Limits())


def nobody_works(search: Search) -> tuple[tuple[int, ...], ...]:
    search._keep(rows := tuple((FREE,) * DAYS for _ in range(3)))
    return rows


def test_heads_that_are_missing_are_found_around_their_days(search: Search) -> None:
    parts = Freeing(search.columns, search.cost, Limits())
    rows = nobody_works(search)
    assert gap_days(search.model, rows) == list(range(DAYS))
    mended = parts.mend(rows, perf_counter() + 20, None)
    assert gap_days(search.model, mended) == []
    assert search.cost(mended) == 0


def test_a_sweep_over_the_weeks_meets_all_demand(search: Search) -> None:
    parts = Freeing(search.columns, search.cost, Limits())
    swept = parts.sweep(nobody_works(search), perf_counter() + 20, None)
    assert search.cost(swept) == 0


def test_no_part_makes_a_roster_dearer(search: Search) -> None:
    parts = Freeing(search.columns, search.cost, Limits())
    rows, draw = nobody_works(search), Random(1)
    for turn in range(12):
        before = search.cost(rows)
        found = parts.ways[turn % len(parts.ways)](rows, draw, Limits(time_limit_s=5.0))
        rows = found or rows
        assert search.cost(rows) <= before
    assert search.cost(rows) == 0


def test_no_time_changes_nothing(search: Search) -> None:
    parts = Freeing(search.columns, search.cost, Limits())
    rows = nobody_works(search)
    assert parts.mend(rows, perf_counter() - 1, None) == rows
    assert parts.sweep(rows, perf_counter() - 1, None) == rows
    assert parts.mend(rows, perf_counter() + 20, lambda: True) == rows
