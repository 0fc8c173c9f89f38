"""Detectors without a memory: a limit, a range, and the distance from what is usual by now.

Each judges one sample as HOT, COOL or BETWEEN (a band where nothing begins and nothing ends);
None has no opinion. `memory` is the detector's own, plain JSON, changed in place.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from domain.alarms.rule_phase import BETWEEN, COOL, HOT

Memory = list[Any]
Usual = tuple[float, float]  # median and MAD of this phase of the week
SIGMA_OF_MAD = 1.4826  # of a normal distribution


class Detector(Protocol):
    """`remembers` says whether a sample may change the memory."""

    remembers: ClassVar[bool]

    def judge(
        self, memory: Memory, value: float, at: int, usual: Usual | None = None
    ) -> int | None:
        """What the sample at `at` (µs) looks like. O(1)."""


@dataclass(frozen=True, slots=True)
class Below:
    """Bad under the limit (`or_equal`: also at it), well from `clear` upwards."""

    remembers: ClassVar[bool] = False
    limit: float
    clear: float
    or_equal: bool = False

    def judge(
        self, memory: Memory, value: float, at: int, usual: Usual | None = None
    ) -> int | None:
        if value < self.limit or (self.or_equal and value == self.limit):
            return HOT
        return COOL if value >= self.clear else BETWEEN


@dataclass(frozen=True, slots=True)
class Above:
    """Bad over the limit (`or_equal`: also at it), well from `clear` downwards."""

    remembers: ClassVar[bool] = False
    limit: float
    clear: float
    or_equal: bool = False

    def judge(
        self, memory: Memory, value: float, at: int, usual: Usual | None = None
    ) -> int | None:
        if value > self.limit or (self.or_equal and value == self.limit):
            return HOT
        return COOL if value <= self.clear else BETWEEN


@dataclass(frozen=True, slots=True)
class Outside:
    """Bad outside of low to high, well inside of `clear_low` to `clear_high`."""

    remembers: ClassVar[bool] = False
    low: float
    high: float
    clear_low: float
    clear_high: float

    def judge(
        self, memory: Memory, value: float, at: int, usual: Usual | None = None
    ) -> int | None:
        if not self.low <= value <= self.high:
            return HOT
        return COOL if self.clear_low <= value <= self.clear_high else BETWEEN


@dataclass(frozen=True, slots=True)
class SamePhase:
    """Bad further than `sigmas` from the median of this hour of the week, by its MAD.

    `floor` is the least σ, in the metric's unit: a constant past makes no change a wonder.
    Without a baseline it has no opinion.
    Source: median absolute deviation, Hampel, J. Am. Stat. Assoc. 69 (1974).
    """

    remembers: ClassVar[bool] = False
    sigmas: float
    clear: float
    floor: float

    def judge(
        self, memory: Memory, value: float, at: int, usual: Usual | None = None
    ) -> int | None:
        if usual is None:
            return None
        return by_distance(abs(distance(value, usual, self.floor)), self.sigmas, self.clear)


def distance(value: float, usual: Usual, floor: float) -> float:
    """How many σ a value lies from the median."""
    return (value - usual[0]) / max(SIGMA_OF_MAD * usual[1], floor)


def by_distance(far: float, sigmas: float, clear: float) -> int:
    """HOT beyond `sigmas`, COOL up to `clear`."""
    if far > sigmas:
        return HOT
    return COOL if far <= clear else BETWEEN
