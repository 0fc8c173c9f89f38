"""Intervals from past errors: what was wrong before is what may be wrong again.

Split conformal prediction (Papadopoulos 2002; Lei et al., JASA 2018): the quantile of n past errors
that covers a new one with the asked probability is the ⌈(n + 1) p⌉-th smallest, if errors are
exchangeable.
"""

import math
from collections.abc import Sequence

import numpy as np

from domain.forecasts.arrays import Floats

ENOUGH = 20  # misses, for a quantile to mean anything


def conformal_quantile(errors: Floats, level: float) -> float:
    """The quantile at `level` (0 to 1) of past errors, outwards on both sides of the median.

    With too few errors for a level the extreme error answers; it is then a lower bound.
    Raises ValueError without errors.
    """
    if not len(errors):
        raise ValueError("no past errors")
    ranked = np.sort(errors)
    count = len(ranked)
    if level >= 0.5:
        place = math.ceil((count + 1) * level - 1e-9) - 1
    else:
        place = math.floor((count + 1) * level + 1e-9) - 1
    return float(ranked[min(max(place, 0), count - 1)])


def quantile_rows(point: Floats, misses: Floats, levels: Sequence[float]) -> list[Floats]:
    """The quantile at each level (percent) for each step ahead, from misses[origin, step].

    A step with fewer than ENOUGH misses takes those of the last step that had them, widened as
    the square root of the way ahead: a level that wanders.
    """
    rows = [np.empty(len(point)) for _ in levels]
    errors, at = np.zeros(1), 0
    for step in range(len(point)):
        own = misses[:, step][~np.isnan(misses[:, step])]
        if len(own) >= ENOUGH or step == 0:
            errors, at = (own if len(own) else errors), step
        wider = math.sqrt((step + 1) / (at + 1))
        for row, level in zip(rows, levels, strict=True):
            row[step] = point[step] + wider * conformal_quantile(errors, level / 100)
    return rows
