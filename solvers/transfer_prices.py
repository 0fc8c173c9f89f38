"""Prices of beds and load: which columns matter, and what no plan can cost less than.

The linear programme of the cheapest columns has a price for each unit. At these prices columns
that were left out and would lower the cost show themselves (a negative reduced cost) and come in,
while the solver keeps its basis; when none is left, the prices are those of the whole table. For a
large city a sample of the groups, each of which stands for several, tells first about which
columns the whole will want: few enough then that all groups fit in one programme.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from solvers.transfer_city import Truth, Whole
from solvers.transfer_model import Clock, Prices, TransferModel, lower_bound, remaining
from solvers.transfer_table import FORBIDDEN, Number, Table

SAMPLE = 2_500  # groups in the programme that tells the first prices
NEAREST = 10  # columns per group that come in at a time
REACH = 25.0  # points above a group's cheapest within which a column may matter
SPREAD = 4.0  # points within which columns count as alike
ROUNDS = 100
CLOSE = 5e-4  # of the bound: pricing of a sample ends so near to its optimum
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Round:
    """One linear optimum on the way: its prices, the bound they prove, its plan. `flow` [groups ×
    units + 1] is as the solver left it."""

    prices: Prices
    objective: float
    bound: float
    flow: Number


def first_prices(table: Table, clock: Clock) -> Prices:
    """The prices of a sample; those of nothing where the whole is as small as a sample."""
    zero = np.zeros(len(table.city.free))
    prices = Prices(zero, zero)
    stride = -(-len(table.groups) // SAMPLE)
    if stride > 1:
        groups = np.arange(0, len(table.groups), stride)
        for each in rounds(table, groups, prices, clock):
            prices = each.prices
            if each.objective - each.bound <= CLOSE * each.objective:
                break
    return prices


def rounds(table: Table, groups: Whole, prices: Prices, clock: Clock) -> Iterator[Round]:
    """The optimum of the columns that seem best at the prices, then of those that its own
    prices call for as well, and so on, until none is called for or the time is out."""
    scale = float(table.size.sum() / max(1, table.size[groups].sum()))
    model = TransferModel(table, groups, clock, scale)
    model.add(_nearest(table, groups, prices))
    for _ in range(ROUNDS):
        found = model.solve()
        if found is None:
            return
        reduced = table.cost[groups] + found.prices.coming
        worth = model.worth(reduced, found.prices)
        rows = np.nonzero(reduced.min(axis=1, initial=np.inf) < worth - TOLERANCE)[0]
        yield Round(
            prices=found.prices,
            objective=found.objective,
            bound=lower_bound(table, found.prices, groups, scale),
            flow=_flow(model, found.gone),
        )
        if not len(rows) or clock.out:
            return
        model.add(_called_for(reduced[rows], worth[rows], groups[rows]), rows)


def _nearest(table: Table, groups: Whole, prices: Prices) -> Truth:
    """The columns to begin with: cheaper than remaining, and near the cheapest."""
    cost = table.cost[groups] + prices.coming
    stays = remaining(table, prices)[groups]
    most = np.minimum(stays, cost.min(axis=1, initial=np.inf) + REACH)
    return _few(cost, (cost <= most[:, None]) & (cost < FORBIDDEN), groups)


def _called_for(reduced: Number, worth: Number, groups: Whole) -> Truth:
    """The cheapest of the columns that cost less than what their groups have now."""
    return _few(reduced, reduced < worth[:, None] - TOLERANCE, groups)


def _few(cost: Number, wanted: Truth, groups: Whole) -> Truth:
    """The nearest of the wanted; `cost` is used up."""
    if cost.shape[1] <= NEAREST:
        return wanted
    cost += _spread(groups, cost.shape[1])
    nearest = np.argpartition(cost, NEAREST - 1, axis=1)[:, :NEAREST]
    near = np.zeros_like(wanted)
    np.put_along_axis(near, nearest, True, axis=1)
    return wanted & near


def _spread(groups: Whole, units: int) -> Number:
    """Points that let groups prefer different ones among units that cost about the same: a crowd
    from one place would otherwise see but the same few."""
    mixed = (7 * np.arange(units) + 13 * groups[:, None]) % 101
    points: Number = mixed * (SPREAD / 101)
    return points


def _flow(model: TransferModel, gone: Number) -> Number:
    flow = np.zeros((len(model.groups), model.units + 1))
    flow[model.column_group, model.column_unit] = gone
    flow[:, -1] = model.size - flow.sum(axis=1)
    return flow
