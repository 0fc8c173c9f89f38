"""Detectors that remember: rate of change, EWMA deviation, CUSUM, flat line.

Each keeps a handful of numbers and takes a sample in constant time.
"""

from dataclasses import dataclass
from typing import ClassVar

from domain.alarms.detectors import Above, Below, Memory, Usual, by_distance, distance
from domain.alarms.rule_phase import COOL, HOT, MINUTE

SIGMA_OF_MEAN_DEVIATION = 1.2533  # σ over the mean absolute deviation of a normal distribution
_WINSOR = 3.0  # σ: a sample further out counts as one so far out, so that a spike teaches little
_SPIKE = 4.0  # σ: the most that one sample adds to a sum
_MOST = 2.0  # times the decision limit: a long shift must not take as long to be forgotten


@dataclass(frozen=True, slots=True)
class Rate:
    """Bad where the change per minute over one to two windows is beyond a limit.

    Memory: time and value of an older and a newer anchor; the newer one becomes the older when it
    is a window old. After a hole of `max_gap` both are forgotten.
    """

    remembers: ClassVar[bool] = True
    limit: Below | Above
    window: int
    max_gap: int

    def judge(
        self, memory: Memory, value: float, at: int, usual: Usual | None = None
    ) -> int | None:
        if memory and 0 < self.max_gap < at - memory[-1]:
            memory.clear()
        if not memory:
            memory[:] = [0, 0.0, at, value, at]
            return None
        if at - memory[2] >= self.window:
            memory[:4] = [memory[2], memory[3], at, value]
        memory[4] = at
        if not memory[0]:
            return None
        slope = (value - memory[1]) * MINUTE / (at - memory[0])
        return self.limit.judge(memory, slope, at)


@dataclass(frozen=True, slots=True)
class Drifting:
    """Bad further than `sigmas` from an exponentially weighted mean, by the weighted deviation.

    Memory: samples seen, mean, mean absolute deviation, time of the last.
    Source: exponentially weighted moving average, Roberts, Technometrics 1 (1959).
    """

    remembers: ClassVar[bool] = True
    sigmas: float
    clear: float
    floor: float
    half_life: int
    warm_up: int

    def judge(
        self, memory: Memory, value: float, at: int, usual: Usual | None = None
    ) -> int | None:
        if not memory:
            memory[:] = [1, value, 0.0, at]
            return None
        seen, mean, deviation, last = memory
        sigma = max(SIGMA_OF_MEAN_DEVIATION * deviation, self.floor)
        off = value - mean
        warm = seen >= self.warm_up
        learnt = max(-_WINSOR * sigma, min(_WINSOR * sigma, off)) if warm else off
        share = 1 - 0.5 ** (min(at - last, self.half_life) / self.half_life)
        share = max(share, 1 / (seen + 1)) if not warm else share
        memory[:] = [seen + 1, mean + share * learnt,
                     deviation + share * (abs(learnt) - deviation), at]  # fmt: skip
        return by_distance(abs(off) / sigma, self.sigmas, self.clear) if warm else None


@dataclass(frozen=True, slots=True)
class Shifted:
    """Bad where small deviations to one side add up beyond `decision`.

    Against the baseline of the phase where there is one, else against the mean and σ of the first
    `warm_up` samples. Memory: sum up, sum down, samples, mean, sum of squares.
    Source: CUSUM, Page, Biometrika 41 (1954); mean and variance after Welford (1962).
    """

    remembers: ClassVar[bool] = True
    drift: float
    decision: float
    clear: float
    floor: float
    warm_up: int

    def judge(
        self, memory: Memory, value: float, at: int, usual: Usual | None = None
    ) -> int | None:
        if not memory:
            memory[:] = [0.0, 0.0, 0, 0.0, 0.0]
        far = self._distance(memory, value, usual)
        if far is None:
            return None
        far = max(-_SPIKE, min(_SPIKE, far))
        most = _MOST * self.decision
        memory[0] = min(most, max(0.0, memory[0] + far - self.drift))
        memory[1] = min(most, max(0.0, memory[1] - far - self.drift))
        return by_distance(max(memory[0], memory[1]), self.decision, self.clear)

    def _distance(self, memory: Memory, value: float, usual: Usual | None) -> float | None:
        if usual is not None:
            return distance(value, usual, self.floor)
        if memory[2] < self.warm_up:
            memory[2] += 1
            off = value - memory[3]
            memory[3] += off / memory[2]
            memory[4] += off * (value - memory[3])
            return None
        sigma = (memory[4] / (memory[2] - 1)) ** 0.5
        far: float = (value - memory[3]) / max(sigma, self.floor)
        return far


@dataclass(frozen=True, slots=True)
class Flat:
    """Bad while the value stays within `tolerance` of where it began to stand still."""

    remembers: ClassVar[bool] = True
    tolerance: float

    def judge(
        self, memory: Memory, value: float, at: int, usual: Usual | None = None
    ) -> int | None:
        if memory and abs(value - memory[0]) <= self.tolerance:
            return HOT
        memory[:] = [value]
        return COOL
