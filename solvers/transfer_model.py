"""The transportation model over some groups, growing by columns, straight in arrays.

Every patient of a group goes to one unit or remains; a unit takes at most its free beds; its
load fills the steps from below. All of it is one flow, so the linear optimum of whole patients is
whole, and its prices hold for the whole problem.
"""

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from solvers.engine import Limits, Stop
from solvers.engine_master import Floats, Master
from solvers.engine_run import Building
from solvers.transfer_city import Truth, Whole
from solvers.transfer_table import Number, Table


@dataclass(frozen=True)
class Prices:
    """What one more patient costs in each unit: `bed` for those who come, `load` for all."""

    bed: Number
    load: Number

    @property
    def coming(self) -> Number:
        return self.bed + self.load


class Clock(Building):
    """Counts one time limit down over several runs; the seconds spent in the solver and those
    spent on making the table and the models stand apart."""

    def __init__(self, limits: Limits, started: float, stop: Stop | None = None) -> None:
        super().__init__(perf_counter() - started)
        self.limits, self.started, self.stop = limits, started, stop
        self._ends = started + limits.time_limit_s

    @property
    def out(self) -> bool:
        return perf_counter() >= self._ends or (self.stop is not None and self.stop())

    @property
    def left_s(self) -> float:
        return max(0.05, self._ends - perf_counter())


@dataclass(frozen=True)
class Solved:
    """The linear optimum of the columns so far; `gone`: how many patients go by each."""

    objective: float
    prices: Prices
    gone: Floats


class TransferModel:
    """Rows: the groups, then the beds and the loads of all units. With `scale` each group stands
    for so many like it."""

    def __init__(self, table: Table, groups: Whole, clock: Clock, scale: float = 1.0) -> None:
        self.table, self.groups, self.clock = table, groups, clock
        self.size: Floats = table.size[groups] * np.float64(scale)
        self.units = len(table.city.free)
        self.column_group = np.zeros(0, dtype=np.int64)  # positions in `groups`
        self.column_unit = np.zeros(0, dtype=np.int64)
        nothing = np.zeros(self.units)
        right = np.concatenate([self.size, table.city.free, nothing])
        low = np.concatenate([self.size, nothing, nothing])
        limits = replace(clock.limits, gap=0.0)
        with clock.building():
            self._master = Master(right, limits, low=low, stop=clock.stop)
            self._add_remaining()
            self._add_steps()
        self._first = self._master.columns

    def add(self, wanted: Truth, rows: Whole | None = None) -> None:
        """New columns: [groups × units], or [rows × units] for some positions of `groups`."""
        with self.clock.building():
            row, unit = np.nonzero(wanted)
            position = row if rows is None else rows[row]
            entries = np.empty((len(unit), 3), dtype=np.int32)
            entries[:, 0] = position
            entries[:, 1] = len(self.groups) + unit
            entries[:, 2] = len(self.groups) + self.units + unit
            cost = self.table.cost[self.groups[position], unit].astype(float)
            starts = np.arange(0, entries.size, 3)
            ones = np.ones(entries.size)
            # The group's row limits a column already; with the bound as well the dual simplex
            # takes a fifth of the time.
            self._master.add_arrays(cost, self.size[position], starts, entries.ravel(), ones)
            self.column_group = np.concatenate([self.column_group, position])
            self.column_unit = np.concatenate([self.column_unit, unit])

    def solve(self) -> Solved | None:
        """None if the time did not suffice."""
        answer = self._master.solve(self.clock.left_s)
        if answer is None:
            return None
        many = len(self.groups)
        bed, load = np.split(-answer.prices[many:], 2)
        prices = Prices(np.maximum(bed, 0.0), np.maximum(load, 0.0))
        return Solved(answer.objective, prices, answer.values[self._first :])

    def worth(self, reduced: Number, prices: Prices) -> Number:
        """What a patient of each group costs at the prices, by the columns so far. The prices of
        the groups' rows do not tell: a column in full use keeps a share of them to itself."""
        worth = remaining(self.table, prices)[self.groups]
        np.minimum.at(worth, self.column_group, reduced[self.column_group, self.column_unit])
        return worth

    def _add_remaining(self) -> None:
        """One column a group: waiting, or keeping the bed that loads its unit."""
        many, bed = len(self.groups), self.table.needs.bed[self.groups]
        lies = self.table.loads[self.groups]
        length = 1 + lies.astype(np.int32)
        starts = np.cumsum(length) - length
        rows = np.repeat(np.arange(many), length)
        rows[starts[lies] + 1] = many + self.units + bed[lies]
        cost = self.table.remains[self.groups].astype(float)
        self._master.add_arrays(cost, self.size, starts, rows, np.ones(len(rows)))

    def _add_steps(self) -> None:
        unit, step = np.nonzero(self.table.room)
        room = self.table.room[unit, step].astype(float)
        rows = len(self.groups) + self.units + unit
        cost = self.table.points[step].astype(float)
        self._master.add_arrays(cost, room, np.arange(len(unit)), rows, -np.ones(len(unit)))


def lower_bound(
    table: Table, prices: Prices, groups: Whole | None = None, scale: float = 1.0
) -> float:
    """No plan costs less than this, whatever the prices: patients at their cheapest, beds paid
    for in full, steps at their best (Lagrange). With `groups` and `scale`, of that sample."""
    some = slice(None) if groups is None else groups
    goes = (table.cost[some] + prices.coming).min(axis=1, initial=np.inf)
    patients = scale * table.size[some] * np.minimum(goes, remaining(table, prices)[some])
    gain = np.maximum(0.0, prices.load[:, None] - table.points) * table.room
    return float(patients.sum() - (prices.bed * table.city.free).sum() - gain.sum())


def remaining(table: Table, prices: Prices) -> Number:
    """What not going costs each group at these prices."""
    paid = np.zeros(len(table.size))
    paid[table.loads] = prices.load[table.needs.bed[table.loads]]
    return table.remains + paid
