"""No table, and no sum or difference of tables, counts fewer people than the rules allow."""

from collections import defaultdict
from itertools import combinations, product
from uuid import UUID

import numpy as np
import pulp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.analysis.groups import Cell, Fact, Group, groups_of
from domain.analysis.tables import WITHHELD, table_of

LEAST = 5
AGES, SEXES, WARDS = ("00-09", "10-19", "90+"), ("F", "M"), ("A", "B", "C")
Person = tuple[str, str, str]  # age, sex, ward

people = st.lists(
    st.tuples(st.sampled_from(AGES), st.sampled_from(SEXES), st.sampled_from(WARDS)),
    max_size=60,
)


def facts_of(city: list[Person], at: tuple[int, ...]) -> list[Fact]:
    return [
        Fact(UUID(int=number), tuple(one[i] for i in at), float(number % 7))
        for number, one in enumerate(city)
    ]


def published(groups: list[Group], width: int) -> dict[tuple[int, ...], dict[Cell, int]]:
    """Every table that can be asked of a cube: cases by cell."""
    return {
        at: {line.cell: line.cases for line in table_of(groups, at, 0.5).lines}
        for size in range(width + 1)
        for at in combinations(range(width), size)
    }


@given(people)
@settings(max_examples=150, deadline=None)
def test_every_published_figure_counts_enough_people_and_none_is_lost(city: list[Person]) -> None:
    groups = groups_of(facts_of(city, (0, 1, 2)), LEAST)
    if len(city) < LEAST:
        assert groups == []
        return
    assert sum(group.cases for group in groups) == len(city)
    assert all(group.cases >= LEAST for group in groups)
    for table in published(groups, 3).values():
        assert all(cases >= LEAST for cases in table.values())
        assert sum(table.values()) == len(city)


@given(people)
@settings(max_examples=100, deadline=None)
def test_what_is_published_is_exact(city: list[Person]) -> None:
    """A cell that has a line has all of its people in it, and nobody else's."""
    for at, table in published(groups_of(facts_of(city, (0, 1, 2)), LEAST), 3).items():
        truth: defaultdict[Cell, int] = defaultdict(int)
        for one in city:
            truth[tuple(one[i] for i in at)] += 1
        for cell, cases in table.items():
            if WITHHELD not in cell:
                assert cases == truth[cell]


@given(people)
@settings(max_examples=60, deadline=None)
def test_no_difference_of_figures_counts_somebody_few(city: list[Person]) -> None:
    """Whatever linear combination of all tables counts a set of people, the set is nobody or
    enough: it is a vector in the span of the groups, and groups do not overlap."""
    groups = groups_of(facts_of(city, (0, 1, 2)), LEAST)
    cells: list[Cell] = list(product(AGES, SEXES, WARDS))
    truth = np.array([sum(one == cell for one in city) for cell in cells])
    rows = _indicators(groups, cells)
    for one, other in product(rows, repeat=2):
        difference = one - other
        if (difference >= 0).all() and difference.any():
            count = int(difference @ truth)
            assert count == 0 or count >= LEAST
    if rows:
        _no_small_cell_is_in_the_span(np.array(rows), truth)


def _indicators(groups: list[Group], cells: list[Cell]) -> list[np.ndarray]:
    """Per published line, which cells it sums up, as a reader knows it."""
    found = []
    for at, table in published(groups, 3).items():
        rest = np.ones(len(cells))
        for cell in table:
            if WITHHELD not in cell:
                row = np.array([float(tuple(one[i] for i in at) == cell) for one in cells])
                rest -= row
                found.append(row)
        if any(WITHHELD in cell for cell in table) or table:
            found.append(rest)
    return [row for row in found if row.any()]


def _no_small_cell_is_in_the_span(rows: np.ndarray, truth: np.ndarray) -> None:
    rank = np.linalg.matrix_rank(rows)
    for at in np.flatnonzero((truth > 0) & (truth < LEAST)):
        cell = np.zeros(len(truth))
        cell[at] = 1.0
        assert np.linalg.matrix_rank(np.vstack([rows, cell])) == rank + 1


@pytest.mark.parametrize("seed", range(6))
def test_a_solver_cannot_tell_a_small_cell_from_all_tables_of_all_cubes(seed: int) -> None:
    """Least and most that a cell of age, sex and ward can be, given everything that is published
    by two cubes and that nobody is counted less than not at all."""
    draw = np.random.default_rng(seed)
    weights = draw.dirichlet(np.full(18, 0.4))
    kinds = list(product(AGES, SEXES, WARDS))
    city = [kinds[i] for i in draw.choice(18, size=60, p=weights)]
    known: list[tuple[list[int], int]] = []
    for axes in ((0, 1), (2,)):  # who, where
        for at, table in published(groups_of(facts_of(city, axes), LEAST), len(axes)).items():
            real = tuple(axes[i] for i in at)
            named = {cell for cell in table if WITHHELD not in cell}
            for cell, cases in table.items():
                here = [
                    i for i, kind in enumerate(kinds)
                    if ((projected := tuple(kind[a] for a in real)) == cell)
                    or (cell not in named and projected not in named)
                ]  # fmt: skip
                known.append((here, cases))
    for i, kind in enumerate(kinds):
        if 0 < city.count(kind) < LEAST:
            assert _bound(known, [i], pulp.LpMinimize) < _bound(known, [i], pulp.LpMaximize)
    for axes in ((0, 1), (2,)):  # small cells that were suppressed
        for value in product(*((AGES, SEXES, WARDS)[a] for a in axes)):
            here = [i for i, kind in enumerate(kinds) if tuple(kind[a] for a in axes) == value]
            true = sum(city.count(kinds[i]) for i in here)
            if 0 < true < LEAST:
                least, most = (_bound(known, here, way)
                               for way in (pulp.LpMinimize, pulp.LpMaximize))  # fmt: skip
                assert least == 0
                assert most >= LEAST


def _bound(known: list[tuple[list[int], int]], cells: list[int], sense: int) -> float:
    problem = pulp.LpProblem("cell", sense)
    count = [problem.add_variable(f"n{i}", lowBound=0) for i in range(18)]
    problem += pulp.lpSum(count[i] for i in cells)
    for here, cases in known:
        problem += pulp.lpSum(count[i] for i in here) == cases
    assert problem.solve(pulp.HiGHS(msg=False)) == pulp.LpStatusOptimal
    return round(float(pulp.value(problem.objective)), 6)


def test_a_person_counts_once_however_often_they_came() -> None:
    """Five stays of one person are not five people."""
    often = [Fact(UUID(int=1), ("A",), 1.0)] * 9
    assert groups_of(often, LEAST) == []
    others = [Fact(UUID(int=n), ("B",), 1.0) for n in range(2, 7)]
    (together,) = groups_of(often + others, LEAST)
    assert (together.cases, together.cells) == (14, (("A",), ("B",)))


def test_a_small_cell_takes_another_one_with_it_and_their_sum_is_told() -> None:
    city = [Fact(UUID(int=n), (ward,), float(n)) for n, ward in
            enumerate(["A"] * 8 + ["B"] * 6 + ["C"] * 2)]  # fmt: skip
    table = table_of(groups_of(city, LEAST), (0,), 0.5)
    assert [(line.cell, line.cases) for line in table.lines] == [(("A",), 8), ((WITHHELD,), 8)]
    assert (table.lines[0].mean, table.lines[0].median, table.suppressed) == (3.5, 3.5, 2)
