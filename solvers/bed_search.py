"""The best columns of a table: priced first, then solved, proven for the whole table.

A large table is first solved as a linear programme over the cheapest columns. The prices of its
rows show which other columns could still lower the cost; only those come in. The integer model
then holds the columns of least reduced cost. Its answer is proven for all when it costs no more
than the linear optimum, or than that plus the least reduced cost among the columns left out.
"""

from dataclasses import dataclass, replace
from math import ceil, inf, isfinite
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solvers.bed_columns import Column, Table
from solvers.bed_model import Model, prices
from solvers.bed_rows import Rows, Whole
from solvers.engine import (
    TOLERANCE,
    Limits,
    Outcome,
    Progress,
    Status,
    relative_gap,
    solved_without_solver,
)
from solvers.engine_run import Building

SMALL = 2_000  # columns solved at once
FIRST = 12  # cheapest columns per request to begin pricing with
NEXT = 8  # columns per request that a round of pricing adds at most
BREADTH = 15  # columns per request in the first integer model of a large table
ALL = 1_000_000
MAX_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Found:
    """The columns of the best plan found and what is known about it."""

    outcome: Outcome
    columns: list[Column]


@dataclass(frozen=True, slots=True)
class _Priced:
    """No plan costs less than `floor`; with column i, not less than `floor + above[i]`."""

    floor: float
    above: NDArray[np.float64]
    used: Whole  # columns of the linear optimum


class _Clock(Building):
    """Counts one time limit down over several runs, and the time spent on making models."""

    def __init__(self, limits: Limits, started: float) -> None:
        super().__init__(perf_counter() - started)
        self._limits = limits
        self._started = started
        self._ends = started + limits.time_limit_s

    @property
    def out(self) -> bool:
        return perf_counter() >= self._ends

    @property
    def gap(self) -> float:
        return self._limits.gap

    def left(self) -> Limits:
        return replace(self._limits, time_limit_s=max(0.05, self._ends - perf_counter()))

    def wall_ms(self) -> int:
        return round((perf_counter() - self._started) * 1000)


def values_of(table: Table) -> list[int]:
    """What placing each request is worth."""
    rules = table.hospital.rules
    return [rules.placed_value(r.priority, r.waiting_min) for r in table.hospital.problem.requests]


def search(
    table: Table,
    limits: Limits,
    progress: Progress | None = None,
    *,
    started: float | None = None,
    values: list[int] | None = None,
) -> Found:
    """`started` is when building began: `limits` cover everything from there on. `values` of
    placing each request default to those of the rules."""
    begun = perf_counter() if started is None else started
    if values is None:
        values = values_of(table)
    columns = [c for c in table.columns if c.penalty < values[c.request]]
    if not columns:
        return Found(solved_without_solver(sum(values), begun), [])
    clock = _Clock(limits, begun)
    with clock.building():
        rows = Rows(table, values, columns)
    priced = None if len(columns) <= SMALL else _price(rows, clock.left(), clock)
    if priced is None:
        priced = _Priced(0.0, np.zeros(len(columns)), np.zeros(0, dtype=np.int64))
    return _settle(rows, priced, clock, progress)


def _settle(rows: Rows, priced: _Priced, clock: _Clock, progress: Progress | None) -> Found:
    """Solve over the columns of least reduced cost; take in more until the answer is proven."""
    best: Found | None = None
    most = BREADTH if len(priced.used) else ALL
    while True:
        reach = inf if best is None else (best.outcome.objective or 0) - priced.floor
        inside = _near(rows, priced, reach, most)
        with clock.building():
            model = Model(rows, inside)
        answer = model.solve(clock.left(), progress)
        clock.building_s += answer.outcome.build_ms / 1000
        found = Found(_for_all(answer.outcome, rows, priced, inside), model.taken(answer))
        best = found if best is None else _better(best, found)
        if best.outcome.status is Status.OPTIMAL or clock.out or most == ALL:
            break
        if (best.outcome.gap or 0.0) <= clock.gap:
            break
        most = ALL
    build_ms = round(clock.building_s * 1000)
    return Found(replace(best.outcome, wall_ms=clock.wall_ms(), build_ms=build_ms), best.columns)


def _better(one: Found, other: Found) -> Found:
    """The cheaper plan (the first, where equal), with the higher of two bounds on all plans."""
    first, second = one.outcome, other.outcome
    best = other if (second.objective or 0) < (first.objective or 0) else one
    objective = best.outcome.objective or 0
    bound = min(objective, max(first.bound or 0, second.bound or 0))
    status = Status.OPTIMAL if bound == objective else Status.FEASIBLE
    gap = relative_gap(objective, bound)
    cut = first.cut_short or second.cut_short
    judged = replace(best.outcome, status=status, bound=bound, gap=gap, cut_short=cut)
    return Found(judged, best.columns)


def _near(rows: Rows, priced: _Priced, reach: float, most: int) -> Whole:
    """Columns that could belong to a plan within `reach` of the floor: those of the linear
    optimum and, for each request, at most `most` others, spread over the groups."""
    within = np.flatnonzero(priced.above <= reach + TOLERANCE)
    spread = (7 * rows.group + 13 * rows.request) % 101
    return np.union1d(priced.used, _cheapest(rows, within, most, priced.above.round(3), spread))


def _for_all(outcome: Outcome, rows: Rows, priced: _Priced, inside: Whole) -> Outcome:
    """What the outcome over some columns says about all. Placing nobody is always a plan."""
    nobody_placed = rows.nobody_placed
    beyond = priced.floor + float(np.delete(priced.above, inside).min(initial=inf))
    found = outcome.objective is not None
    objective = outcome.objective if outcome.objective is not None else nobody_placed
    bound = min(objective, outcome.bound or 0)  # no cost is below 0
    if isfinite(beyond):
        bound = min(bound, ceil(beyond - TOLERANCE))
    bound = min(objective, max(bound, ceil(priced.floor - TOLERANCE)))
    status = Status.OPTIMAL if bound == objective else Status.FEASIBLE
    return replace(
        outcome,
        status=status,
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        cut_short=outcome.cut_short or not found,
    )


def lowest_prices(table: Table, limits: Limits) -> tuple[float, dict[Column, float]]:
    """A floor under the cost of every plan, and how far above it each column keeps a plan."""
    values = values_of(table)
    columns = [c for c in table.columns if c.penalty < values[c.request]]
    if not columns:
        return 0.0, {}
    priced = _price(Rows(table, values, columns), limits, Building())
    if priced is None:
        return 0.0, {}
    return priced.floor, dict(zip(columns, priced.above.tolist(), strict=True))


def _price(rows: Rows, limits: Limits, clock: Building) -> _Priced | None:
    """Linear optimum over all columns, by adding those that the prices call for."""
    everything = np.arange(len(rows.columns))
    inside = np.sort(_cheapest(rows, everything, FIRST, rows.penalty))
    for _ in range(MAX_ROUNDS):
        relaxed = prices(rows, inside, limits, clock)
        if relaxed is None:
            return None
        calling = np.setdiff1d(np.flatnonzero(relaxed.above < -TOLERANCE), inside)
        if not len(calling):
            return _Priced(relaxed.objective, relaxed.above.clip(min=0.0), relaxed.used)
        inside = np.union1d(inside, _cheapest(rows, calling, NEXT, relaxed.above))
    return None


def _cheapest(rows: Rows, candidates: Whole, most: int, *costs: NDArray[Any]) -> Whole:
    """The candidates with the least cost (the first of `costs`, then the next, then their order),
    at most `most` for each request."""
    request = rows.request[candidates]
    order = np.lexsort((*(cost[candidates] for cost in reversed(costs)), request))
    in_order = request[order]
    rank = np.arange(len(order)) - np.searchsorted(in_order, in_order)
    return candidates[order[rank < most]]
