"""The transportation model over some groups and some of their columns.

Every patient of a group goes to one unit or remains; a unit takes at most its free beds; its
load fills the steps from below. All of it is one flow, so the linear optimum of whole patients is
whole, and its prices hold for the whole problem.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import pulp

from solvers.engine import Answer, Limits, Stop, minimise, relax
from solvers.transfer_city import Whole
from solvers.transfer_table import ENDLESS, Number, Table


@dataclass(frozen=True)
class Part:
    """Which groups are decided, in how many patients each, over which (group, unit) columns.

    `free` and `room` are what the others leave of the units' beds and steps.
    """

    groups: Whole  # indices into the table, rising
    size: Number
    column_group: Whole  # positions in `groups`
    column_unit: Whole
    free: Whole
    room: Whole


@dataclass(frozen=True)
class Prices:
    """What one more patient costs in each unit: `bed` for those who come, `load` for all."""

    bed: Number
    load: Number


class Clock:
    """Counts one time limit down over several runs, and the time spent in solvers."""

    def __init__(self, limits: Limits, started: float, stop: Stop | None = None) -> None:
        self.limits, self.started, self.stop = limits, started, stop
        self._ends = started + limits.time_limit_s
        self.solving_s = 0.0

    @property
    def out(self) -> bool:
        return perf_counter() >= self._ends or (self.stop is not None and self.stop())

    def left(self) -> Limits:
        return replace(self.limits, time_limit_s=max(0.05, self._ends - perf_counter()))

    @contextmanager
    def solving(self) -> Iterator[None]:
        begun = perf_counter()
        yield
        self.solving_s += perf_counter() - begun


class TransferModel:
    def __init__(self, table: Table, part: Part, *, whole: bool) -> None:
        self.table, self.part = table, part
        self.lp = pulp.LpProblem("transfers", pulp.LpMinimize)
        self._kind = "Integer" if whole else "Continuous"
        self._rows: dict[str, list[tuple[pulp.LpVariable, int]]] = {}
        self._price: list[tuple[pulp.LpVariable, int]] = []
        self._add_groups()
        self._add_steps()
        self.lp.setObjective(pulp.LpAffineExpression(self._price))
        self._limit()

    def solve(self, clock: Clock, start: dict[str, int]) -> Answer:
        with clock.solving():
            return minimise(self.lp, clock.left(), start=start, stop=clock.stop)

    def prices(self, clock: Clock) -> tuple[float, Prices] | None:
        with clock.solving():
            relaxed = relax(self.lp, clock.left())
        if relaxed is None:
            return None
        units = range(len(self.part.free))
        bed = np.array([-relaxed.prices.get(f"b{u:04d}", 0.0) for u in units])
        load = np.array([-relaxed.prices.get(f"l{u:04d}", 0.0) for u in units])
        return relaxed.objective, Prices(np.maximum(bed, 0.0), np.maximum(load, 0.0))

    def _add(self, name: str, most: float, cost: int) -> pulp.LpVariable:
        variable = self.lp.add_variable(name, 0, most, self._kind)
        if cost:
            self._price.append((variable, cost))
        return variable

    def _add_groups(self) -> None:
        part, table, rows = self.part, self.table, self._rows
        cost = table.cost[part.groups[part.column_group], part.column_unit].tolist()
        columns = zip(part.column_group.tolist(), part.column_unit.tolist(), cost, strict=True)
        size = part.size.tolist()
        for index, (group, unit, points) in enumerate(columns):
            goes = self._add(f"x{index:06d}", size[group], points)
            rows.setdefault(f"g{group:05d}", []).append((goes, 1))
            rows.setdefault(f"b{unit:04d}", []).append((goes, 1))
            rows.setdefault(f"l{unit:04d}", []).append((goes, 1))
        remains = table.remains[part.groups].tolist()
        bed = np.where(table.loads, table.needs.bed, -1)[part.groups].tolist()
        for group, points in enumerate(remains):
            stays = self._add(f"r{group:05d}", size[group], points)
            rows.setdefault(f"g{group:05d}", []).append((stays, 1))
            if bed[group] >= 0:
                rows.setdefault(f"l{bed[group]:04d}", []).append((stays, 1))

    def _add_steps(self) -> None:
        points = self.table.points.tolist()
        for unit, rooms in enumerate(self.part.room.tolist()):
            row = self._rows.get(f"l{unit:04d}")
            if row is None:
                continue
            for step, room in enumerate(rooms):
                if room:
                    row.append((self._add(f"s{unit:04d}_{step:02d}", room, points[step]), -1))

    def _limit(self) -> None:
        size, free = self.part.size.tolist(), self.part.free.tolist()
        for name, terms in sorted(self._rows.items()):
            kind, limit = pulp.LpConstraintEQ, 0.0
            if name[0] == "g":
                limit = size[int(name[1:])]
            elif name[0] == "b":
                kind, limit = pulp.LpConstraintLE, free[int(name[1:])]
            row = pulp.LpConstraint(pulp.LpAffineExpression(terms), kind, name, rhs=limit)
            self.lp.addConstraint(row)


def lower_bound(
    table: Table, prices: Prices, groups: Whole | None = None, scale: float = 1.0
) -> float:
    """No plan costs less than this, whatever the prices: patients at their cheapest, beds paid
    for in full, steps at their best (Lagrange). With `groups` and `scale`, of that sample."""
    price = prices.bed + prices.load
    some = slice(None) if groups is None else groups
    goes = (table.cost[some] + price).min(axis=1, initial=np.inf)
    patients = scale * table.size[some] * np.minimum(goes, remaining(table, prices)[some])
    gain = np.maximum(0.0, prices.load[:, None] - table.points) * table.room
    return float(patients.sum() - (prices.bed * table.city.free).sum() - gain.sum())


def remaining(table: Table, prices: Prices) -> Number:
    """What not going costs each group at these prices."""
    paid = np.zeros(len(table.size))
    paid[table.loads] = prices.load[table.needs.bed[table.loads]]
    return table.remains + paid


def capped(table: Table, prices: Prices) -> Prices:
    """A load dearer than the last step bounds nothing: the last step has endless room."""
    endless = table.points[(table.room > ENDLESS // 2).argmax(axis=1)]
    return Prices(prices.bed, np.minimum(prices.load, endless))
