"""From the linear bound to a roster: dive along the prices, choose among rows, free part by part.

A plan is a tuple of rows, one per person. Every part is solved with prices of its own, so that
rows which fit the rest are found, and then exactly among all rows known.
"""

from dataclasses import dataclass, replace
from math import ceil, inf
from time import perf_counter

import numpy as np

from solvers.engine import TOLERANCE, Limits, Progress, relative_gap
from solvers.engine_run import Stop
from solvers.neighbourhoods import improve
from solvers.roster_choice import Rows, choose
from solvers.roster_columns import Columns
from solvers.roster_dive import Dive
from solvers.roster_first import first_rows
from solvers.roster_freeing import Freeing
from solvers.roster_model import RosterModel
from solvers.roster_pool import Column
from solvers.roster_posting import gaps_points
from solvers.roster_rows import Row

SWEEP_SHARE = 0.2  # of the time, at most so much for a first roster
ROOT_SHARE = 0.5  # of the time, at most so much for the bound
DIVE_SHARE = 0.7  # until then a dive may take
CLOSE_SHARE = 0.8  # until then an exact choice among all rows of use may take
ENOUGH_ROWS = 20_000  # more rows are not chosen among exactly
PARTS_A_TURN = 12  # before the rest of the gap is looked at again


@dataclass(frozen=True, slots=True)
class Found:
    """The best rows, what they cost in all, a bound for any, and whether the clock ended it."""

    rows: Rows
    cost: int
    bound: int
    cut_short: bool
    search_s: float  # spent beside building


class Search:
    """The search for one model; keeps all rows it ever met."""

    def __init__(self, model: RosterModel, limits: Limits) -> None:
        self.model, self.limits = model, limits
        self.columns = Columns(model, limits)
        self._parts = Freeing(self.columns, self.cost, limits)
        self.prices: np.ndarray | None = None  # of the bound
        self.bound = -inf

    def run(
        self,
        started: float,
        progress: Progress | None = None,
        stop: Stop | None = None,
        first: Rows | None = None,
    ) -> Found:
        """`first`: a roster to begin with, if it is allowed."""
        begun = perf_counter()
        ends = started + self.limits.time_limit_s
        self._cheapest()
        best = first_rows(self.columns, self.columns.everything())
        if first is not None:
            best = min(first, best, key=self.cost)
        self._keep(best)
        if self._open(best):
            best = self._parts.sweep(best, begun + SWEEP_SHARE * (ends - begun), stop)
            _tell(progress, self.cost(best), self.whole_bound)
        finished = self._root(begun, ends, stop)
        if self._open(best) and not _over(ends, stop):
            dive = Dive(self.columns, begun + DIVE_SHARE * (ends - begun), stop)
            dived = self._parts.mend(dive.rows(), ends, stop)
            best = min(dived, best, key=self.cost)
            _tell(progress, self.cost(best), self.whole_bound)
        if finished and self._open(best) and not _over(ends, stop):
            best = self._close(best, begun + CLOSE_SHARE * (ends - begun), stop)
            _tell(progress, self.cost(best), self.whole_bound)
        cut = False
        if self._open(best):
            best, cut = self._improve(best, ends, progress, stop)
        cost = self.cost(best)
        bound = min(self.whole_bound, cost)
        return Found(best, cost, bound, cut and cost > bound, perf_counter() - begun)

    def _open(self, best: Rows) -> bool:
        return self.cost(best) > self.whole_bound

    def cost(self, rows: Rows) -> int:
        points = sum(self.columns.points(person, row) for person, row in enumerate(rows))
        return points + gaps_points(self.model, rows)

    def _keep(self, rows: Rows) -> None:
        self.columns.add(
            Column(person, row, self.columns.points(person, row)) for person, row in enumerate(rows)
        )

    @property
    def whole_bound(self) -> int:
        """Points are whole: so is what any roster costs at least."""
        return max(0, ceil(self.bound - TOLERANCE)) if self.bound > -inf else 0

    def _cheapest(self) -> Rows:
        """Everyone's own cheapest row, as if there were no demand."""
        rows: dict[int, Row] = {}
        for pricer in self.columns.pricers:
            everyone = np.full(len(pricer.members), inf)
            _, found = pricer.rows(self.columns.price[pricer.members], everyone, 1)
            for person, row, length in found:
                rows[person] = row
                self.columns.add([Column(person, row, round(length))])
        return tuple(rows[person] for person in range(len(self.model.people)))

    def _root(self, begun: float, ends: float, stop: Stop | None) -> bool:
        share = begun + ROOT_SHARE * (ends - begun)
        priced = self.columns.solve(share, stop=stop)
        if priced is None:
            return False
        self.bound, self.prices = max(self.bound, priced.bound), priced.prices
        return priced.finished

    def _close(self, best: Rows, ends: float, stop: Stop | None) -> Rows:
        """Solve exactly over all rows that a better roster could use, if they are few enough:
        then the bound meets the roster."""
        slack = self.cost(best) - 1 - self.bound + TOLERANCE
        if self.prices is None or slack < 0:
            return best
        columns = self.columns.rows_within(self.prices, slack, ENOUGH_ROWS)
        left = ends - perf_counter()
        if columns is None or left <= 0:
            return best
        kept = {(column.person, column.row): column for column in columns}
        for person, row in enumerate(best):
            kept[person, row] = Column(person, row, self.columns.points(person, row))
        part = replace(self.limits, time_limit_s=left)
        outcome, rows = choose(self.model, list(kept.values()), {}, part, start=best, stop=stop)
        if outcome.bound is not None:
            self.bound = max(self.bound, min(outcome.bound, self.cost(best)))
        return best if rows is None or self.cost(rows) > self.cost(best) else rows

    def _improve(
        self, best: Rows, ends: float, progress: Progress | None, stop: Stop | None
    ) -> tuple[Rows, bool]:
        """Part by part; whenever the roster came nearer to the bound, exactly if few rows are
        left that a better one could use."""
        turn, tried = 0, self.cost(best)
        while self._open(best) and not _over(ends, stop):
            left_s = max(0.01, ends - perf_counter())
            turn += 1
            best = improve(
                best,
                self.cost,
                self._parts.ways,
                limits=replace(self.limits, time_limit_s=left_s, seed=self.limits.seed + turn),
                bound=self.whole_bound,
                rounds=PARTS_A_TURN,
                progress=progress,
                stop=stop,
            ).plan
            if self._open(best) and self.cost(best) < tried:
                tried = self.cost(best)
                half = perf_counter() + 0.5 * (ends - perf_counter())
                best = self._close(best, half, stop)
        return best, self._open(best)


def _over(ends: float, stop: Stop | None) -> bool:
    return perf_counter() > ends or (stop is not None and stop())


def _tell(progress: Progress | None, cost: int, bound: int) -> None:
    if progress is not None:
        progress(cost, bound, relative_gap(cost, bound))
