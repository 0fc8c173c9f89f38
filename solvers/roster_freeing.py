"""A part of a roster set free and solved again, with the rest kept as it is.

The part is priced with prices of its own. What these leave between the part's bound and the roster
as it stands says which rows a better roster could use; only these are chosen among, exactly.
"""

from collections.abc import Callable
from dataclasses import replace
from math import inf
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

DAYS_ROUNDS, PEOPLE_ROUNDS = 40, 12  # of pricing: near a part's bound few rows are left
PEOPLE = (3, 5, 8)  # freed at once
DAYS = (5, 7, 10, 14, 21)  # likewise; a longer window is freed where no shorter one gains
PART_ROWS = 3_000  # of a part; where more could serve, only those that are known are looked at
SWEEP_DAYS, SWEEP_STEP = 7, 4  # each week overlaps the one before it
REACHES = (2, 4)  # days on either side of one on which heads are missing


class Freeing:
    """The ways in which parts of one model's rosters are freed."""

    def __init__(self, columns: Columns, cost: Callable[[Rows], int], limits: Limits) -> None:
        self.columns, self.model = columns, columns.model
        self.cost, self.limits = cost, limits
        self._settled: set[tuple[int, int]] = set()  # windows that did not gain at this cost
        self._settled_at: float = inf
        days: Neighbourhood[Rows] = self._days
        self.ways: list[Neighbourhood[Rows]] = [self._people, days, days]  # days gain more

    def sweep(self, rows: Rows, ends: float, stop: Stop | None) -> Rows:
        """The days solved again week by week, once: a first roster that is fit to be shown."""
        starts = range(0, max(1, self.model.days - SWEEP_DAYS + SWEEP_STEP), SWEEP_STEP)
        for first in starts:
            left = ends - perf_counter()
            if left <= 0 or (stop is not None and stop()):
                break
            part = replace(self.limits, time_limit_s=left)
            found = self._window(rows, first, first + SWEEP_DAYS, part)
            if found is not None and self.cost(found) < self.cost(rows):
                rows = found
        self.columns.play_low()
        return rows

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
        """Those whose rows cost much are drawn more often."""
        dear = [1 + self.columns.points(person, row) for person, row in enumerate(rows)]
        ranked = sorted(range(len(rows)), key=lambda person: draw.random() ** (1 / dear[person]))
        count = min(len(rows), draw.choice(PEOPLE))
        return self._resolve(rows, frozenset(ranked[-count:]), None, limits)

    def _days(self, rows: Rows, draw: Random, limits: Limits) -> Rows | None:
        cost = self.cost(rows)
        if cost < self._settled_at:
            self._settled, self._settled_at = set(), cost
        first, until = draw.choice(self._unsettled())
        found = self._window(rows, first, until, limits)
        if found is None or self.cost(found) >= cost:
            self._settled.add((first, until))
        return found

    def _unsettled(self) -> list[tuple[int, int]]:
        """Windows of the shortest length of which some may still gain; of all once none may."""
        days = self.model.days
        for length in DAYS:
            starts = range(-length // 2, days - length // 2, max(1, length // 3))
            windows = {(max(0, first), min(days, first + length)) for first in starts}
            known = self._settled
            left = {
                (first, until) for first, until in windows
                if not any(begun <= first and until <= over for begun, over in known)
            }  # fmt: skip
            if left:
                return sorted(left)
        self._settled = set()
        return sorted(windows)

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
        no_gain = self.cost(rows) - 1 + 2 * TOLERANCE
        part = self.columns.part(rows, free)
        rounds = PEOPLE_ROUNDS if window is None else DAYS_ROUNDS
        priced = self.columns.solve(half, part=part, rounds=rounds, good_enough=no_gain)
        fitting = None if priced is None else self._fitting(rows, priced, allowed, free)
        self.columns.release()
        left = ends - perf_counter()
        if fitting is None or left <= 0:
            return None
        fixed = {person: row for person, row in enumerate(rows) if person not in free}
        rest = replace(limits, time_limit_s=left)
        return choose(self.model, fitting, fixed, rest, start=rows)[1]

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
