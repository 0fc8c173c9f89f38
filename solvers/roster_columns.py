"""Column generation: the linear bound of a roster, and the rows of people that make it up.

The master model picks rows so that the demands are met; its prices tell what a duty is worth, and
the pricing finds for each person the row that pays best. When none pays, the master's value is a
bound that no roster can go below. Prices are smoothed so that they do not swing.
Source: Wentges, International Transactions in Operational Research 4(2), 1997 (smoothing).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil, inf
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from solvers.engine import TOLERANCE, Limits
from solvers.engine_master import Floats, Master, MasterAnswer
from solvers.roster_model import NO_POST, RosterModel
from solvers.roster_network import NEVER
from solvers.roster_pricing import FORBIDDEN, Pricer
from solvers.roster_rows import Row

SMOOTH = 0.7  # share of the best prices so far in those that are asked next
HIGH = 50.0  # times the dearest rule
NO_ROW = 1e6  # points of a person without a row: more than any row
RAISE = 3.0  # by how much heads missing get dearer each time
ROWS_EACH = 4  # rows taken from each person in a round
PAYS = 1e-6

Stop = Callable[[], bool]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Column:
    """One person's row and its points."""

    person: int
    row: Row
    points: int


@dataclass(frozen=True, slots=True)
class Priced:
    """A linear optimum over the columns so far. `bound` holds for all rows, priced or not."""

    objective: float
    bound: float
    values: Floats  # of the columns
    prices: Floats  # of the rows, those at which the bound was found
    finished: bool
    without: tuple[int, ...]  # people for whom no known row fits what is allowed


class Columns:
    """The master model with its columns, growing."""

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
        self.stakes = np.minimum(self.slack_cost, 2.0 * self._dearest_rule())
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

    def play_high(self) -> None:
        """Heads missing or too many cost what no row is worth: for choosing, not for the bound."""
        high = np.minimum(self.slack_cost, HIGH * self._dearest_rule())
        self.stakes = np.maximum(self.stakes, high)
        self.master.reprice(range(len(self.stakes)), self.stakes)

    def allow(self, allowed: Bools) -> None:
        """Only duties that are `allowed[person, day, duty]`; rows known and rows to be priced."""
        days = np.arange(self.model.days)
        rows = np.array([column.row for column in self.pool])
        people = np.array([column.person for column in self.pool])
        fits = allowed[people[:, None], days[None, :], rows].all(axis=1)
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

    def rows_within(self, prices: Floats, slack: float, most: int) -> list[Column] | None:
        """Every row at most `slack` dearer at these prices than its person's best: no other can
        be part of a roster that costs at most `slack` more than the bound at these prices.
        None where there are more than `most`."""
        worth = np.append(prices[self._post_row[:-1]], 0.0)[self.model.post]
        cost = self._open_price - worth
        found: list[Column] = []
        for pricer in self.pricers:
            mine = cost[pricer.members]
            for place, person in enumerate(pricer.members.tolist()):
                rows = pricer.all_rows(mine, place, slack, most - len(found))
                if rows is None:
                    return None
                found += [
                    Column(person, row, self._points(person, row, length, worth))
                    for row, length in rows
                ]
        return found

    @staticmethod
    def _points(person: int, row: Row, length: float, worth: Floats) -> int:
        """A row's points from its length at some prices."""
        return round(length + float(worth[person, np.arange(len(row)), np.array(row)].sum()))

    def best_row(self, person: int, prices: Floats) -> Row:
        """A person's cheapest allowed row at these prices, whatever else was allowed before."""
        worth = np.append(prices[self._post_row[:-1]], 0.0)[self.model.post]
        cost = self._open_price - worth
        for pricer in self.pricers:
            if person in pricer.members:
                below = np.where(pricer.members == person, inf, -inf)
                _, found = pricer.rows(cost[pricer.members], below, 1)
                return found[0][1]
        raise ValueError(f"person {person} is not part of the model")

    def fitting(self, allowed: Bools, people: frozenset[int]) -> list[Column]:
        """Known rows of these people that use allowed duties only."""
        days = np.arange(self.model.days)
        mine = [column for column in self.pool if column.person in people]
        rows = np.array([column.row for column in mine])
        numbers = np.array([column.person for column in mine])
        fits = allowed[numbers[:, None], days[None, :], rows].all(axis=1)
        return [column for column, fit in zip(mine, fits.tolist(), strict=True) if fit]

    def solve(
        self,
        ends: float,
        *,
        members: frozenset[int] | None = None,
        rounds: int = 10_000,
        good_enough: float = inf,
        stop: Stop | None = None,
    ) -> Priced | None:
        """Price until nothing pays, `ends` (perf_counter) comes, or `rounds` are over.

        `members`: price only these; the bound then holds for what is fixed beside them.
        `good_enough`: a bound that suffices. None if there was no time for a single optimum.
        """
        best, bound, finished = None, -inf, False
        centre, smooth = self._centre, SMOOTH
        for _ in range(rounds):
            answer = self.master.solve(max(0.01, ends - perf_counter()))
            if answer is None:
                break
            best = answer
            asked = answer.prices
            if centre is not None and smooth:
                asked = smooth * centre + (1 - smooth) * asked
            added, reached = self._round(asked, members)
            if reached > bound:
                bound, centre = reached, asked
            if not added and smooth:
                added, reached = self._round(answer.prices, members)
                if reached > bound:
                    bound, centre = reached, answer.prices
            whole = ceil(bound - TOLERANCE) >= answer.objective - TOLERANCE
            if (not added or whole) and not self._raise_stakes(answer):
                finished = True
                break
            if bound >= good_enough or perf_counter() > ends or (stop is not None and stop()):
                break
        self._centre = centre
        if best is None:
            return None
        values = best.values[self.spare :]
        without = np.flatnonzero(best.values[self.nobody] > TOLERANCE)
        return Priced(
            best.objective,
            bound,
            values,
            best.prices if centre is None else centre,
            finished,
            tuple(without.tolist()),
        )

    def _raise_stakes(self, answer: MasterAnswer) -> bool:
        """Heads missing or too many begin cheap, so that prices stay small; they get dearer, up
        to their true points, only while the linear optimum still uses them. A bound found with
        cheap ones holds all the same."""
        used = answer.values[: len(self.slack_cost)] > TOLERANCE
        dearer = used & (self.stakes < self.slack_cost)
        if not dearer.any():
            return False
        self.stakes = np.minimum(
            self.slack_cost, np.where(dearer, self.stakes * RAISE, self.stakes)
        )
        self.master.reprice(range(len(self.stakes)), self.stakes)
        return True

    def _round(self, prices: Floats, members: frozenset[int] | None) -> tuple[int, float]:
        """Price once: (new rows that pay at the master's own prices, the bound at these prices)."""
        model = self.model
        worth = np.append(prices[self._post_row[:-1]], 0.0)[model.post]
        cost = self.price - worth
        people = len(model.people)
        bound = float(prices[people:] @ self.right[people:]) + self._slack_bound(prices)
        fresh: list[Column] = []
        for pricer in self.pricers:
            mine = cost[pricer.members]
            below = prices[pricer.members] - PAYS
            if members is not None:
                outside = np.array([int(each) not in members for each in pricer.members])
                below = np.where(outside, -inf, below)
            lengths, found = pricer.rows(mine, below, ROWS_EACH)
            bound += float(lengths.sum())
            for person, row, length in found:
                if length < FORBIDDEN:
                    points = self._points(person, row, length, worth)
                    fresh.append(Column(person, row, points))
        return self.add(fresh), bound

    def _slack_bound(self, prices: Floats) -> float:
        """What heads missing or too many could gain at these prices."""
        reduced = self.stakes - self.slack_sign * prices[self.slack_rows]
        gain = np.minimum(reduced, 0.0)
        gain[gain > -TOLERANCE] = 0.0
        finite = np.where(np.isinf(self.slack_upper) & (gain == 0.0), 0.0, self.slack_upper)
        return float(np.sum(np.where(gain == 0.0, 0.0, gain * finite)))
