"""Column generation: the linear bound of a roster, and the rows of people that make it up.

The master model picks rows so that the demands are met; its prices tell what a duty is worth, and
the pricing finds for each person the row that pays best. When none pays, the master's value is a
bound that no roster can go below. Prices are smoothed so that they do not swing.
Source: Wentges, International Transactions in Operational Research 4(2), 1997 (smoothing).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, inf
from time import perf_counter

import numpy as np

from solvers.engine import TOLERANCE
from solvers.engine_master import Floats, MasterAnswer
from solvers.roster_pool import Bools, Column, Pool
from solvers.roster_pricing import FORBIDDEN, Indices, Pricer
from solvers.roster_rows import Row

SMOOTH = 0.7  # share of the best prices so far in those that are asked next
RAISE = 3.0  # by how much heads missing get dearer each time
ROWS_EACH = 4  # rows taken from each person in a round
PAYS = 1e-6

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Priced:
    """A linear optimum over the columns so far. `bound` holds for all rows, priced or not."""

    objective: float
    bound: float
    values: Floats  # of the columns
    prices: Floats  # of the rows, those at which the bound was found
    finished: bool
    without: tuple[int, ...]  # people for whom no known row fits what is allowed


@dataclass(frozen=True, slots=True)
class Part:
    """Some people freed, and the rows and points of all others, who keep them."""

    pricers: tuple[Pricer, ...]
    kept: Indices
    rows: Indices  # (kept, days)
    points: int


class Columns(Pool):
    """The master model, priced until no row pays any more."""

    def rows_within(
        self, prices: Floats, slack: float, most: int, people: frozenset[int] | None = None
    ) -> list[Column] | None:
        """Every row at most `slack` dearer at these prices than its person's best: no other can
        be part of a roster that costs at most `slack` more than the bound at these prices.
        Of these `people` alone; None where there are more than `most`."""
        worth = self.worth(prices)
        cost = self.price - worth
        found: list[Column] = []
        for pricer in self.pricers:
            mine = cost[pricer.members]
            for place, person in enumerate(pricer.members.tolist()):
                if people is not None and person not in people:
                    continue
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

    def best_row(self, person: int, worth: Floats, allowed: Bools) -> Row:
        """A person's cheapest row where duties are worth so much, day by day; among those that
        are allowed, or among all where none is."""
        mine = self._open_price[person] - worth
        pricer = next(each for each in self.pricers if person in each.members)
        place = pricer.members == person
        for cost in (np.where(allowed[person], mine, inf), mine):
            asked = np.repeat(cost[None], len(place), axis=0)
            _, found = pricer.rows(asked, np.where(place, FORBIDDEN, -inf), 1)
            if found:
                return found[0][1]
        raise AssertionError("a person with no row is waived before the search")

    def solve(
        self,
        ends: float,
        *,
        part: Part | None = None,
        rounds: int = 10_000,
        good_enough: float = inf,
        enough: float = -inf,
        stop: Stop | None = None,
    ) -> Priced | None:
        """Price until nothing pays, `ends` (perf_counter) comes, or `rounds` are over.

        `part`: price only the people freed in it; the bound then holds beside the others' rows.
        `good_enough`: a bound that suffices; `enough`: an objective that does. None if there was
        no time for a single optimum.
        """
        best, bound, finished = None, -inf, False
        for _ in range(rounds):
            answer = self.master.solve(max(0.01, ends - perf_counter()))
            if answer is None:
                break
            best = answer
            if answer.objective <= enough + TOLERANCE:
                break
            added, bound = self._priced_round(answer, bound, part)
            whole = ceil(bound - TOLERANCE) >= answer.objective - TOLERANCE
            if (not added or whole) and not self._raise_stakes(answer):
                finished = True
                break
            if bound >= good_enough or perf_counter() > ends or (stop is not None and stop()):
                break
        return None if best is None else self._told(best, bound, finished)

    def _priced_round(
        self, answer: MasterAnswer, bound: float, part: Part | None
    ) -> tuple[int, float]:
        """(new rows, the best bound so far): at smoothed prices, and where these find nothing at
        the master's own. The prices of the best bound become the centre."""
        asked = answer.prices
        if self._centre is not None:
            asked = SMOOTH * self._centre + (1 - SMOOTH) * asked
        added = 0
        for prices in (asked, answer.prices):
            added, reached = self._round(prices, part)
            if reached > bound:
                bound, self._centre = reached, prices
            if added:
                break
        return added, bound

    def _told(self, best: MasterAnswer, bound: float, finished: bool) -> Priced:
        without = np.flatnonzero(best.values[self.nobody] > TOLERANCE)
        return Priced(
            best.objective,
            bound,
            best.values[self.spare :],
            best.prices if self._centre is None else self._centre,
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

    def part(self, rows: Sequence[Row], free: frozenset[int]) -> Part:
        """Of a roster, with these people freed."""
        kept = np.array([person for person in range(len(rows)) if person not in free], dtype=int)
        places = [np.flatnonzero(np.isin(each.members, list(free))) for each in self.pricers]
        return Part(
            tuple(
                pricer.narrowed(mine)
                for pricer, mine in zip(self.pricers, places, strict=True)
                if len(mine)
            ),
            kept,
            np.array([rows[person] for person in kept], dtype=int).reshape(
                len(kept), self.model.days
            ),
            sum(self.points(person, rows[person]) for person in kept.tolist()),
        )

    def points(self, person: int, row: Row) -> int:
        """What a row costs its person, without a look at demand."""
        known = self.known.get((person, row))
        return self.model.row_points(person, row) if known is None else self.pool[known].points

    def _round(self, prices: Floats, part: Part | None) -> tuple[int, float]:
        """Price once: (new rows that pay at the master's own prices, the bound at these prices)."""
        model = self.model
        worth = np.append(prices[self._post_row[:-1]], 0.0)[model.post]
        cost = self.price - worth
        people = len(model.people)
        bound = float(prices[people:] @ self.right[people:]) + self._slack_bound(prices)
        if part is not None:
            bound += part.points - self._worth_of(worth, part.kept, part.rows)
        fresh: list[Column] = []
        for pricer in self.pricers if part is None else part.pricers:
            mine = cost[pricer.members]
            below = prices[pricer.members] - PAYS
            lengths, found = pricer.rows(mine, below, ROWS_EACH)
            bound += float(lengths.sum())
            for person, row, length in found:
                if length < FORBIDDEN:
                    points = self._points(person, row, length, worth)
                    fresh.append(Column(person, row, points))
        return self.add(fresh), bound

    @staticmethod
    def _worth_of(worth: Floats, people: Indices, rows: Indices) -> float:
        return float(worth[people[:, None], np.arange(worth.shape[1])[None, :], rows].sum())

    def _slack_bound(self, prices: Floats) -> float:
        """What heads missing or too many could gain at these prices."""
        reduced = self.stakes - self.slack_sign * prices[self.slack_rows]
        gain = np.minimum(reduced, 0.0)
        gain[gain > -TOLERANCE] = 0.0
        finite = np.where(np.isinf(self.slack_upper) & (gain == 0.0), 0.0, self.slack_upper)
        return float(np.sum(np.where(gain == 0.0, 0.0, gain * finite)))
