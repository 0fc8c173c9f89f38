"""How much of each shape and level to believe: ridge on what came after each past origin."""

from dataclasses import dataclass

import numpy as np

from domain.forecasts.arrays import Floats

SHAPE_SHARES = (0.1, 0.3, 0.6)  # before anything is learnt
LEVEL_SHARES = (0.15, 0.40, 0.75)  # of the steps from slow to fast, at the first step ahead
DECAY = 0.93  # of those shares per step ahead
RIDGE = 0.02  # pseudo-origins per origin
HALF_LIFE_WEEKS = 26.0
ROUNDS = 3
CLIP_SIGMAS = 2.0  # Huber: misses beyond count linearly


@dataclass(frozen=True, slots=True)
class Past:
    """What stood at each origin, and what came: shape[o, h, s], level[o, l], truth[o, h].

    `clean` is the truth without outliers: fits learn from it, misses are measured from the truth.
    """

    shape: Floats
    level: Floats
    truth: Floats
    clean: Floats

    @property
    def slow(self) -> Floats:
        return self.level[:, -1:]

    @property
    def steps(self) -> Floats:
        """From each slower level to the next faster one."""
        return self.level[:, :-1] - self.level[:, 1:]


@dataclass(frozen=True, slots=True)
class LevelFit:
    """`shape` shares, alike for all steps ahead; `level[h]` shares for each, 0 to 1.

    A level so stays between the slowest and the faster ones. One that had collapsed and come back
    would otherwise teach that what begins to rise goes on rising.
    """

    shape: Floats
    level: Floats

    def points(self, past: Past) -> Floats:
        """The point forecast [o, h] from each origin."""
        level = past.slow + past.steps @ self.level.T
        lowest, highest = (past.level.min(axis=1)[:, None], past.level.max(axis=1)[:, None])
        found: Floats = np.clip(level, lowest, highest) + past.shape @ self.shape
        return found


def fitted(past: Past, weeks_ago: Floats) -> LevelFit:
    """The shares that would have been best, drawn towards the usual ones."""
    horizon = past.clean.shape[1]
    usual_shape = np.array(SHAPE_SHARES)
    usual_level = np.array(LEVEL_SHARES)[None, :] * DECAY ** np.arange(horizon)[:, None]
    fit = LevelFit(usual_shape, usual_level)
    if not len(past.clean) or np.isnan(past.clean).all():
        return fit
    fresh = 0.5 ** (weeks_ago / HALF_LIFE_WEEKS)
    for _ in range(ROUNDS):
        miss = past.clean - fit.points(past)
        spread = float(1.4826 * np.nanmedian(np.abs(miss))) + 1e-9
        weight = fresh[:, None] * _huber(miss, spread)
        wanted = miss + past.shape @ fit.shape
        shape = _ridge(past.shape.reshape(-1, len(usual_shape)), wanted.ravel(), weight.ravel(),
                       usual_shape, spread)  # fmt: skip
        fit = LevelFit(shape, fit.level)
        miss = past.clean - fit.points(past)
        weight = fresh[:, None] * _huber(miss, spread)
        wanted = miss + past.steps @ fit.level.T
        level = np.stack([_ridge(past.steps, wanted[:, step], weight[:, step], usual_level[step],
                                 spread) for step in range(horizon)])  # fmt: skip
        fit = LevelFit(shape, np.clip(level, 0.0, 1.0))
    return fit


def _huber(miss: Floats, spread: float) -> Floats:
    known = ~np.isnan(miss)
    size = np.maximum(np.abs(np.where(known, miss, 0.0)), 1e-12)
    found: Floats = np.where(known, np.minimum(1.0, CLIP_SIGMAS * spread / size), 0.0)
    return found


def _ridge(x: Floats, y: Floats, weight: Floats, usual: Floats, spread: float) -> Floats:
    """Weighted ridge towards `usual`; unknown y have weight 0."""
    off = np.where(weight > 0, y, 0.0) - np.where(weight > 0, x @ usual, 0.0)
    pull = RIDGE * weight.sum() * spread**2 + 1e-12
    weighted = x.T * weight
    found: Floats = usual + np.linalg.solve(
        weighted @ x + pull * np.eye(len(usual)), weighted @ off
    )
    return found
