"""The master model of a roster: known rows as columns, heads missing or too many beside them."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from solvers.engine import TOLERANCE, Limits
from solvers.engine_master import Floats, Master
from solvers.roster_model import NO_POST, RosterModel
from solvers.roster_network import NEVER
from solvers.roster_pricing import Pricer
from solvers.roster_rows import Row

HIGH = 50.0  # times the dearest rule
NO_ROW = 1e6  # points of a person without a row: more than any row

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Column:
    """One person's row and its points."""

    person: int
    row: Row
    points: int


class Pool:
    """The rows known so far, in a master model that grows with them."""

    def __init__(self, model: RosterModel, limits: Limits) -> None:
        self.model = model
        self.pricers = [Pricer(group) for group in model.groups]
        people, cells = len(model.people), len(model.cells)
        many = [index for index, post in enumerate(model.posts) if len(post.cells) > 1]
        self._post_row = np.zeros(len(model.posts) + 1, dtype=np.int64)  # the last: no post
        for index, post in enumerate(model.posts):
            self._post_row[index] = people + post.cells[0]
        for offset, index in enumerate(many):
            self._post_row[index] = people + cells + offset
        self.right = np.array(
            [1.0] * people + [float(cell.preferred) for cell in model.cells] + [0.0] * len(many)
        )
        self.master = Master(self.right, limits)
        self.pool: list[Column] = []
        self.known: dict[tuple[int, Row], int] = {}
        self._rows = np.zeros((0, model.days), dtype=np.int64)  # of the pool, and whose they are
        self._people = np.zeros(0, dtype=np.int64)
        self.spare = self._spare(many)
        self._open_price = np.where(model.price >= NEVER, inf, model.price).astype(np.float64)
        self.price, self._limited = self._open_price, False

    def _spare(self, many: list[int]) -> int:
        """Heads missing and too many, and posts that may fill several demands."""
        model, people, cells = self.model, len(self.model.people), len(self.model.cells)
        costs: list[float] = []
        entries: list[list[tuple[int, float]]] = []
        upper: list[float] = []
        for index, cell in enumerate(model.cells):
            uncovered, thin, above = (float(each) for each in model.cell_points[index])
            row = people + index
            costs += [uncovered, min(thin, uncovered), above]
            entries += [[(row, 1.0)], [(row, 1.0)], [(row, -1.0)]]
            upper += [inf, float(cell.preferred - cell.minimum), inf]
        self.slack_rows = np.array([each[0][0] for each in entries], dtype=np.int64)
        self.slack_sign = np.array([each[0][1] for each in entries])
        self.slack_cost, self.slack_upper = np.array(costs), np.array(upper)
        self.stakes = self._low_stakes()
        self._centre: Floats | None = None
        costs = self.stakes.tolist()
        self.nobody = slice(len(costs), len(costs) + people)
        for person in range(people):
            costs.append(NO_ROW)
            entries.append([(person, 1.0)])
            upper.append(inf)
        for offset, index in enumerate(many):
            for cell_index in model.posts[index].cells:
                costs.append(0.0)
                entries.append([(people + cells + offset, -1.0), (people + cell_index, 1.0)])
                upper.append(inf)
        self.master.add(costs, entries, upper)
        return len(costs)

    def _dearest_rule(self) -> float:
        weights = [rule.weight or 0 for each in self.model.rules for rule in each.enforced]
        return float(max([1, *weights]))

    def add(self, columns: Iterable[Column]) -> int:
        """Take over rows that are new; how many there were."""
        fresh = []
        for column in columns:
            key = (column.person, column.row)
            if key not in self.known:
                self.known[key] = len(self.pool)
                self.pool.append(column)
                fresh.append(column)
        if fresh:
            self.master.add(
                [float(column.points) for column in fresh],
                [self.entries(column) for column in fresh],
                [inf] * len(fresh),
            )
        return len(fresh)

    def entries(self, column: Column) -> list[tuple[int, float]]:
        posts = self.model.post[column.person, np.arange(self.model.days), np.array(column.row)]
        rows = self._post_row[posts[posts != NO_POST]]
        return [(column.person, 1.0), *((int(row), 1.0) for row in rows)]

    def _low_stakes(self) -> Floats:
        low: Floats = np.minimum(self.slack_cost, 2.0 * self._dearest_rule())
        return low

    def play_low(self) -> None:
        """Heads missing or too many are cheap again, as the bound wants them at first."""
        self.stakes = self._low_stakes()
        self.master.reprice(range(len(self.stakes)), self.stakes)

    def play_high(self) -> None:
        """Heads missing or too many cost what no row is worth: for choosing, not for the bound."""
        high = np.minimum(self.slack_cost, HIGH * self._dearest_rule())
        self.stakes = np.maximum(self.stakes, high)
        self.master.reprice(range(len(self.stakes)), self.stakes)

    def allow(self, allowed: Bools) -> None:
        """Only duties that are `allowed[person, day, duty]`; rows known and rows to be priced."""
        fits = self._fits(allowed)
        columns = range(self.spare, self.spare + len(self.pool))
        self.master.limit(columns, np.zeros(len(fits)), np.where(fits, inf, 0.0))
        self.price = np.where(allowed, self._open_price, inf)
        self._limited = True

    def release(self) -> None:
        """Set everything free again."""
        if self._limited:
            count = len(self.pool)
            columns = range(self.spare, self.spare + count)
            self.master.limit(columns, np.zeros(count), np.full(count, inf))
            self.price, self._limited, self._centre = self._open_price, False, None

    def everything(self) -> Bools:
        """All duties allowed that have a price."""
        return np.isfinite(self._open_price)

    def duty_values(self, values: Floats) -> Floats:
        """How much of each person's day a linear answer gives to each duty."""
        shares = np.zeros(self._open_price.shape)
        days = np.arange(self.model.days)
        for index in np.flatnonzero(values > TOLERANCE).tolist():
            column = self.pool[index]
            shares[column.person, days, np.array(column.row)] += values[index]
        return shares

    def fitting(
        self, allowed: Bools, people: frozenset[int], prices: Floats, slack: float
    ) -> list[Column]:
        """Known rows of these people that use allowed duties only, and are at most `slack` dearer
        at these prices than the cheapest such row of their person."""
        free = np.zeros(len(self.model.people), dtype=bool)
        free[list(people)] = True
        index = np.flatnonzero(self._fits(allowed) & free[self._people])
        owner, days = self._people[index], np.arange(self.model.days)
        points = np.array([self.pool[number].points for number in index.tolist()], dtype=float)
        worth = self.worth(prices)[owner[:, None], days[None, :], self._rows[index]]
        lengths = points - worth.sum(axis=1)
        cheapest = np.full(len(free), inf)
        np.minimum.at(cheapest, owner, lengths)
        near = index[lengths <= cheapest[owner] + slack]
        return [self.pool[number] for number in near.tolist()]

    def worth(self, prices: Floats) -> Floats:
        """What the duties of each person's days are worth at the prices of the rows."""
        known: Floats = np.append(prices[self._post_row[:-1]], 0.0)[self.model.post]
        return known

    def _fits(self, allowed: Bools) -> Bools:
        """Which rows of the pool use allowed duties only."""
        fresh = self.pool[len(self._rows) :]
        if fresh:
            self._rows = np.vstack([self._rows, np.array([column.row for column in fresh])])
            self._people = np.append(self._people, [column.person for column in fresh])
        days = np.arange(self.model.days)
        may: Bools = allowed[self._people[:, None], days[None, :], self._rows]
        return np.asarray(may.all(axis=1))
