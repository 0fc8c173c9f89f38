"""Which level the figures suggest, given the level that is in force. Pure."""

from collections.abc import Mapping, Sequence

from domain.measures.now import NowName
from domain.measures.pressure import LOWEST, Level, Threshold


def level_of(
    value: float | None, measure: NowName, thresholds: Sequence[Threshold], present: int
) -> int | None:
    """The level that one figure has reached, or keeps because it has not fallen far enough.

    None where there is no figure: nothing is read out of missing data.
    """
    if value is None:
        return None
    mine = [one for one in thresholds if one.measure == measure]
    reached = [one.level for one in mine if _holds(value, one, kept=one.level <= present)]
    return max(reached, default=LOWEST)


def suggested(found: Mapping[NowName, int | None], levels: Sequence[Level]) -> int:
    """The highest level that enough measures have reached."""
    known = [level for level in found.values() if level is not None]
    agreed = [
        one.level for one in levels if sum(level >= one.level for level in known) >= one.agreeing
    ]
    return max(agreed, default=LOWEST)


def _holds(value: float, threshold: Threshold, *, kept: bool) -> bool:
    if threshold.worse_when_high:
        return value >= threshold.rise or (kept and value > threshold.fall)
    return value <= threshold.rise or (kept and value < threshold.fall)
