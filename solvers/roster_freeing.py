"""A part of a roster set free and solved again, with the rest kept as it is.

The part is priced with prices of its own. What these leave between the part's bound and the roster
as it stands says which rows a better roster could use; only these are chosen among, exactly.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from time import perf_counter

import numpy as np

from solvers.engine import TOLERANCE, Limits
from solvers.engine_run import Stop
from solvers.neighbourhoods import Neighbourhood
from solvers.roster_choice import Rows, choose
from solvers.roster_columns import Columns, Priced
from solvers.roster_pool import Bools, Column
from solvers.roster_posting import gap_days

PART_ROUNDS = 8  # of pricing for a part that was freed
PART_ROWS = 3_000  # of a part; where more could serve, only those that are known are looked at
REACHES = (2, 4)  # days on either side of one on which heads are missing


class Freeing:
    """The ways in which parts of one model's rosters are freed."""

    def __init__(self, columns: Columns, cost: Callable[[Rows], int], limits: Limits) -> None:
        self.columns, self.model = columns, columns.model
        self.cost, self.limits = cost, limits
        self.ways: list[Neighbourhood[Rows]] = [self._people, self._days]

    def mend(self, rows: Rows, ends: float, stop: Stop | None) -> Rows:
        """The days around heads that are missing or too many solved again, one by one: a dive
        fixes nearly all duties well and then may leave a few that fit nobody."""
        for reach in REACHES:
            for day in gap_days(self.model, rows):
                left = ends - perf_counter()
                if left <= 0 or (stop is not None and stop()):
                    return rows
                part = replace(self.limits, time_limit_s=left / 4)
                found = self._window(rows, day - reach, day + reach + 1, part)
                if found is not None and self.cost(found) < self.cost(rows):
                    rows = found
        return rows

    def _people(self, rows: Rows, draw: Random, limits: Limits) -> Rows | None:
        people = len(rows)
        count = min(people, draw.choice((3, 4, 5, 6, 8)))
        return self._resolve(rows, frozenset(draw.sample(range(people), count)), None, limits)

    def _days(self, rows: Rows, draw: Random, limits: Limits) -> Rows | None:
        length = draw.choice((4, 5, 7))
        first = draw.randrange(-length + 2, self.model.days - 1)
        return self._window(rows, first, first + length, limits)

    def _window(self, rows: Rows, first: int, until: int, limits: Limits) -> Rows | None:
        window = range(max(0, first), min(self.model.days, until))
        return self._resolve(rows, frozenset(range(len(rows))), window, limits)

    def _resolve(
        self, rows: Rows, free: frozenset[int], window: range | None, limits: Limits
    ) -> Rows | None:
        """The rest kept, the part priced anew and chosen among the rows that a roster no dearer
        than this one could use."""
        ends = perf_counter() + limits.time_limit_s
        allowed = self._allowed(rows, free, window)
        self.columns.allow(allowed)
        half = perf_counter() + limits.time_limit_s / 2
        priced = self.columns.solve(half, members=free, rounds=PART_ROUNDS)
        fitting = None if priced is None else self._fitting(rows, priced, allowed, free)
        self.columns.release()
        left = ends - perf_counter()
        if fitting is None or left <= 0:
            return None
        fixed = {person: row for person, row in enumerate(rows) if person not in free}
        part = replace(limits, time_limit_s=left)
        return choose(self.model, fitting, fixed, part, start=rows)[1]

    def _allowed(self, rows: Rows, free: frozenset[int], window: range | None) -> Bools:
        allowed = np.zeros(self.columns.everything().shape, dtype=bool)
        if window is not None:
            allowed[:, window.start : window.stop] = True
        for person, row in enumerate(rows):
            if window is None and person in free:
                allowed[person] = True
            allowed[person, np.arange(len(row)), np.array(row)] = True
        return allowed & self.columns.everything()

    def _fitting(
        self, rows: Rows, priced: Priced, allowed: Bools, free: frozenset[int]
    ) -> list[Column] | None:
        """None where the part's bound shows that nothing is to be gained."""
        slack = self.cost(rows) - priced.bound + TOLERANCE
        if slack < 0:
            return None
        found = self.columns.rows_within(priced.prices, slack, PART_ROWS, free)
        if found is None:
            found = self.columns.fitting(allowed, free, priced.prices, slack)
        kept = {(column.person, column.row): column for column in found}
        for person in free:
            number = self.columns.known.get((person, rows[person]))
            if number is not None:
                kept.setdefault((person, rows[person]), self.columns.pool[number])
        return list(kept.values())
