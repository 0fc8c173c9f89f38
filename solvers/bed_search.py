"""The best columns of a table: priced first, then solved, proven for the whole table.

A large table is first solved as a linear programme over the cheapest columns. The prices of its
rows show which other columns could still lower the cost; only those come in. The integer model
then holds the columns of least reduced cost. Its answer is proven for all when it costs no more
than the linear optimum, or than that plus the least reduced cost among the columns left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf, isfinite
from time import perf_counter
from typing import Any

from solvers.bed_columns import Column, Table
from solvers.bed_model import Model, Prices, Row, rows_of
from solvers.engine import (
    TOLERANCE,
    Limits,
    Outcome,
    Progress,
    Status,
    relative_gap,
    solved_without_solver,
)

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
    """No plan costs less than `floor`; with `columns[i]`, not less than `floor + above[i]`."""

    columns: list[Column]
    floor: float
    above: list[float]
    used: list[int]  # columns of the linear optimum


class _Clock:
    """Counts one time limit down over several runs, and the time spent in solvers."""

    def __init__(self, limits: Limits, started: float) -> None:
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
    priced = None if len(columns) <= SMALL else _price(table, values, columns, clock.left())
    if priced is None:
        priced = _Priced(columns, 0.0, [0.0] * len(columns), [])
    return _settle(table, values, priced, clock, progress)


def _settle(
    table: Table, values: list[int], priced: _Priced, clock: _Clock, progress: Progress | None
) -> Found:
    """Solve over the columns of least reduced cost; take in more until the answer is proven."""
    best: Found | None = None
    solver_ms, most = 0, BREADTH if priced.used else ALL
    while True:
        reach = inf if best is None else (best.outcome.objective or 0) - priced.floor
        inside = _near(priced, reach, most)
        model = Model(table, values, [priced.columns[i] for i in inside])
        answer = model.solve(clock.left(), progress)
        solver_ms += answer.outcome.wall_ms
        found = Found(_for_all(answer.outcome, sum(values), priced, inside), model.taken(answer))
        best = found if best is None else _better(best, found)
        if best.outcome.status is Status.OPTIMAL or clock.out or most == ALL:
            break
        if (best.outcome.gap or 0.0) <= clock.gap:
            break
        most = ALL
    wall_ms = clock.wall_ms()
    build_ms = max(0, wall_ms - solver_ms)
    return Found(replace(best.outcome, wall_ms=wall_ms, build_ms=build_ms), best.columns)


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


def _near(priced: _Priced, reach: float, most: int) -> list[int]:
    """Columns that could belong to a plan within `reach` of the floor: those of the linear
    optimum and, for each request, at most `most` others, spread over the groups."""
    within = [i for i, above in enumerate(priced.above) if above <= reach + TOLERANCE]
    spread = [(7 * c.group + 13 * c.request) % 101 for c in priced.columns]
    costs = [(round(above, 3), spread[i]) for i, above in enumerate(priced.above)]
    return sorted({*priced.used, *_cheapest(priced.columns, within, costs, most)})


def _for_all(outcome: Outcome, nobody_placed: int, priced: _Priced, inside: list[int]) -> Outcome:
    """What the outcome over some columns says about all. Placing nobody is always a plan."""
    known = set(inside)
    outside = (above for i, above in enumerate(priced.above) if i not in known)
    beyond = priced.floor + min(outside, default=inf)
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
    priced = _price(table, values, columns, limits) if columns else None
    if priced is None:
        return 0.0, {}
    return priced.floor, dict(zip(priced.columns, priced.above, strict=True))


def _price(
    table: Table, values: list[int], columns: list[Column], limits: Limits
) -> _Priced | None:
    """Linear optimum over all columns, by adding those that the prices call for."""
    rows = [rows_of(column, table) for column in columns]
    worth = [column.penalty - values[column.request] for column in columns]
    inside = set(_cheapest(columns, range(len(columns)), [c.penalty for c in columns], FIRST))
    for _ in range(MAX_ROUNDS):
        chosen = sorted(inside)
        prices = Model(table, values, [columns[i] for i in chosen]).prices(limits)
        if prices is None:
            return None
        above = [_reduced(worth[i], rows[i], prices) for i in range(len(columns))]
        calling = [i for i, cost in enumerate(above) if cost < -TOLERANCE and i not in inside]
        if not calling:
            used = [chosen[position] for position in prices.used]
            return _Priced(columns, prices.objective, [max(0.0, a) for a in above], used)
        inside.update(_cheapest(columns, calling, above, NEXT))
    return None


def _reduced(worth: int, rows: list[Row], prices: Prices) -> float:
    return worth - sum(prices.by_row.get(row, 0.0) for row in rows)


def _cheapest(
    columns: list[Column], candidates: Iterable[int], costs: Sequence[Any], most: int
) -> list[int]:
    """The candidates with the least cost, at most `most` for each request."""
    by_request: dict[int, list[int]] = defaultdict(list)
    for index in candidates:
        by_request[columns[index].request].append(index)
    kept: list[int] = []
    for mine in by_request.values():
        kept += sorted(mine, key=lambda index: (costs[index], index))[:most]
    return kept
