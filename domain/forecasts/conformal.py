"""Intervals from past errors: what was wrong before is what may be wrong again.

Split conformal prediction (Papadopoulos 2002; Lei et al., JASA 2018): the quantile of n past errors
that covers a new one with the asked probability is the ⌈(n + 1) p⌉-th smallest, if errors are
exchangeable.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
