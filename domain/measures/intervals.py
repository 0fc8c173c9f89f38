"""Sums over many spells at once: how much time they fill, and how many there are at a moment.

Times are whole microseconds since 1970 UTC in int64 arrays, so every sum is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Micros: TypeAlias = NDArray[np.int64]

DAY_US, HOUR_US, MINUTE_US = 86_400_000_000, 3_600_000_000, 60_000_000
FAR = np.int64(2**62)  # later than any time: the end of what has not ended


@dataclass(frozen=True, slots=True)
class Intervals:
    """Half-open spells [since, until), each with a weight, in any order; they may overlap."""

    since: Micros
    until: Micros
    weight: Micros | None = None

    def time_within(self, edges: Micros) -> Micros:
        """How much weighted time falls between each edge and the next; edges in order."""
        first, last = edges[0], edges[-1]
        since, until = (np.clip(one, first, last) - first for one in (self.since, self.until))
        until = np.maximum(until, since)
        filled = _filled(since, self.weight, edges - first)
        return np.diff(filled - _filled(until, self.weight, edges - first))

    def total(self, since: int, until: int) -> int:
        """The weighted time between two moments."""
        return int(self.time_within(np.array([since, until], dtype=np.int64))[0])

    def count_at(self, moments: Micros) -> Micros:
        """The weight that is under way at each moment."""
        return _begun(self.since, self.weight, moments) - _begun(self.until, self.weight, moments)

    def merged(self) -> "Intervals":
        """The time that at least one of them fills, as intervals without overlap."""
        if self.since.size == 0:
            return self
        order = np.argsort(self.since, kind="stable")
        since, until = self.since[order], np.maximum.accumulate(self.until[order])
        starts = np.concatenate(([True], since[1:] > until[:-1]))
        ends = np.concatenate((starts[1:], [True]))
        return Intervals(since[starts], until[ends])

    def __and__(self, chosen: NDArray[np.bool_]) -> "Intervals":
        """Those that are chosen."""
        weight = None if self.weight is None else self.weight[chosen]
        return Intervals(self.since[chosen], self.until[chosen], weight)


def _filled(starts: Micros, weight: Micros | None, edges: Micros) -> Micros:
    """The weighted sum of (edge - start) over the starts before each edge.

    It may wrap around where there are very many; the difference of two such sums does not.
    """
    order = np.argsort(starts, kind="stable")
    ordered = starts[order]
    weights = np.ones_like(ordered) if weight is None else weight[order]
    zero = np.zeros(1, dtype=np.int64)
    many = np.concatenate((zero, np.cumsum(weights)))
    sums = np.concatenate((zero, np.cumsum(weights * ordered)))
    before = np.searchsorted(ordered, edges, side="left")
    result: Micros = many[before] * edges - sums[before]
    return result


def _begun(starts: Micros, weight: Micros | None, moments: Micros) -> Micros:
    order = np.argsort(starts, kind="stable")
    weights = np.ones_like(starts) if weight is None else weight[order]
    many = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(weights)))
    result: Micros = many[np.searchsorted(starts[order], moments, side="right")]
    return result


def as_micros(values: Sequence[Any]) -> Micros:
    """Times as a database hands them out, whole microseconds or text; None is far ahead."""
    given = [value for value in values if value is not None]
    if given and isinstance(given[0], str):
        texts = np.array([value[:26] for value in given], dtype="datetime64[us]")
        found = texts.astype(np.int64)
    else:
        found = np.array(given, dtype=np.int64)
    if len(given) == len(values):
        return found
    result = np.full(len(values), FAR)
    result[np.array([value is not None for value in values], dtype=bool)] = found
    return result
