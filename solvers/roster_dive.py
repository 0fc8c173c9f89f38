"""A dive: fix the surest duties of the linear optimum, price again, until every day is fixed.

Duties that the optimum is sure of cost nothing to fix. Of the others a few are fixed at once; where
that makes the optimum dearer they are taken back and fewer are tried. A single duty that makes it
dearer is forbidden instead, unless that is dearer still.
"""

from math import ceil
from time import perf_counter

import numpy as np

from solvers.engine import TOLERANCE
from solvers.engine_run import Stop
from solvers.roster_choice import Rows
from solvers.roster_columns import Columns, Priced
from solvers.roster_first import first_rows
from solvers.roster_pool import Bools

Spot = tuple[int, int, int]  # person, day, duty

ROUNDS = 60  # of pricing after each step
SURE = 0.999  # a duty with at least so much weight is fixed for nothing
MOST = 0.02  # of all days, fixed at once where none is sure


class Dive:
    """One dive from the linear optimum over all rows known; leaves the rows it met behind."""

    def __init__(self, columns: Columns, ends: float, stop: Stop | None) -> None:
        self.columns, self.model = columns, columns.model
        self.ends, self.stop = ends, stop
        self.allowed = columns.everything()
        self.fixed: Bools = np.zeros(self.allowed.shape[:2], dtype=bool)
        self.most = max(1, round(MOST * self.fixed.size))

    def rows(self) -> Rows:
        """Where time ends the dive, the rest is given out person by person."""
        self.columns.play_high()
        priced, size = self._priced(None), self.most
        while priced is not None and not self.fixed.all() and not self._over():
            priced, size = self._deeper(priced, size)
        self.columns.release()
        settled = {
            person: tuple(map(int, self.allowed[person].argmax(axis=1)))
            for person in np.flatnonzero(self.fixed.all(axis=1)).tolist()
        }
        return first_rows(self.columns, self.allowed, settled)

    def _deeper(self, priced: Priced, size: int) -> tuple[Priced | None, int]:
        """One step: what the optimum is then, and how many duties to try next."""
        sure, others = self._surest(priced, size)
        self._fix(sure)
        if not others:
            return priced, size
        before = self.allowed.copy(), self.fixed.copy()
        self._fix(others)
        then = self._priced(priced)
        if then is None or _whole(then) <= _whole(priced):
            return then, min(self.most, 2 * size)
        if len(others) == 1:
            return self._instead(then, others[0], before), 1
        self.allowed, self.fixed = before
        return priced, max(1, len(others) // 4)

    def _instead(self, then: Priced, spot: Spot, before: tuple[Bools, Bools]) -> Priced | None:
        """The duty forbidden, or fixed (`then`) after all."""
        kept = self.allowed, self.fixed
        self.allowed, self.fixed = before
        self.allowed[spot] = False
        without = self._priced(then) if self.allowed[spot[:2]].any() else None
        if without is not None and without.objective < then.objective - TOLERANCE:
            return without
        self.allowed, self.fixed = kept
        return then

    def _priced(self, before: Priced | None) -> Priced | None:
        """The optimum of what is allowed now; it need not be below what it was `before`."""
        self.columns.allow(self.allowed)
        enough = -np.inf if before is None else _whole(before)
        return self.columns.solve(self.ends, rounds=ROUNDS, enough=enough, stop=self.stop)

    def _over(self) -> bool:
        return perf_counter() > self.ends or (self.stop is not None and self.stop())

    def _surest(self, priced: Priced, size: int) -> tuple[list[Spot], list[Spot]]:
        """The duties that are sure, and the `size` surest of the others."""
        shares = self.columns.duty_values(priced.values)
        best = np.where(self.fixed, -1.0, shares.max(axis=2))
        order = np.argsort(-best, axis=None, kind="stable")
        sure = int(np.count_nonzero(best >= SURE))
        spots: list[Spot] = []
        for spot in order[: min(sure + size, int(np.count_nonzero(~self.fixed)))].tolist():
            person, day = divmod(spot, self.model.days)
            spots.append((person, day, int(shares[person, day].argmax())))
        return spots[:sure], spots[sure:]

    def _fix(self, spots: list[Spot]) -> None:
        for person, day, duty in spots:
            self.fixed[person, day] = True
            self.allowed[person, day] = False
            self.allowed[person, day, duty] = True


def _whole(priced: Priced) -> int:
    """Points are whole: what a roster within this optimum costs at least."""
    return ceil(priced.objective - TOLERANCE)
