"""The best plan: the linear optimum of all groups is whole, and its prices prove how good it is.

Columns come in round by round until the plan is within the gap of the bound. A plan given out
greedily at the prices stands in where the time does not even suffice for the first round.
"""

from dataclasses import dataclass
from math import ceil
from time import perf_counter

import numpy as np

from solvers.engine import (
    TOLERANCE,
    Limits,
    Outcome,
    Progress,
    Status,
    Stop,
    relative_gap,
    solved_without_solver,
)
from solvers.engine_master import solver_version
from solvers.transfer_city import Whole
from solvers.transfer_model import Clock, Prices, lower_bound
from solvers.transfer_prices import Round, first_prices, rounds
from solvers.transfer_start import give_out
from solvers.transfer_table import Table


@dataclass(frozen=True)
class Found:
    """`flow` [groups × units + 1]: how many patients of each group go where; last: remain."""

    outcome: Outcome
    flow: Whole


class _Search:
    def __init__(self, table: Table, clock: Clock, progress: Progress | None) -> None:
        self.table, self.clock, self.progress = table, clock, progress
        self.flow: Whole | None = None
        self.cost = 0
        self.bound = 0

    def run(self) -> Found:
        table = self.table
        prices = first_prices(table, self.clock)
        self._prove(lower_bound(table, prices))
        if not self.clock.out:
            everyone = np.arange(len(table.groups))
            for each in rounds(table, everyone, prices, self.clock):
                self._take(each)
                prices = each.prices
                if self.flow is not None and self._gap() <= self.clock.limits.gap:
                    break
        flow = self._given_out(prices) if self.flow is None else self.flow
        return Found(self._outcome(), flow)

    def _take(self, each: Round) -> None:
        self._prove(each.bound)
        flow = np.rint(each.flow).astype(np.int32)
        if not _holds(self.table, flow):
            return
        cost = cost_of(self.table, flow)
        if self.flow is None or cost < self.cost:
            self.flow, self.cost = flow, cost
        if self.progress is not None:
            self.progress(float(self.cost), float(self.bound), self._gap())

    def _prove(self, bound: float) -> None:
        self.bound = max(self.bound, ceil(bound - TOLERANCE))

    def _given_out(self, prices: Prices) -> Whole:
        flow = give_out(self.table, prices)
        self.cost = cost_of(self.table, flow)
        return flow

    def _gap(self) -> float:
        return relative_gap(self.cost, self.bound)

    def _outcome(self) -> Outcome:
        bound = min(self.bound, self.cost)
        return Outcome(
            status=Status.OPTIMAL if bound == self.cost else Status.FEASIBLE,
            objective=self.cost,
            bound=bound,
            gap=self._gap(),
            cut_short=self._gap() > self.clock.limits.gap and self.clock.out,
            wall_ms=round((perf_counter() - self.clock.started) * 1000),
            build_ms=round(self.clock.building_s * 1000),
            solver="HiGHS",
            solver_version=solver_version(),
        )


def search(
    table: Table,
    limits: Limits,
    progress: Progress | None = None,
    stop: Stop | None = None,
    *,
    started: float | None = None,
) -> Found:
    """`started` is when building began: `limits` cover everything from there on."""
    begun = perf_counter() if started is None else started
    if not table.groups:
        nobody = np.zeros((0, len(table.city.free) + 1), dtype=np.int32)
        return Found(solved_without_solver(cost_of(table, nobody), begun), nobody)
    return _Search(table, Clock(limits, begun, stop), progress).run()


def loads(table: Table, flow: Whole) -> tuple[Whole, Whole]:
    """For each unit: who comes, and who is there in all besides its `base`."""
    come: Whole = flow[:, :-1].sum(axis=0, dtype=np.int32)
    above = come.copy()
    np.add.at(above, table.needs.bed[table.loads], flow[table.loads, -1])
    return come, above


def cost_of(table: Table, flow: Whole) -> int:
    """The objective of a plan: every patient's points and every unit's load."""
    groups, units = np.nonzero(flow[:, :-1])
    going = (table.cost[groups, units].astype(np.int64) * flow[groups, units]).sum()
    staying = (table.remains.astype(np.int64) * flow[:, -1]).sum()
    _, above = loads(table, flow)
    return int(going + staying + table.load_cost(above).sum())


def _holds(table: Table, flow: Whole) -> bool:
    """Rounding must neither lose a patient nor fill a bed twice."""
    come, _ = loads(table, flow)
    whole = bool((flow.sum(axis=1) == table.size).all() and flow.min(initial=0) >= 0)
    return whole and bool((come <= table.city.free).all())
