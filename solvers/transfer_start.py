"""A first plan, given out one group after the other at known prices."""

import numpy as np

from solvers.transfer_city import Whole
from solvers.transfer_model import Prices, remaining
from solvers.transfer_table import FORBIDDEN, Table

CHOICES = 40  # units looked at for each group before it remains


def give_out(table: Table, prices: Prices) -> Whole:
    """[groups × units + 1]: first those who lose most by not getting their cheapest unit; each
    takes what is cheapest with the load as it is then, while there are beds."""
    many = len(table.city.free)
    flow = np.zeros((len(table.groups), many + 1), dtype=np.int32)
    flow[:, -1] = table.size
    if not many or not len(flow):
        return flow
    at_prices = table.cost + prices.bed + prices.load
    choices = min(CHOICES, many)
    best = np.argpartition(at_prices, choices - 1, axis=1)[:, :choices]
    sorted_prices = np.sort(np.take_along_axis(at_prices, best, axis=1), axis=1)
    stays = remaining(table, prices)
    regret = np.minimum(sorted_prices[:, min(1, choices - 1)], stays) - sorted_prices[:, 0]
    free = table.city.free.copy()
    steps = _Steps(table)
    for group in np.argsort(-regret, kind="stable").tolist():
        bed = int(table.needs.bed[group]) if table.loads[group] else None
        here = table.remains[group] + (0 if bed is None else steps.points(bed))
        units = best[group]
        bare = table.cost[group, units] + prices.bed[units]
        cost = [
            (points + steps.points(unit), unit)
            for unit, points in zip(units.tolist(), bare.tolist(), strict=True)
            if points < FORBIDDEN and free[unit]
        ]
        left = int(table.size[group])
        for points, unit in sorted(cost):
            if points >= here or not left:
                break
            goes = min(left, int(free[unit]))
            flow[group, unit] += goes
            free[unit] -= goes
            steps.add(unit, goes)
            left -= goes
        if bed is not None:
            steps.add(bed, left)
        flow[group, -1] = left
    return flow


class _Steps:
    """How far each unit's load has come, and what the next patient there costs."""

    def __init__(self, table: Table) -> None:
        self._ends = np.cumsum(table.room, axis=1, dtype=np.int64).tolist()
        self._points = table.points.tolist()
        self._above = [0] * len(self._ends)
        self._step = [0] * len(self._ends)
        for unit in range(len(self._ends)):
            self.add(unit, 0)

    def points(self, unit: int) -> int:
        return int(self._points[self._step[unit]])

    def add(self, unit: int, patients: int) -> None:
        self._above[unit] += patients
        ends = self._ends[unit]
        while self._above[unit] >= ends[self._step[unit]]:
            self._step[unit] += 1
