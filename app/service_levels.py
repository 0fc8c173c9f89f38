"""How well the objectives are kept: rolling windows with a fixed number of counters each.

A window is cut into 60 parts; what is older than the window is forgotten part by part. Nothing is
kept of a measurement but the counter that it raised. What other processes have counted, and this
one before it was restarted, is heard from outside (app/fleet_levels.py).
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from time import time

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.objectives import Objective, Source, objectives

PARTS = 60
Parts = Mapping[int, list[int]]  # a part's number, counted from 1970: its counters
RECENT = 5  # parts: a twelfth of the window, for alarms that must not wait for all of it
LEAST = 20  # measurements; a single fault among three says nothing about a budget
BOUNDS = (0.0, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0,
          900.0, 3600.0)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """`good` of `measured`. `burn` 1 spends the error budget exactly within the window.

    `value`: an upper bound of the quantile at the objective's share; None where nothing was
    measured or where it lies beyond the largest bound.
    """

    objective: Objective
    measured: int
    good: int
    burn: float
    recent_burn: float
    value: float | None

    @property
    def met(self) -> bool:
        return self.burn <= 1


class _Window:
    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self._bounds = sorted({*BOUNDS, objective.limit})
        self._part_s = objective.window_s / PARTS
        self._parts: deque[tuple[int, list[int]]] = deque(maxlen=PARTS)
        self._others: tuple[Parts, ...] = ()

    @property
    def shape(self) -> str:
        """Counters of another shape, of a release before, cannot be added to these."""
        return f"{self.objective.limit:g}/{self.objective.window_s}/{len(self._bounds)}"

    def note(self, value: float, now: float) -> None:
        number = int(now / self._part_s)
        while self._parts and self._parts[-1][0] > number + 1:
            self._parts.pop()  # the clock went back: that hour is still to come
        if not self._parts or self._parts[-1][0] < number:
            self._parts.append((number, [0] * (len(self._bounds) + 1)))
        self._parts[-1][1][bisect_left(self._bounds, value)] += 1

    def own(self) -> Parts:
        return {number: list(counts) for number, counts in self._parts}

    def hear(self, others: Iterable[Parts]) -> None:
        self._others = tuple(others)

    def standing(self, now: float, *, alone: bool) -> Standing:
        heard = () if alone else self._others
        number = int(now / self._part_s)
        whole = self._sum(heard, number - PARTS, number)
        recent = self._sum(heard, number - RECENT, number)
        good = self._good(whole)
        return Standing(
            self.objective, sum(whole), good, self._burn(whole), self._burn(recent),
            self._quantile(whole),
        )  # fmt: skip

    def _sum(self, others: tuple[Parts, ...], after: int, upto: int) -> list[int]:
        found = [
            counts
            for parts in (dict(self._parts), *others)
            for number, counts in parts.items()
            if after < number <= upto + 1  # another machine's clock may be a little ahead
        ]
        return [sum(column) for column in zip(*found, strict=True)] if found else []

    def _good(self, counts: list[int]) -> int:
        return sum(counts[: self._bounds.index(self.objective.limit) + 1])

    def _burn(self, counts: list[int]) -> float:
        measured = sum(counts)
        if measured < LEAST:
            return 0.0
        return (1 - self._good(counts) / measured) / (1 - self.objective.share)

    def _quantile(self, counts: list[int]) -> float | None:
        wanted, seen = self.objective.share * sum(counts), 0
        for bound, count in zip(self._bounds, counts, strict=False):
            seen += count
            if seen and seen >= wanted:
                return bound
        return None


class ServiceLevels(Collector):
    """All objectives. `note` is called from every thread; `collect` by the scraper."""

    def __init__(
        self,
        known: Iterable[Objective] | None = None,
        ticks: Callable[[], float] = time,
    ) -> None:
        self._windows = [_Window(one) for one in (objectives() if known is None else known)]
        self._ticks = ticks
        self._lock = Lock()

    def note(self, source: Source, value: float) -> None:
        """One measurement, for every objective that is measured on it."""
        now = self._ticks()
        with self._lock:
            for window in self._windows:
                if window.objective.source is source:
                    window.note(value, now)

    def standings(self, *, alone: bool = False) -> list[Standing]:
        """Of every objective, in the order of the file; of this process `alone`, or of all."""
        now = self._ticks()
        with self._lock:
            return [window.standing(now, alone=alone) for window in self._windows]

    def own(self) -> dict[str, tuple[str, Parts]]:
        """What this process has counted since it began: by objective, with the counters' shape."""
        with self._lock:
            return {one.objective.name: (one.shape, one.own()) for one in self._windows}

    def hear(self, others: Iterable[tuple[str, str, Parts]]) -> None:
        """Objective, shape and counters of every other process; what was heard before is gone."""
        told = list(others)
        with self._lock:
            for one in self._windows:
                mine = (one.objective.name, one.shape)
                one.hear(parts for name, shape, parts in told if (name, shape) == mine)

    def recent_burn(self, name: str) -> float:
        """How fast the budget of one objective burns now, for the alarm rules."""
        return next(one.recent_burn for one in self.standings() if one.objective.name == name)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """For /metrics, of this process alone: whoever scrapes them all adds them up."""
        told = {
            "good_ratio": GaugeMetricFamily(
                "wardgrid_objective_good_ratio", "Good measurements of the window",
                labels=["objective"],
            ),
            "burn": GaugeMetricFamily(
                "wardgrid_objective_burn", "Burn of the error budget", labels=["objective", "over"]
            ),
            "measured": GaugeMetricFamily(
                "wardgrid_objective_measurements", "Measurements of the window",
                labels=["objective"],
            ),
        }  # fmt: skip
        for one in self.standings(alone=True):
            name = one.objective.name
            told["measured"].add_metric([name], one.measured)
            told["burn"].add_metric([name, "window"], one.burn)
            told["burn"].add_metric([name, "recent"], one.recent_burn)
            if one.measured:
                told["good_ratio"].add_metric([name], one.good / one.measured)
        return told.values()
