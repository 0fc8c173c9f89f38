"""How likely a patient leaves in the next hour, by hours since coming and by hour of the week.

Kaplan and Meier (JASA 1958): hazard = leavers ÷ patients at risk, by elapsed hours. A clock factor
multiplies it: leavers in that hour of the week ÷ leavers to be expected from the elapsed hours
alone. Sparse cells lean on their neighbours: an hour of the week on the hour of the day and the
day of the week, both on 1.
"""

from dataclasses import dataclass

import numpy as np

from domain.forecasts.arrays import Floats, Ints
from domain.forecasts.los_ward import Ward

HOURS = 168
# Edges of elapsed hours: hourly for two days, then coarser; the last is open.
EDGES = np.concatenate([np.arange(48), np.arange(48, 336, 6), np.arange(336, 1440, 24), [1440]])
HALF_LIFE_H = 26 * HOURS  # of what was seen
PSEUDO_LEAVERS = 8.0  # a cell with fewer leavers than this is told more by its neighbours
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Hazard:
    """`by_elapsed[bin]` per hour, `by_clock[hour of week]` a factor around 1."""

    by_elapsed: Floats
    by_clock: Floats

    def at(self, elapsed_h: Ints, clock: Ints) -> Floats:
        """The probability to leave within the hour that begins; arrays of one shape."""
        found: Floats = self.by_elapsed[bin_of(elapsed_h)] * self.by_clock[clock]
        return np.minimum(found, 0.98)


def bin_of(elapsed_h: Ints) -> Ints:
    """Where a number of elapsed whole hours falls."""
    return np.asarray(np.searchsorted(EDGES, elapsed_h, side="right") - 1, dtype=np.int64)


def learnt(ward: Ward) -> Hazard:
    """The hazard seen in the hours before now. O(hours spent in the ward)."""
    since = np.maximum(ward.came, ward.begin)
    hours = np.maximum(np.minimum(ward.left, -1) - since + 1, 0)
    which = np.repeat(np.arange(len(hours)), hours)
    passed = np.arange(len(which)) - np.repeat(np.cumsum(hours) - hours, hours)
    moment = since[which] + passed
    elapsed = moment - ward.came[which]
    weight = 0.5 ** (-moment / HALF_LIFE_H)
    cell = bin_of(elapsed) * HOURS + ward.clock_at(moment)
    at_risk = np.bincount(cell, weight, len(EDGES) * HOURS).reshape(-1, HOURS)
    gone = moment == ward.left[which]
    leavers = np.bincount(cell[gone], weight[gone], len(EDGES) * HOURS).reshape(at_risk.shape)
    return _fitted(at_risk.astype(np.float64), leavers.astype(np.float64))


def _fitted(at_risk: Floats, leavers: Floats) -> Hazard:
    clock = np.ones(HOURS)
    overall = leavers.sum() / max(at_risk.sum(), 1e-9)
    elapsed = np.full(len(EDGES), overall)
    for _ in range(ROUNDS):
        exposed = at_risk @ clock
        # Beyond what was ever seen the hazard is that of the longest stays.
        elapsed = _along(leavers.sum(1), exposed, overall)
        clock = _around(leavers.sum(0), elapsed @ at_risk)
    return Hazard(elapsed, clock)


def _along(leavers: Floats, exposed: Floats, overall: float) -> Floats:
    """Leavers ÷ exposed by bin; a thin bin leans on the one before it."""
    found, before = np.empty(len(leavers)), overall
    lean = PSEUDO_LEAVERS / 4 / max(overall, 1e-9)  # patient-hours
    for place in range(len(leavers)):
        before = (leavers[place] + lean * before) / (exposed[place] + lean)
        found[place] = before
    return found


def _around(leavers: Floats, expected: Floats) -> Floats:
    """Factors by hour of the week, shrunk to hour of the day × day of the week."""
    seen, due = leavers.reshape(7, 24), expected.reshape(7, 24)
    total = seen.sum() / max(due.sum(), 1e-9)
    hour = (seen.sum(0) + PSEUDO_LEAVERS * total) / (due.sum(0) + PSEUDO_LEAVERS)
    day = (seen.sum(1) + PSEUDO_LEAVERS) / ((due * hour).sum(1) + PSEUDO_LEAVERS)
    product = day[:, None] * hour[None, :]
    found: Floats = (seen + PSEUDO_LEAVERS * product) / (due + PSEUDO_LEAVERS)
    return found.ravel()
