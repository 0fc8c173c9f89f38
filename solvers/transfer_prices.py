"""Prices of beds and load: which columns matter, and what no plan can cost less than.

The linear programme of the cheapest columns has a price for each unit. At these prices columns
that were left out and would lower the cost show themselves (a negative reduced cost) and come in;
when none is left, the prices are those of the whole table. For a large city the programme holds
only a sample of the groups, each of which stands for several, and the prices of several samples
are averaged: any prices give a true bound, and the bound of the average is at least the average
bound.
"""

import numpy as np

from solvers.transfer_city import Truth, Whole
from solvers.transfer_model import (
    Clock,
    Part,
    Prices,
    TransferModel,
    capped,
    lower_bound,
    remaining,
)
from solvers.transfer_table import FORBIDDEN, Number, Table

SAMPLE = 2_500  # groups in one linear programme
SAMPLES = 2
NEAREST = 10  # columns per group that come in at a time
SPREAD = 4.0  # points within which columns count as alike
ROUNDS = 30
CLOSE = 5e-4  # of the bound: pricing of a sample ends so near to its optimum
TOLERANCE = 1e-6


def city_prices(table: Table, clock: Clock) -> tuple[Prices, bool]:
    """The prices, and whether they are those of the whole table's linear optimum."""
    zero = np.zeros(len(table.city.free))
    best = Prices(zero, zero)
    stride = -(-len(table.groups) // SAMPLE)
    if stride <= 1:
        everyone = np.arange(len(table.groups))
        return _priced(table, everyone, best, clock, close=0.0)
    total = best
    for number in range(min(SAMPLES, stride)):
        groups = np.arange(number, len(table.groups), stride)
        found, _ = _priced(table, groups, best, clock, close=CLOSE)
        total = Prices(total.bed + found.bed, total.load + found.load)
        best = Prices(total.bed / (number + 1), total.load / (number + 1))
        if clock.out:
            break
    return best, False


def _priced(
    table: Table, groups: Whole, prices: Prices, clock: Clock, close: float
) -> tuple[Prices, bool]:
    scale = float(table.size.sum() / max(1, table.size[groups].sum()))
    known = np.zeros((len(groups), len(prices.bed)), dtype=bool)
    objective: float | None = None
    for _ in range(ROUNDS):
        new = _called_for(table, groups, prices, known)
        bound = lower_bound(table, prices, groups, scale)
        done = objective is not None and objective - bound <= close * objective
        if objective is not None and (done or not new.any()):
            return prices, not new.any()
        if clock.out:
            break
        known |= new
        model = TransferModel(table, part_of(table, groups, known, scale), whole=False)
        found = model.prices(clock)
        if found is None:
            break
        objective, prices = found[0], capped(table, found[1])
    return prices, False


def _called_for(table: Table, groups: Whole, prices: Prices, known: Truth) -> Truth:
    """The cheapest columns not yet known that cost less than what their groups have now."""
    cost = table.cost[groups] + (prices.bed + prices.load)
    now = remaining(table, prices)[groups]
    if known.any():
        now = np.minimum(now, np.where(known, cost, np.inf).min(axis=1))
    cost[known] = np.inf
    calls: Truth = cost < now[:, None] - TOLERANCE
    if cost.shape[1] > NEAREST:
        cost += spread(groups, cost.shape[1])
        nearest = np.argpartition(cost, NEAREST - 1, axis=1)[:, :NEAREST]
        near = np.zeros_like(calls)
        np.put_along_axis(near, nearest, True, axis=1)
        calls &= near
    return calls


def spread(groups: Whole, units: int) -> Number:
    """Points that let groups prefer different ones among units that cost about the same: a crowd
    from one place would otherwise see but the same few."""
    mixed = (7 * np.arange(units) + 13 * groups[:, None]) % 101
    points: Number = mixed * (SPREAD / 101)
    return points


def part_of(table: Table, groups: Whole, wanted: Truth, scale: float = 1.0) -> Part:
    """The part of the table with these groups and [groups × units]; forbidden pairs left out."""
    position, unit = np.nonzero(wanted & (table.cost[groups] < FORBIDDEN))
    return Part(
        groups=groups,
        size=table.size[groups] * scale,
        column_group=position,
        column_unit=unit,
        free=table.city.free,
        room=table.room,
    )
