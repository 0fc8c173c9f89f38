"""Prices of what runs short, found without a solver: a subgradient ascent over whole stays.

Each bed-night, staffed ward-night, night above the buffer and theatre day has a price; everybody
takes the cheapest stay alone, and what is taken beyond a limit drives its price up. Any prices
give a bound; a second of this comes nearer to the linear optimum than minutes of a linear
programme begun from nothing.
Source: Held, Wolfe, Crowder, Mathematical Programming 6, 1974; the averaged direction is that of
Barahona, Anbil, Mathematical Programming 87, 2000.
"""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from solvers.admission_table import Table

Prices = NDArray[np.float64]
Rows = NDArray[np.intp]

NEWEST = 0.02  # weight of the newest step in the direction
FIRST = 5.0  # points per patient that the first step is to gain
DARING, TIMID, PATIENCE = 1.2, 0.6, 6  # a gain widens the step, so many failures narrow it
LEAST = 1e-3  # points; to gain less is not worth a step
MOST = 5_000  # steps


@dataclass(frozen=True, slots=True)
class Priced:
    """Prices of the limits, from 0 down."""

    night: Prices  # of a night in a room: its bed's, its ward's and its buffer's, [night, room]
    theatre: Prices  # of a minute, by day
    limits: float  # what all limits are worth at these prices


@dataclass(frozen=True, slots=True)
class Limits:
    """How much there is of everything, and the most it may cost; one line per kind."""

    most: tuple[Prices, ...]  # beds [night, room], staff and quiet beds [night, ward], theatre
    dearest: tuple[Prices, ...]  # 0 where there is no limit

    @staticmethod
    def of(table: Table) -> "Limits":
        beds = np.array(table.capacity, dtype=float).reshape(-1, table.nights).T
        theatre = np.array(table.theatre, dtype=float)
        used = float(table.rules.weight.get("BUFFER_USED", 0))
        wards = [_by_ward(table, table.staffed, np.inf), _by_ward(table, table.quiet, used)]
        kinds = [
            (beds, np.full(beds.shape, np.inf)), *wards, (theatre, np.full(theatre.shape, np.inf))
        ]  # fmt: skip
        return Limits(tuple(most for most, _ in kinds), tuple(price for _, price in kinds))


def _by_ward(table: Table, counts: list[list[int] | None], price: float) -> tuple[Prices, Prices]:
    most = np.zeros((table.nights, len(counts)))
    dearest = np.zeros((table.nights, len(counts)))
    for ward, by_night in enumerate(counts):
        if by_night is not None:
            most[:, ward], dearest[:, ward] = by_night, price
    return most, dearest


class Ascent:
    """The problem as arrays, a row for each date of each patient."""

    def __init__(self, table: Table) -> None:
        self.table, self.limits = table, Limits.of(table)
        people = range(len(table.patients))
        dates = [(i, at, start) for i in people for at, start in enumerate(table.starts[i])]
        costs = [table.stays[i][at] for i, at, _ in dates]
        self.costs = np.array(costs, dtype=float).reshape(len(dates), len(table.rooms))
        self.patient = np.array([i for i, _, _ in dates], dtype=np.intp)
        self.begins = np.array([start for _, _, start in dates], dtype=np.intp)
        self.ends = np.array([table.end(i, start) for i, _, start in dates], dtype=np.intp)
        uses = [table.theatre_use(i, start) for i, _, start in dates]
        self.day = np.array([0 if use is None else use[0] for use in uses], dtype=np.intp)
        self.minutes = np.array([0 if use is None else use[1] for use in uses], dtype=float)
        self.unplanned = np.array(table.unplanned, dtype=float)
        self.who, self.first = np.unique(self.patient, return_index=True)

    def best(self, ends: float) -> Priced:
        """The best prices found until `ends` on the clock."""
        most, dearest = _line(self.limits.most), _line(self.limits.dearest)
        at = np.zeros_like(most)
        best, way = self._value(at)
        step, failed = FIRST * max(1, len(self.unplanned)), 0
        for _ in range(MOST):
            going = np.where((at <= 0) & (way < 0), 0.0, way)
            length = float(going @ going)
            if length < LEAST or step < LEAST or perf_counter() >= ends:
                break
            tried = np.minimum(np.maximum(at + step / length * going, 0.0), dearest)
            value, over = self._value(tried)
            way = NEWEST * over + (1 - NEWEST) * way
            failed += 1
            if value > best:
                step *= DARING if value > best + step / 20 else 1.0
                best, at, failed = value, tried, 0
            elif failed == PATIENCE:
                step, failed = TIMID * step, 0
        return Priced(-self._nights(at), -self._kinds(at)[3], -float(at @ most))

    def _kinds(self, line: Prices) -> list[Prices]:
        parts = np.split(line, np.cumsum([each.size for each in self.limits.most])[:-1])
        return [part.reshape(m.shape) for part, m in zip(parts, self.limits.most, strict=True)]

    def _nights(self, line: Prices) -> Prices:
        bed, staffed, quiet, _ = self._kinds(line)
        return bed + (staffed + quiet)[:, self.table.ward_of]

    def _value(self, at: Prices) -> tuple[float, Prices]:
        """The bound at these prices, and by how much each limit is passed."""
        nights, most = self._nights(at), _line(self.limits.most)
        until = np.vstack([np.zeros(nights.shape[1]), nights.cumsum(axis=0)])
        costs = self.costs + until[self.ends] - until[self.begins]
        room = costs.argmin(axis=1) if costs.size else np.zeros(len(costs), dtype=np.intp)
        cheapest = costs[np.arange(len(costs)), room]
        if len(self.limits.most[3]):
            cheapest = cheapest + self._kinds(at)[3][self.day] * self.minutes
        own = np.lexsort((cheapest, self.patient))[self.first]  # of each patient's dates
        without = self.unplanned[self.who]
        comes = own[cheapest[own] < without]
        saved = float((without - np.minimum(cheapest[own], without)).sum())
        value = float(self.unplanned.sum()) - saved - float(at @ most)
        return value, self._taken(comes, room[comes]) - most

    def _taken(self, rows: Rows, room: Rows) -> Prices:
        table, limits = self.table, self.limits
        change = np.zeros((table.nights + 1, len(table.rooms)))
        np.add.at(change, (self.begins[rows], room), 1.0)
        np.add.at(change, (self.ends[rows], room), -1.0)
        beds = change.cumsum(axis=0)[:-1]
        wards = np.zeros(limits.most[1].shape)
        np.add.at(wards.T, np.array(table.ward_of, dtype=np.intp), beds.T)
        theatre = np.zeros(limits.most[3].shape)
        timed = rows[self.minutes[rows] > 0]
        np.add.at(theatre, self.day[timed], self.minutes[timed])
        return _line((beds, wards, wards, theatre))


def _line(kinds: tuple[Prices, ...]) -> Prices:
    return np.concatenate([each.ravel() for each in kinds])
