"""Where a series stood at each moment: shapes of the week and levels, slow and fast.

All are exponentially weighted means of what was known by then, so nothing here looks ahead.
"""

from dataclasses import dataclass

import numpy as np

from domain.forecasts.arrays import Floats, Ints

SHAPE_OF_LEVEL = 1  # the shape that is taken off before levels are made


@dataclass(frozen=True, slots=True)
class Memory:
    """Half-lives: of shapes in weeks, of levels in steps, each fastest first."""

    shape_weeks: tuple[float, ...]
    level_steps: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """After the step before each origin: `shape[origin, phase, half-life]`, zero in the mean over
    phases, and `level[origin, half-life]`, fastest first."""

    shape: Floats
    level: Floats


def standing_at(origins: Ints, values: Floats, phase: Ints, week: int, memory: Memory) -> Standing:
    """The standing at each origin (ascending, ≥ 1), from `values[:origin]`. O(n).

    Unknown values are passed over.
    """
    fade = 0.5 ** (1 / np.array(memory.shape_weeks))
    forget = 0.5 ** (1 / np.array(memory.level_steps))
    begin = float(np.mean(values[~np.isnan(values)][: 4 * week]))
    total, weight = np.zeros((week, len(fade))), np.zeros((week, len(fade)))
    mean, middle = np.full((week, len(fade)), begin), np.full(len(fade), begin)
    level_total, level_weight = np.zeros(len(forget)), np.zeros(len(forget))
    shapes, levels = (
        np.empty((len(origins), week, len(fade))),
        np.empty((len(origins), len(forget))),
    )
    wanted = {int(origin): row for row, origin in enumerate(origins)}
    for step, value in enumerate(values[: int(origins[-1])]):
        level_total *= forget
        level_weight *= forget
        if value == value:
            at = phase[step]
            total[at] = total[at] * fade + value
            weight[at] = weight[at] * fade + 1
            now = total[at] / weight[at]
            middle = middle + (now - mean[at]) / week
            mean[at] = now
            level_total += value - (now[SHAPE_OF_LEVEL] - middle[SHAPE_OF_LEVEL])
            level_weight += 1
        row = wanted.get(step + 1)
        if row is not None:
            shapes[row] = mean - middle
            levels[row] = np.where(
                level_weight > 1e-6, level_total / np.maximum(level_weight, 1e-6), begin
            )
    return Standing(shapes, levels)
